"""Who is in which voice channel, and how."""

from __future__ import annotations

from attrs import define

from butler_discord.testing.errors import JSON
from butler_discord.testing.state.guilds import Guild, Member


@define(eq=False)
class VoiceState:
    """Somebody in a voice channel."""

    guild: Guild
    member: Member
    channel: int | None
    session: str
    self_mute: bool = False
    self_deaf: bool = False

    def json(self, *, member: bool = True) -> JSON:
        """As Discord's API gives it."""
        found: JSON = {
            "guild_id": str(self.guild.id), "channel_id": str(self.channel) if self.channel else None,
            "user_id": str(self.member.user.id), "session_id": self.session, "deaf": self.member.deaf,
            "mute": self.member.mute, "self_deaf": self.self_deaf, "self_mute": self.self_mute,
            "self_video": False, "suppress": False, "request_to_speak_timestamp": None,
        }  # fmt: skip
        return {**found, "member": self.member.json()} if member else found

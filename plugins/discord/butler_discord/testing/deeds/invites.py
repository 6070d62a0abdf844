"""Invites are made, used and taken back."""

from __future__ import annotations

import secrets
import string

from butler_discord.testing.errors import unknown
from butler_discord.testing.state.channels import Channel
from butler_discord.testing.state.invites import Invite
from butler_discord.testing.state.users import User
from butler_discord.testing.world import World


def invite(
    world: World, channel: Channel, inviter: User, *, max_age: int = 86_400, max_uses: int = 0, temporary: bool = False
) -> Invite:
    """Make an invite."""
    code = "".join(secrets.choice(string.ascii_letters + string.digits) for _ in range(8))
    made = Invite(code, channel, inviter, world.clock.now(), max_age, max_uses, temporary)
    world.invites[code] = made
    data = {key: value for key, value in made.json().items() if key not in {"guild", "channel"}}
    world.emit("INVITE_CREATE", data, guild=channel.guild, channel=channel)
    return made


def find(world: World, code: str) -> Invite:
    """An invite that still holds. Raises ``Refused``."""
    found = world.invites.get(code)
    if found is None or not found.valid(world.clock.now()):
        raise unknown("Invite")
    return found


def take_back(world: World, gone: Invite) -> None:
    """An invite is no more."""
    del world.invites[gone.code]
    assert gone.channel.guild is not None
    data = {"code": gone.code, "channel_id": str(gone.channel.id), "guild_id": str(gone.channel.guild.id)}
    world.emit("INVITE_DELETE", data, guild=gone.channel.guild, channel=gone.channel)

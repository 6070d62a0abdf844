"""What can be done on Discord, and which permission the bot needs for it in a channel."""

from __future__ import annotations

from collections.abc import Mapping

from butler import Channel

from butler_discord.guilds import Guilds
from butler_discord.ids import native
from butler_discord.known import THREADS, VOICES
from butler_discord.permissions import BITS

NEEDED: Mapping[str, tuple[str, ...]] = {
    "send": ("send",), "reply": ("send",), "edit": (), "delete": (), "bulk_delete": ("manage_messages", "history"),
    "react": ("react", "history"), "unreact": (), "typing": ("send",), "thread": ("create_threads",), "dm": (),
    "file": ("send", "attach"), "picture": ("send", "attach"), "card": (), "button": (), "menu": (), "form": (),
    "acknowledge": (), "ephemeral": (), "roles": ("manage_roles",), "nickname": ("change_nickname",),
    "timeout": ("timeout",), "kick": ("kick",), "ban": ("ban",), "unban": ("ban",), "pin": ("pin",), "unpin": ("pin",),
    "invite": ("create_invite",), "create_room": ("manage_channels",), "delete_room": ("manage_channels",),
    "rename": ("manage_channels",), "topic": ("manage_channels",), "slowmode": ("manage_channels",),
    "permissions": ("manage_roles",), "lock": ("manage_roles",), "unlock": ("manage_roles",),
    "voice_connect": ("connect",), "voice_mute": ("mute",), "voice_move": ("move",),
    "poll": ("send", "polls"), "end_poll": (), "history": ("history",), "members": (), "leave": (),
}  # fmt: skip
"""The kinds of actions, and what the bot's role needs for each."""
PRIVATELY = frozenset({
    "send", "reply", "edit", "delete", "react", "unreact", "typing", "dm", "file", "picture", "card", "button", "menu",
    "form", "acknowledge", "pin", "unpin", "poll", "end_poll", "history",
})  # fmt: skip
"""What can be done in a private channel."""
IN_VOICE = frozenset({"voice_connect"})
OLD_PIN = "manage_messages"
"""What pinning needed before it had a permission of its own."""


def can(action: str, channel: Channel | None, guilds: Guilds) -> bool:
    """Whether an action can be done (there), as far as the bot's permissions go."""
    if action not in NEEDED:
        return False
    if channel is None or not channel.id.removeprefix("discord:").isdecimal():
        return True
    known = guilds.rooms.get(native(channel.id))
    if known is None:
        return not channel.dm or action in PRIVATELY
    room = known.rooms[native(channel.id)]
    if action in IN_VOICE and room.kind not in VOICES:
        return False
    may = guilds.may(channel)
    wanted = [BITS[_in(action, name, room.kind)] for name in NEEDED[action]]
    if action in {"pin", "unpin"} and may & BITS[OLD_PIN]:
        return True
    return bool(may & BITS["view"]) and all(may & bit for bit in wanted)


def _in(action: str, name: str, kind: int) -> str:
    """Threads have permissions of their own: for talking, and for what else is done to a channel."""
    if kind not in THREADS:
        return name
    if action in {"lock", "unlock", "slowmode", "rename", "delete_room"}:
        return "manage_threads"
    return "send_in_threads" if name == "send" else name

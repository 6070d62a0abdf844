"""Matrix ids and the host's: ``@ann:server`` is ``matrix:@ann:server``; a thread is ``matrix:!room:server/$root``."""

from __future__ import annotations

PREFIX = "matrix:"
DM_GUILD = PREFIX + "dm"


def ours(native: str) -> str:
    """A Matrix id as one of the host's."""
    return PREFIX + native


def native(identifier: str) -> str:
    """One of the host's ids as Matrix knows it."""
    return identifier.removeprefix(PREFIX)


def thread_channel(room: str, root: str) -> str:
    """The channel id of the thread below an event."""
    return f"{PREFIX}{room}/{root}"


def room_and_root(channel: str) -> tuple[str, str]:
    """The room of a channel id, and the event that its thread hangs below (``""`` outside threads)."""
    room, slash, root = native(channel).partition("/$")
    return room, f"${root}" if slash else ""


def server_of(user: str) -> str:
    """The server's name in a user's or room's id; ``""`` where it has none (rooms of version 12)."""
    return user.partition(":")[2]


def localpart(user: str) -> str:
    """``ann`` of ``@ann:server``."""
    return user.removeprefix("@").partition(":")[0]

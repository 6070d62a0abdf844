"""Which of our accounts is in which room; personas live where their accounts are (LUNA-5)."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable
from typing import Any, Protocol

from butler import Persona

from butler_luna_matrix.contents import inner
from butler_luna_matrix.ids import native, ours, room_and_root

JSON = dict[str, Any]
PLATFORM = "matrix"


class Own:
    """The accounts of this host: its main one, those that fit a pattern, and those that were added."""

    def __init__(self, main: str, pattern: str = "") -> None:
        self.main = main
        self._pattern = re.compile(pattern) if pattern else None
        self._users = {main}

    def __contains__(self, user: object) -> bool:
        if user in self._users:
            return True
        return self._pattern is not None and isinstance(user, str) and self._pattern.fullmatch(user) is not None

    def add(self, user: str) -> None:
        """This one is ours too."""
        self._users.add(user)


class Residents(Protocol):
    """What is needed of the host."""

    @property
    def personas(self) -> Iterable[Persona]: ...

    async def settle(self, persona: str, channel: str, *, here: bool) -> None: ...


def account_of(persona: Persona | None) -> str:
    """The Matrix user that a persona speaks through, or ``""``."""
    return native(persona.accounts.get(PLATFORM, "")) if persona is not None else ""


class Homes:
    """Follows the memberships of our accounts and has personas move in and out with them."""

    def __init__(self, host: Residents, own: Own) -> None:
        self._host = host
        self._own = own
        self._inside: dict[str, set[str]] = defaultdict(set)

    def begin(self) -> None:
        """Take what is kept with the personas; what changed meanwhile is told by events."""
        for persona in self._host.personas:
            user = account_of(persona)
            if not user:
                continue
            self._own.add(user)
            for channel in persona.channels:
                room, _ = room_and_root(channel)
                if room.startswith("!"):
                    self._inside[room].add(user)

    @property
    def rooms(self) -> Iterable[str]:
        """The rooms that any of ours is in."""
        return self._inside

    def inside(self, room: str) -> set[str]:
        """Our accounts in a room."""
        return self._inside.get(room, set())

    def of(self, user: str) -> Persona | None:
        """The persona that speaks through an account."""
        return next((persona for persona in self._host.personas if account_of(persona) == user), None)

    async def noticed(self, room: str, raw: JSON) -> None:
        """A raw event: if one of ours came or went, its persona moves."""
        user = raw.get("state_key")
        if raw.get("type") != "m.room.member" or not isinstance(user, str) or user not in self._own:
            return
        membership = inner(raw, "content").get("membership")
        if membership in {"join", "leave", "ban"}:
            await self.moved(user, room, here=membership == "join")

    async def moved(self, user: str, room: str, *, here: bool) -> None:
        """One of our accounts is in a room from now on, or no longer."""
        if here:
            self._inside[room].add(user)
        else:
            self._inside[room].discard(user)
            if not self._inside[room]:
                del self._inside[room]
        persona = self.of(user)
        if persona is not None and (ours(room) in persona.channels) != here:
            await self._host.settle(persona.name, ours(room), here=here)

"""A bot's session: what it was told, in order, so that a lost connection can be resumed."""

from __future__ import annotations

import secrets
from collections import deque
from typing import TYPE_CHECKING

from butler_discord.testing.errors import JSON
from butler_discord.testing.gateway.codes import Intent
from butler_discord.testing.state.users import App

if TYPE_CHECKING:
    from butler_discord.testing.gateway.connection import Connection

KEPT = 50_000
"""So many events are kept for a resume; more are missed, and the session is over."""


class Session:
    """What lasts from an IDENTIFY over all its resumes."""

    def __init__(self, app: App, shard: tuple[int, int], intents: Intent) -> None:
        self.id = secrets.token_hex(16)
        self.app = app
        self.shard = shard
        self.intents = intents
        self.wanted = int(intents)
        """The same as a number, which is quicker to look at."""
        self.seq = 0
        self.connection: Connection | None = None
        self.left_at: float | None = None
        """When its connection was lost, on the clock's monotonic time."""
        self.resumes = 0
        self.asked_members: dict[int, float] = {}
        self.presence: JSON = {}
        """How it shows itself: its status, what it does."""
        self._told: deque[tuple[int, str]] = deque(maxlen=KEPT)

    def tell(self, name: str, data: str) -> None:
        """Tell an event; ``data`` is JSON already. It waits here while nobody is connected."""
        self.seq += 1
        payload = f'{{"t":"{name}","s":{self.seq},"op":0,"d":{data}}}'
        self._told.append((self.seq, payload))
        if self.connection is not None:
            self.connection.send(payload)

    def missed(self, seq: int) -> list[str] | None:
        """What was told since; ``None`` if that is not known any more."""
        if seq > self.seq or (self._told and seq < self._told[0][0] - 1):
            return None
        return [payload for number, payload in self._told if number > seq]

    def in_shard(self, guild: int | None) -> bool:
        """Whether a guild's events come here; direct conversations come to shard 0."""
        return ((guild or 0) >> 22) % self.shard[1] == self.shard[0]

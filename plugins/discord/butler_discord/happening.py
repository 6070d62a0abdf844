"""Events as Discord tells them, as the host knows them (PLAT-1)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from butler_discord.people import People
from butler_discord.pieces import Happened, Pieces
from butler_discord.places import Places
from butler_discord.talk import Talk, Teller

JSON = dict[str, Any]

QUIET = frozenset({"READY", "RESUMED", "GUILD_MEMBERS_CHUNK", "RATE_LIMITED", "CHANNEL_INFO"})
"""Of these no plugin is told."""


class Happening:
    """Understands events for one bot; ``tell`` gives what the host is to receive, in order.

    Nothing in it waits, so that what comes first is handed over first.
    """

    def __init__(self, pieces: Pieces) -> None:
        self._pieces = pieces
        keeping = Places(pieces).tellers
        self._tellers: Mapping[str, Teller] = {**Talk(pieces).tellers, **People(pieces).tellers, **keeping}
        self._keeping = keeping

    def tell(self, name: str, raw: JSON) -> list[Happened]:
        """What the host receives for an event. Raises ``KeyError`` and the like for what makes no sense."""
        if name in QUIET:
            return []
        known = self._pieces.known(raw)
        if known is not None and not known.accepted:
            if name in self._keeping or name.startswith("GUILD_MEMBER"):
                self._tellers[name](name, raw)  # what is known of a guild that waits to be let in is kept up to date
            return []
        return self._tellers.get(name, self._pieces.raw)(name, raw)

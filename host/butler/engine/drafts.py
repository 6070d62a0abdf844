"""A reply that is shown by edits while it is being made: its row of the outbox is there before its first piece.

So a crash in the middle neither loses nor doubles it: what was shown is found again by its key, and becomes the whole.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

import attrs
from attrs import define

from butler.model import Action, Reply, Sent
from butler.platform import Platform
from butler.store.journal import Journal
from butler.store.marks import Out

PACE = 1.0
"""Seconds between two edits at least."""
UNFINISHED = " …"

First = Callable[[Reply], Action]
"""The first piece of a reply, as it is cut for its platform."""


@define(eq=False)
class Draft:
    """One reply while it is made. ``out`` is there once something was shown, or was before a restart."""

    journal: Journal
    platform: Callable[[], Platform | None]
    first: First
    reply: Reply
    """What it will be, without its text."""
    turn: int
    seq: int
    out: Out | None = None
    shown: str = ""
    """The id of what is shown."""
    edits: int = 0

    async def show(self, text: str) -> None:
        """Show what there is. Raises ``PlatformError``, or ``StoreError``."""
        platform = self.platform()
        if platform is None:
            return
        action = self.first(attrs.evolve(self.reply, text=f"{text}{UNFINISHED}"))
        if self.out is None:
            self.out = self.journal.out(action, "host", turn=self.turn, seq=self.seq)
            await self.journal.draft(self.out)
        key = self.journal.key_for_platform(self.out)
        if not self.shown:
            self.shown = (await self._there(platform, key, action) or await platform.perform(action, key)).id
        else:
            self.edits += 1
            edit = attrs.evolve(action, kind="edit", target=self.shown)
            await platform.perform(edit, f"{key}y{self.edits:x}"[:25])

    async def _there(self, platform: Platform, key: str, action: Action) -> Sent | None:
        """What was shown before a restart, if anything was."""
        if self.out is None or not self.out.recovered:
            return None
        since = dt.datetime.fromtimestamp(self.out.made if self.out else 0.0, dt.UTC)
        return await platform.look_for(action, key, since)

    def take_over(self, outs: list[Out]) -> list[Out]:
        """The rows of the whole reply: the first one is the draft's own, if there is one."""
        if self.out is None or not outs:
            return outs
        mine = attrs.evolve(
            outs[0], id=self.out.id, key=self.out.key, made=self.out.made, recovered=self.out.recovered,
            drafted=True, shown=self.shown,
        )  # fmt: skip
        return [mine, *outs[1:]]

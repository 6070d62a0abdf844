"""How often something unasked is said in a channel, and when it was last. The functions run in the store."""

from __future__ import annotations

import peewee

from butler_core.kept import Kept


class HushRow(Kept):
    """A channel in which something unasked was said."""

    channel = peewee.TextField(primary_key=True)
    rate = peewee.DoubleField()
    """1: as often as the settings say; less: as much less often."""
    spoke = peewee.DoubleField()
    """When something unasked was last said."""
    waits = peewee.BooleanField()
    """Whether it is not known yet if anybody answers it."""
    looked = peewee.DoubleField(default=0.0)
    """When a model was last asked whether to join in."""


def everything() -> list[HushRow]:
    """All channels."""
    return [*HushRow.select()]


def save(channel: str, rate: float, spoke: float, *, waits: bool, looked: float) -> None:
    """How it is in a channel now."""
    fields = {"rate": rate, "spoke": spoke, "waits": waits, "looked": looked}
    HushRow.insert(channel=channel, **fields).on_conflict(conflict_target=[HushRow.channel], update=fields).execute()

"""Personas move in and out of channels with their accounts."""

from __future__ import annotations

from collections.abc import Sequence

import attrs

from butler.model import Persona
from butler.store.codec import pack, unpack
from butler.store.database import Tx


def moved(channels: Sequence[str], channel: str, here: bool) -> tuple[str, ...]:
    """The channels after somebody moved in or out."""
    return (*channels, channel) if here else tuple(each for each in channels if each != channel)


def store_move(tx: Tx, rows: Sequence[tuple[str, str, bool]]) -> list[None]:
    """Name, channel, whether there: into the personas' rows."""
    for name, channel, here in rows:
        for (body,) in tx.all("select body from host_personas where name = ?", (name,)):
            persona = unpack(Persona, body)
            there = attrs.evolve(persona, channels=moved(persona.channels, channel, here))
            tx.all("update host_personas set body = ? where name = ?", (pack(there), name))
    return [None] * len(rows)

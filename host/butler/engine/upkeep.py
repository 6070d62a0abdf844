"""What keeps the store small: old messages, sent rows and decision records go after their days."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import TYPE_CHECKING

import structlog

from butler.errors import StoreError
from butler.store import schema, search
from butler.store.database import Tx

if TYPE_CHECKING:
    from butler.host import Host

log = structlog.get_logger("butler.upkeep")

HOUR = 3600.0
DAY = 86_400.0
AT_ONCE = 2_000
"""Rows that are deleted in one transaction, so that nobody waits for it."""


class Upkeep:
    """Prunes each hour, a little at a time."""

    def __init__(self, host: Host) -> None:
        self._host = host

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            try:
                await self.prune()
            except StoreError as error:
                log.warning("old rows could not be pruned, tried again in an hour", reason=str(error))
            await asyncio.sleep(HOUR)

    async def prune(self) -> int:
        """Delete what is older than it may be kept; returns how many rows went."""
        now = self._host.clock.now().timestamp()
        limits = self._host.config.host
        rows = (now - limits.message_days * DAY, now - limits.trace_days * DAY)
        gone = 0
        while batch := await self._host.database.submit(_prune, rows):
            gone += batch
        await self._host.settings.audit.prune(limits.audit_days)
        await self._host.models.account.ledger.prune(now - limits.usage_days * DAY)
        await self._host.controls.prune()
        if gone:
            log.info("old rows pruned", rows=gone)
            await self._host.search.scrub()
        return gone


_MESSAGES = (
    "delete from host_inbox where seq in (select seq from host_inbox where at < ? "
    f"and state = {schema.DONE} order by seq limit {AT_ONCE}) returning seq, kind, text"
)
_SENT = (
    "delete from host_outbox where id in (select id from host_outbox where made < ? "
    f"and state <> {schema.WAITING} order by id limit {AT_ONCE}) returning id"
)
_RECORDS = (
    "delete from host_records where seq in (select seq from host_records where at < ? "
    f"order by at limit {AT_ONCE}) returning seq"
)
_TURNS = (
    "delete from host_turns where id in (select t.id from host_turns t left join host_inbox i on i.seq = t.seq "
    f"where i.seq is null limit {AT_ONCE}) returning id"
)


def _prune(tx: Tx, rows: Sequence[tuple[float, float]]) -> list[int]:
    messages, records = rows[0]
    old = tx.all(_MESSAGES, (messages,))
    search.prune(tx, [(seq, kind, text) for seq, kind, text in old])
    gone = sum(len(tx.all(sql, (limit,))) for sql, limit in ((_SENT, messages), (_RECORDS, records)))
    return [len(old) + gone + len(tx.all(_TURNS))] * len(rows)

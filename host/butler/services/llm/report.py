"""What models were used for and what it cost: the ledger, summed up (HOST-18, CORE-21)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Final

from attrs import frozen

from butler.errors import BadArgument
from butler.store.database import Database

BY: Final = ("persona", "person", "guild", "plugin", "purpose", "provider", "model", "day")
"""What the account can be summed by."""
_DAY: Final = {
    "sqlite": "strftime('%Y-%m-%d', at, 'unixepoch')",
    "postgresql": "to_char(to_timestamp(at) at time zone 'UTC', 'YYYY-MM-DD')",
}


@frozen
class Sum:
    """One line of the report. Money is micro-units of the currency."""

    keys: tuple[str, ...]
    calls: int
    failed: int
    input: int
    output: int
    cached: int
    written: int
    cost: int
    """Of the calls whose price is known."""
    unpriced: int
    """Calls whose cost is not known."""
    estimated: int
    """Calls that broke off, whose usage is estimated."""


async def report(
    database: Database,
    by: Sequence[str],
    *,
    since: float = 0.0,
    until: float = 1e12,
    only: Mapping[str, str] = MappingProxyType({}),
) -> list[Sum]:
    """Sums by some of :data:`BY`, the dearest first; ``only`` holds what a line must be of (``{"guild": ID}``).

    ``since`` and ``until`` are seconds since 1970. Raises ``BadArgument`` for a name that is none of them.
    """
    wrong = [name for name in (*by, *only) if name not in BY]
    if wrong:
        raise BadArgument(f"usage cannot be shown by {wrong[0]!r}", remedy=f"choose from {', '.join(BY)}")
    columns = [_DAY[database.dialect] if name == "day" else name for name in by]
    where = "".join(f" and {_DAY[database.dialect] if name == 'day' else name} = ?" for name in only)
    group = f" group by {', '.join(columns)}" if columns else ""
    rows = await database.query(
        f"select {''.join(f'{column}, ' for column in columns)}{_SUMS} from host_usage "
        f"where at >= ? and at < ?{where}{group} order by {len(columns) + 7} desc, {len(columns) + 1} desc",
        (since, until, *only.values()),
    )
    width = len(columns)
    return [Sum(tuple(map(str, row[:width])), *(int(value or 0) for value in row[width:])) for row in rows]


_SUMS: Final = (
    "count(*), sum(case when state = 'failed' then 1 else 0 end), sum(input), sum(output), sum(cached), sum(written), "
    "sum(coalesce(cost, 0)), sum(case when cost is null then 1 else 0 end), sum(estimated)"
)

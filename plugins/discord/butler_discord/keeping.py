"""Rows that are written whether they are there or not."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from butler import Table


def put(table: type[Table], rows: Sequence[Mapping[str, Any]]) -> None:
    """Write rows, each in place of one with the same key. Inside a function given to ``db.write``."""
    key = table._meta.primary_key
    fresh = [field for field in table._meta.sorted_fields if field is not key]
    table.insert_many(list(rows)).on_conflict(conflict_target=[key], preserve=fresh).as_rowcount().execute()

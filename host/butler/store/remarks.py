"""What came of a message after its decision record was written: remarks that plugins add to it."""

from __future__ import annotations

import json
from collections.abc import Sequence

from butler.store.database import Tx
from butler.store.sql import clean

MOST = 50
"""Remarks of one record; later ones are left out."""


def remark(tx: Tx, rows: Sequence[tuple[str, str, str]]) -> list[bool]:
    """Add remarks (a message's id, the plugin, the text); whether there was a record to add each to."""
    return [_added(tx, *row) for row in rows]


def _added(tx: Tx, message: str, plugin: str, text: str) -> bool:
    row = tx.one("select seq, body from host_records where id = ?", (message,))
    if row is None:
        return False
    record = json.loads(row[1])
    remarks = record.setdefault("remarks", [])
    if len(remarks) < MOST:
        remarks.append([plugin, clean(text)])
        tx.many("update host_records set body = ? where seq = ?", [(json.dumps(record), row[0])])
    return True

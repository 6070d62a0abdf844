"""What a plugin derives its tables from: named for it, and good for several hosts in one process."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import peewee

from butler.store.current import Current


def prefix_of(module: str) -> str:
    """The plugin that a module belongs to: its top package without ``butler_``; the host's own is ``host``."""
    top = module.partition(".")[0].strip("_")
    return "host" if top == "butler" else top.removeprefix("butler_")


def table_name(model: type[Any]) -> str:
    """``butler_karma.tables.LedgerEntry`` is kept in ``karma_ledger_entry``."""
    words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", model.__name__)
    return f"{prefix_of(model.__module__)}_{words.lower()}"


class Table(peewee.Model):
    """A peewee model of a plugin. Use it inside functions given to ``db.read`` and ``db.write``, nowhere else."""

    class Meta:
        database = Current()
        table_function = table_name
        legacy_table_names = False


def create_tables(models: Sequence[type[Table]]) -> None:
    """Create what is missing of the tables and their indexes. Inside a function given to ``db.write``."""
    for model in peewee.sort_models(models):  # type: ignore[attr-defined]
        model.create_table(safe=True)

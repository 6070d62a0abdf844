"""The base of all tables here: the package is ``butler_core``, so is the prefix of its tables."""

from __future__ import annotations

from typing import Any

from butler import Table


def _named(model: type[Any]) -> str:
    name: str = Table._meta.table_function(model)
    return f"butler_{name}"


class Kept(Table):
    """A table of TheButler's."""

    class Meta:
        table_function = _named

"""What commands print: columns for people, JSON for scripts."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any

import click


def print_json(value: Any) -> None:
    """One document, readable and in UTF-8."""
    click.echo(json.dumps(value, indent=2, ensure_ascii=False, default=str))


def print_columns(rows: Iterable[Sequence[str]]) -> None:
    """Rows with aligned columns; the last one is as long as it is."""
    table = [[cell.replace("\n", " ") for cell in row] for row in rows]
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    for row in table:
        cells = [cell.ljust(width) for cell, width in zip(row[:-1], widths, strict=False)]
        click.echo("  ".join([*cells, row[-1]]).rstrip())

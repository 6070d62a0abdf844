"""``butler usage``."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from butler.faces.cli.options import as_json, located
from butler.faces.cli.output import print_columns, print_json
from butler.faces.configuration import read_config
from butler.faces.desk import act
from butler.services.llm.report import BY

MILLION = 1_000_000


@click.command("usage")
@click.option("--by", default="persona,model", metavar="NAMES", help=f"What to sum by: {', '.join(BY)}.")
@click.option("--days", default=30.0, type=click.FloatRange(min=0, min_open=True), help="How far back (default: 30).")
@click.option("--person", default="", metavar="ID", help="Of one person only.")
@click.option("--guild", default="", metavar="ID", help="Of one guild only.")
@click.option("--persona", default="", metavar="NAME", help="Of one persona only.")
@located
@as_json
def command(
    by: str, days: float, person: str, guild: str, persona: str, file: Path | None, data: Path | None, plain: bool
) -> None:
    """Say what language models were used for, what it cost, and what is left of the host's budgets."""
    only = {name: value for name, value in (("person", person), ("guild", guild), ("persona", persona)) if value}
    names = [name.strip() for name in by.split(",") if name.strip()]
    told = act(read_config(file, data), "usage", {"by": names, "days": days, "only": only})
    if plain:
        print_json(told)
        return
    if not told["rows"]:
        click.echo(f"No model was asked in the last {days:g} days.")
    else:
        print_columns([_heads(names), *(_row(row, told["currency"]) for row in told["rows"])])
    for limit in told["limits"]:
        click.echo(f"{limit['name']}: {_amount(limit, limit['used'])} of {_amount(limit, limit['amount'])} used")


def _heads(names: list[str]) -> list[str]:
    return [*names, "calls", "failed", "in", "cached", "out", "cost"]


def _row(row: dict[str, Any], currency: str) -> list[str]:
    cost = f"{row['cost'] / MILLION:.6f} {currency}"
    if row["unpriced"]:
        cost = f"{cost} and {row['unpriced']} calls of unknown price" if row["cost"] else "not known"
    if row["estimated"]:
        cost += f" ({row['estimated']} estimated)"
    asked = row["input"] + row["cached"] + row["written"]
    keys = [key or "-" for key in row["keys"]]
    return [*keys, str(row["calls"]), str(row["failed"]), str(asked), str(row["cached"]), str(row["output"]), cost]


def _amount(limit: dict[str, Any], value: int) -> str:
    return f"{value / MILLION:g}" if limit["kind"] == "money" else str(value)

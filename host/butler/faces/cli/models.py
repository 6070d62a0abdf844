"""``butler models``."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from butler.faces.cli.options import as_json, located
from butler.faces.cli.output import print_columns, print_json
from butler.faces.configuration import read_config
from butler.faces.desk import act

MILLION = 1_000_000


@click.command("models")
@located
@as_json
def command(file: Path | None, data: Path | None, plain: bool) -> None:
    """List the models that can be asked, their windows, and their prices as far as known.

    Prices are for a million tokens. Your own file models.toml beside butler.toml goes before what packages say.
    """
    told = act(read_config(file, data), "models", {})
    if plain:
        print_json(told)
        return
    rows = [_row(model) for model in told["models"]]
    print_columns([["model", "window", "input", "cached", "output", "source"], *rows])
    for provider, reason in told["problems"].items():
        click.echo(f"{provider}: {reason}")


def _row(model: dict[str, Any]) -> list[str]:
    prices = [_price(model[key]) for key in ("input_price", "cached_price", "output_price")]
    source = ", ".join(filter(None, (model["source"], model["date"])))
    return [model["name"], str(model["window"]), *prices, source or "-"]


def _price(micro: int | None) -> str:
    return "not known" if micro is None else f"{micro / MILLION:g}"

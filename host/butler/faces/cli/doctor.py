"""``butler doctor``."""

from __future__ import annotations

from pathlib import Path

import attrs
import click

from butler.check import Check
from butler.faces.cli.options import as_json, located
from butler.faces.cli.output import print_json
from butler.faces.doctor import examine, worst

_SIGNS = {"ok": ("ok  ", "green"), "warn": ("warn", "yellow"), "fail": ("FAIL", "red")}


@click.command("doctor")
@located
@as_json
@click.option("--fix", is_flag=True, help="Put right what can be put right without harm.")
def command(file: Path | None, data: Path | None, plain: bool, fix: bool) -> None:
    """Look at everything and say what to do. Exit code 1 if something does not work."""
    checks = examine(file, data, fix=fix)
    if plain:
        print_json([attrs.asdict(check) for check in checks])
    else:
        for check in checks:
            _print(check)
    raise SystemExit(worst(checks))


def _print(check: Check) -> None:
    sign, colour = _SIGNS[check.level]
    click.echo(f"{click.style(sign, fg=colour)}  {check.name}: {check.text}")
    if check.remedy and check.level != "ok":
        click.echo(f"      → {check.remedy}")

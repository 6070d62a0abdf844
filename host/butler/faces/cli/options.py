"""Options that several commands share."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

F = TypeVar("F", bound=Callable[..., Any])


def located(command: F) -> F:
    """``--config`` and ``--data``, as ``file`` and ``data``."""
    file = click.option(
        "--config",
        "file",
        type=click.Path(path_type=Path, dir_okay=False),
        metavar="FILE",
        help="The configuration (default: ./butler.toml, if it is there).",
    )
    data = click.option(
        "--data",
        type=click.Path(path_type=Path, file_okay=False),
        metavar="DIR",
        help="Where everything is kept (default: ./data).",
    )
    return file(data(command))


def as_json(command: F) -> F:
    """``--json``, as ``plain``."""
    return click.option("--json", "plain", is_flag=True, help="Print JSON.")(command)

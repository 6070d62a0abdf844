"""Which configuration holds for a command: the file, `.env` beside it, the environment, then the options."""

from __future__ import annotations

import os
from pathlib import Path

import attrs
import click

from butler.config import Config, load

FILE = "butler.toml"
SCRUB = "scrub"
"""Under this name a command leaves in its context's ``obj`` what takes secrets out of a text."""


def read_config(file: Path | None = None, data: Path | None = None, persona: str = "") -> Config:
    """The configuration as ``butler run`` and every other command see it.

    Without ``file`` it is ``./butler.toml`` if that is there, else none. A ``data`` folder that the file
    names is relative to the file, any other to the working directory. Raises ``ConfigError``.
    """
    if file is None and Path(FILE).is_file():
        file = Path(FILE)
    folder = file.parent if file else Path()
    config = load(file, os.environ, folder / ".env")
    if (context := click.get_current_context(silent=True)) is not None and isinstance(context.obj, dict):
        context.obj[SCRUB] = config.secrets.scrub
    from_file = config.where("host", "data").startswith(f"{file.name}:") if file else False
    kept = data or (folder if from_file else Path()) / config.host.data
    host = attrs.evolve(config.host, data=str(kept.resolve()), persona=persona or config.host.persona)
    variables = dict(config.sources.variables)
    if data:
        variables["host", "data"] = "option --data"
    if persona:
        variables["host", "persona"] = "option --persona"
    sources = attrs.evolve(config.sources, variables=variables)
    return attrs.evolve(config, host=host, sources=sources)


def database_url(config: Config) -> str:
    """Where the store is, as an address."""
    given = config.host.database
    return f"sqlite:///{Path(config.host.data) / 'butler.db'}" if given == "sqlite" else given

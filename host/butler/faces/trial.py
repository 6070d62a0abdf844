"""``butler plugins check``: every installed plugin brought up and taken down again, apart from any host."""

from __future__ import annotations

import asyncio
import tempfile
from typing import Any

import attrs

from butler.config import Config
from butler.errors import ButlerError
from butler.faces.describe import inspect_all
from butler.faces.desk import quiet
from butler.host import Host


def try_all(config: Config) -> list[dict[str, Any]]:
    """Each plugin with what it declares and what is wrong: importing, contract, settings, tables, start, end."""
    found = {each.found.name: each for each in inspect_all()}
    wrong = {name: [each.problem] for name, each in found.items() if each.problem}
    for name, problem in asyncio.run(_tried(config, [name for name in found if name not in wrong])).items():
        wrong.setdefault(name, []).append(problem)
    return [
        {
            "name": name,
            "package": each.found.distribution,
            "version": each.found.version,
            "problems": [config.secrets.scrub(problem) for problem in wrong.get(name, [])],
            "declares": each.declares,
        }
        for name, each in found.items()
    ]


async def _tried(config: Config, names: list[str]) -> dict[str, str]:
    """Up and down in a host of its own, in an empty place."""
    problems: dict[str, str] = {}
    with tempfile.TemporaryDirectory(prefix="butler-check-") as folder:
        place = attrs.evolve(config.host, data=folder, database="sqlite", log_level="error")
        async with quiet(attrs.evolve(config, host=place), plugins=False) as host:
            for name in names:
                if problem := await _try(host, name):
                    problems[name] = problem
    return problems


async def _try(host: Host, name: str) -> str:
    try:
        await host.lifecycle.up(name)
    except ButlerError as error:
        return str(error)
    left = await host.lifecycle.down(name)
    return f"it left something behind: {', '.join(left)}" if left else ""

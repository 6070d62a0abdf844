"""A host on the real clock and the real network of this machine: for platforms that are tested against real servers."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from pathlib import Path

from butler.config import load
from butler.engine.loader import Loader
from butler.faces.backup import backup
from butler.faces.configuration import database_url
from butler.host import Host
from butler.plugin import Plugin
from butler.testing.loading import add


@asynccontextmanager
async def running(
    plugins: Iterable[type[Plugin] | str], *, toml: str, folder: Path, patience: float = 30.0
) -> AsyncIterator[Host]:
    """One life of a host with these plugins, its data below ``folder``; begins once its platforms are connected.

    Raises ``AssertionError`` with the reason where one is not connected after ``patience`` seconds, or a plugin is
    left out.
    """
    file = folder / "butler.toml"
    file.write_text(toml, encoding="utf-8")
    loader = Loader({})
    for plugin in plugins:
        add(loader, plugin)
    config = load(file, {}, folder / ".env")
    host = Host(config, loader=loader)
    host.archive.backup = lambda target: backup(database_url(config), host.data, target)
    await host.start()
    try:
        missing = await host.lifecycle.connected(patience)
        assert not missing, missing
        assert not host.lifecycle.problems, host.lifecycle.problems
        yield host
    finally:
        await host.stop()

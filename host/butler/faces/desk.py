"""Where a command of the moment goes: to the host that runs, else to the data that it left."""

from __future__ import annotations

import asyncio
import contextlib
import getpass
import os
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any, Final

import attrs

from butler.config import Config
from butler.errors import ButlerError, NotReady, StoreError
from butler.faces.control import NAME
from butler.faces.control_client import Show, ask
from butler.faces.lock import DataLock
from butler.faces.verbs import Verbs
from butler.host import Host
from butler.logs import Logs
from butler.store.database import Database

PATIENCE: Final = 5.0
"""Seconds that a host which is just starting, or another command, is waited for."""
REACHING: Final = 15.0
"""Seconds that a database may take to answer."""
NEEDS_PLUGINS: Final = frozenset({"plugins.enable", "plugins.disable", "export", "forget", "doctor", "models"})
"""Verbs that act through the plugins; the others read or write what the host keeps itself."""
READS: Final = frozenset(
    {
        "plugins.list",
        "personas.list",
        "personas.show",
        "why",
        "config.changes",
        "doctor",
        "usage",
        "models",
        "conversations",
    }
)
"""Verbs that change nothing: where there is no data they leave none."""


def act(config: Config, verb: str, args: Mapping[str, Any], show: Show | None = None) -> Any:
    """What a verb gives, as plain JSON. Raises ``ButlerError`` with what to tell whoever typed it."""
    os.umask(0o077)
    data = Path(config.host.data)
    lock = DataLock(data)
    if lock.holder().what == "run":
        return _ask_patiently(data / NAME, verb, {"who": who(), **args}, show)
    if verb in READS and not data.exists():
        with tempfile.TemporaryDirectory(prefix="butler-") as folder:
            return asyncio.run(_act(_moved(config, folder), verb, args, show))
    lock.take(verb, patience=PATIENCE)
    try:
        return asyncio.run(_act(config, verb, {"who": who(), **args}, show))
    finally:
        lock.release()


def runs(config: Config) -> bool:
    """Whether a host runs on this data now."""
    return DataLock(Path(config.host.data)).holder().what == "run"


def who() -> str:
    """Whom the audit log names: ``cli:ann``."""
    try:
        return f"cli:{getpass.getuser()}"
    except (KeyError, OSError):
        return f"cli:{os.getuid()}"


def _moved(config: Config, folder: str) -> Config:
    return attrs.evolve(config, host=attrs.evolve(config.host, data=folder))


def _ask_patiently(path: Path, verb: str, args: Mapping[str, Any], show: Show | None) -> Any:
    """A host that holds the lock and does not listen yet is starting."""
    end = time.monotonic() + PATIENCE
    while True:
        try:
            return ask(path, verb, args, show)
        except NotReady as error:
            if time.monotonic() >= end:
                raise ButlerError("a host runs here and does not answer", remedy="see `butler logs`") from error
            time.sleep(0.1)


async def _act(config: Config, verb: str, args: Mapping[str, Any], show: Show | None) -> Any:
    async def tell(done: int, total: int, text: str) -> None:
        if show is not None:
            show(done, total, text)

    async with quiet(config, plugins=verb in NEEDS_PLUGINS) as host:
        return await Verbs(host, running=False).all[verb](args, tell)


@contextlib.asynccontextmanager
async def quiet(config: Config, *, plugins: bool) -> AsyncIterator[Host]:
    """A host without platforms that does nothing by itself. Whoever opens it holds the data directory's lock."""
    with Logs(Path(config.host.data), scrub=config.secrets.scrub, level=config.host.log_level):
        host = Host(attrs.evolve(config, platforms={}))
        try:
            await _reach(host.database.url)
            await host.open(plugins=plugins)
            yield host
        finally:
            await host.stop()


async def _reach(url: str) -> None:
    """A host that runs waits for its database; whoever typed a command would rather know. Raises ``StoreError``."""
    if url.startswith("sqlite"):
        return
    database = Database(url)
    try:
        async with asyncio.timeout(REACHING):
            await database.start()
    except TimeoutError:
        raise StoreError(
            "the database does not answer", remedy="see whether it runs, and what `database` says in butler.toml"
        ) from None
    await database.stop()


def show_progress(done: int, total: int, text: str) -> None:
    """Progress as a line on standard error that is written over, where that is a terminal."""
    if sys.stderr.isatty():
        share = f"{100 * done // total:3d}% " if total else ""
        sys.stderr.write(f"\r\x1b[K{share}{text}" + ("\n" if total and done >= total else ""))
        sys.stderr.flush()

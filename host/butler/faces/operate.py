"""``butler console``: the operator's commands, typed or from a file, on the host that runs or on one of the moment."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, Protocol

from butler.config import Config
from butler.errors import ButlerError
from butler.faces.control import NAME
from butler.faces.control_client import ask
from butler.faces.desk import who
from butler.faces.ending import Ending
from butler.faces.lock import DataLock
from butler.faces.run import LOCK_PATIENCE, running
from butler.host import Host
from butler.logs import Logs
from butler.services.operating import Answer, Suggestion

CONNECT_PATIENCE = 30.0
"""Seconds that a host of the moment has for connecting its platforms before the first command."""

Show = Callable[[int, int, str], None]
"""How far a command is: done, total (0: unknown), what."""


class Session(Protocol):
    """A host as the console sees it."""

    async def run(self, line: str, show: Show) -> Answer:
        """Run a line. Raises ``ButlerError`` where the host cannot be reached."""
        ...

    async def complete(self, text: str) -> list[Suggestion]:
        """What may stand at the end of a line."""
        ...


class Remote:
    """A host that runs elsewhere, through its control socket."""

    def __init__(self, path: Path) -> None:
        self._path = path

    async def run(self, line: str, show: Show) -> Answer:
        """Run a line there."""
        loop = asyncio.get_running_loop()

        def told(done: int, total: int, text: str) -> None:
            loop.call_soon_threadsafe(show, done, total, text)

        return Answer(**await asyncio.to_thread(ask, self._path, "console", {"line": line, "who": who()}, told))

    async def complete(self, text: str) -> list[Suggestion]:
        """What that host suggests."""
        found = await asyncio.to_thread(ask, self._path, "console.complete", {"line": text, "who": who()})
        return [Suggestion(*each) for each in found]


class Local:
    """A host in this process."""

    def __init__(self, host: Host) -> None:
        self._host = host

    async def run(self, line: str, show: Show) -> Answer:
        """Run a line."""

        async def told(done: int, total: int, text: str) -> None:
            show(done, total, text)

        return await self._host.operating.run(line, who(), told)

    async def complete(self, text: str) -> list[Suggestion]:
        """What it suggests."""
        return await self._host.operating.complete(text, who())


Work = Callable[[Session], Any]
"""An async function of a session."""


def with_session(config: Config, work: Work, *, tell: Callable[[str], None] = lambda text: None) -> Any:
    """What ``work`` gives, on the host that runs here, else on one that runs as long as the work.

    Raises ``ButlerError`` where neither is possible.
    """
    os.umask(0o077)
    data = Path(config.host.data)
    lock = DataLock(data)
    if lock.holder().what == "run":
        return asyncio.run(work(Remote(data / NAME)))
    lock.take("run", patience=LOCK_PATIENCE)
    try:
        with Logs(data, scrub=config.secrets.scrub, level=config.host.log_level):
            return asyncio.run(_locally(config, work, tell))
    finally:
        lock.release()


async def _locally(config: Config, work: Work, tell: Callable[[str], None]) -> Any:
    host = Host(config)
    with Ending() as ending:
        async with running(host, ending):
            for problem in await host.lifecycle.connected(CONNECT_PATIENCE):
                tell(problem)
            return await work(Local(host))


def once(config: Config, line: str, show: Show) -> str:
    """What one command says. Raises ``ButlerError`` with its words where it fails."""

    async def work(session: Session) -> Answer:
        return await session.run(line, show)

    answer: Answer = with_session(config, work)
    if not answer.ok:
        raise ButlerError(answer.text)
    return answer.text


def script(config: Config, lines: Iterable[str], show: Show) -> int:
    """Run commands one after the other and print what they say; stops at the first that fails, with 1."""

    async def work(session: Session) -> int:
        for line in lines:
            if not line.strip() or line.lstrip().startswith("#"):
                continue
            _print(f"> {line.strip()}")
            answer = await session.run(line, show)
            if answer.text:
                _print(answer.text)
            if not answer.ok or answer.ends:
                return 0 if answer.ok else 1
        return 0

    return int(with_session(config, work, tell=_warn))


def interactive(config: Config) -> int:
    """The prompt, until ``exit`` or Ctrl-D."""

    async def work(session: Session) -> None:
        from butler.faces.operate_tty import Prompt  # noqa: PLC0415 - half a second that a script need not wait

        await Prompt(session, Path(config.host.data)).run()

    with_session(config, work, tell=_warn)
    return 0


def _print(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def _warn(text: str) -> None:
    sys.stderr.write(f"warning: {text}\n")

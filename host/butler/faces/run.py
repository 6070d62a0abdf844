"""``butler run``: the host, its console and its control socket, from start to end."""

from __future__ import annotations

import asyncio
import contextlib
import os
import sys
from collections.abc import AsyncIterator
from importlib.metadata import version
from pathlib import Path
from typing import Protocol

from butler.config import Config
from butler.engine.blocking import last_culprit
from butler.engine.quarantine import EVERYWHERE
from butler.faces.backup import backup
from butler.faces.configuration import database_url
from butler.faces.console import HOUSE, ROOM, YOU, Console, ConsoleSettings
from butler.faces.console_piped import PipedConsole
from butler.faces.control import Control
from butler.faces.ending import Ending
from butler.faces.interpreter import collecting
from butler.faces.lock import DataLock
from butler.faces.safe import safe_loader
from butler.faces.uncaught import logged
from butler.faces.verbs import Verbs
from butler.host import Host
from butler.logs import Logs
from butler.logs.setup import FILE
from butler.model import Action, Reply
from butler.store import schema

LOCK_PATIENCE = 5.0
"""Seconds that a start waits for another command that has the data directory in hand."""
SOON = 60.0
"""Seconds that the end of a conversation waits for a reply that is to be sent later."""
MOST_PROBLEMS = 5
"""So many are named at the start; the others by ``butler doctor``."""


def run(config: Config, *, console: bool = True, safe: bool = False) -> int:
    """Run a host until its console ends or a signal comes; returns the exit code.

    Raises ``ButlerError`` where it cannot start.
    """
    os.umask(0o077)  # what people say to the host is nobody else's, the database included
    data = Path(config.host.data)
    lock = DataLock(data)
    lock.take("run", patience=LOCK_PATIENCE)
    terminal = None if console else sys.stderr
    try:
        with Logs(data, scrub=config.secrets.scrub, level=config.host.log_level, terminal=terminal), logged():
            return asyncio.run(_serve(config, console=console, safe=safe))
    finally:
        lock.release()


async def _serve(config: Config, *, console: bool, safe: bool) -> int:
    host = Host(config, loader=safe_loader() if safe else None)
    with Ending() as ending:
        async with running(host, ending), collecting(host.queues.drained):
            await (_converse(host, ending) if console else ending.asked.wait())
    return 0


@contextlib.asynccontextmanager
async def running(host: Host, ending: Ending) -> AsyncIterator[None]:
    """A host from start to stop; the stop has a limit, so that nothing keeps the process alive."""
    control = Control(host.data, Verbs(host, running=True).all)
    if culprit := last_culprit(host.data / "blocked.txt"):
        host.quarantine.put(culprit, EVERYWHERE, "it blocked the event loop until the host ended itself")
    host.archive.backup = lambda target: backup(database_url(host.config), host.data, target)
    try:
        host.blocking.start()
        await host.start()
        await control.start()
        yield
    finally:
        ending.limit()
        await control.stop()
        host.blocking.stop()
        await host.stop()


class Face(Protocol):
    """A console as the run sees it."""

    @property
    def broken(self) -> asyncio.Event:
        """Set when nobody reads the replies any more."""
        ...

    async def run(self) -> None:
        """Talk until the end of the conversation."""
        ...

    def close(self) -> None:
        """Let go of everything."""
        ...


def _face(host: Host, console: Console) -> Face:
    if is_terminal():
        from butler.faces.console_tty import TerminalConsole  # noqa: PLC0415 - half a second that a pipe need not wait

        return TerminalConsole(host, console)
    return PipedConsole(console)


def is_terminal() -> bool:
    """Whether somebody sits at both ends."""
    return all(stream is not None and stream.isatty() for stream in (sys.stdin, sys.stdout))


async def _converse(host: Host, ending: Ending) -> None:
    """Talk until the end of the conversation; then finish what is under way, unless a signal came."""
    section = host.config.platforms.get(Console.name, {})
    console = Console(host.incoming.bound, host.section(ConsoleSettings, section, "platforms.console"))
    console.main = host.personas.main
    console.operate = lambda line: _operated(host, line)
    face = _face(host, console)
    say_where(host)
    host.lifecycle.connect(console, host.scope)
    if is_terminal():
        await _greet(host)
    try:
        await _first(face.run(), ending.asked.wait(), face.broken.wait())
        if not face.broken.is_set():
            await _first(_settled(host), ending.asked.wait(), face.broken.wait())
    finally:
        face.close()


async def _operated(host: Host, line: str) -> str:
    return (await host.operating.run(line, YOU)).text


async def _settled(host: Host) -> None:
    """Return once everything said in the room is answered, and the answers are out (but for those that must wait)."""
    sql = f"select count(*) from host_outbox where state = {schema.WAITING} and channel = ? and not_before < ?"
    while True:
        if not host.queues.is_busy(HOUSE.id, ROOM.id):
            soon = host.clock.now().timestamp() + SOON
            if (await host.database.query(sql, (ROOM.id, soon)))[0][0] == 0:
                return
        await asyncio.sleep(0.02)


async def _greet(host: Host) -> None:
    """The persona speaks first, once in the life of a data directory."""
    persona = host.personas.get(host.personas.main)
    if persona is not None and persona.greeting:
        host.places.see(ROOM)
        reply = Reply(persona.greeting, persona=persona.name)
        await host.acts.act("host", Action("send", ROOM.id, reply=reply), "host:greeting")


async def _first(*work: object) -> None:
    """Until the first of several is done; the others are cancelled. Raises what that one raised."""
    tasks = [asyncio.ensure_future(each) for each in work]  # type: ignore[call-overload]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    for task in done:
        task.result()


def say_where(host: Host) -> None:
    """Where everything lies, on standard error; to somebody at a terminal also how to go on."""
    data = os.path.relpath(host.data)
    sys.stderr.write(f"butler {version('butler-host')}: data in {data}, log in {os.path.join(data, FILE)}\n")
    strange = host.config.strangers("plugins", host.lifecycle.known)
    told = [*map(str, (*host.settings.problems, *strange)), *host.lifecycle.problems.values()]
    wrong = list(dict.fromkeys(told))
    for problem in wrong[:MOST_PROBLEMS]:
        sys.stderr.write(f"warning: {problem}\n")
    if len(wrong) > MOST_PROBLEMS:
        sys.stderr.write(f"warning: and {len(wrong) - MOST_PROBLEMS} more, see `butler doctor`\n")
    if is_terminal():
        sys.stderr.write("/help shows what there is; exit, Ctrl-D or bye ends the conversation.\n\n")

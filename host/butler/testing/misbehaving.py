"""Plugins that do what no plugin may, for tests of what surrounds them."""

from __future__ import annotations

import asyncio
import sys
import threading
import time
from typing import IO, Any

from butler.hookspecs import hookimpl
from butler.model import Message
from butler.plugin import Plugin


class Misbehaving(Plugin):
    """Counts what it was shown in ``seen``, then misbehaves if the text holds ``trigger`` (always, if empty)."""

    trigger = ""

    def __init__(self) -> None:
        self.seen: list[str] = []

    async def misbehave(self) -> None:
        """What it does."""
        raise NotImplementedError

    @hookimpl
    async def on_message(self, message: Message) -> None:
        """Misbehave in a message's way."""
        self.seen.append(message.id)
        if self.trigger in message.text:
            await self.misbehave()


class Raises(Misbehaving):
    """Raises an error with a text that nobody should see."""

    async def misbehave(self) -> None:
        raise ValueError("the secret is 42")


class Hangs(Misbehaving):
    """Never returns."""

    async def misbehave(self) -> None:
        await asyncio.Event().wait()


class Clings(Misbehaving):
    """Never returns, and does not let itself be cancelled, for as long as ``release`` is not set."""

    def __init__(self) -> None:
        super().__init__()
        self.release = asyncio.Event()

    async def misbehave(self) -> None:
        while not self.release.is_set():
            try:
                await self.release.wait()
            except asyncio.CancelledError:
                continue


class Blocks(Misbehaving):
    """Blocks the event loop for ``seconds`` real ones."""

    seconds = 1.0

    async def misbehave(self) -> None:
        time.sleep(self.seconds)  # noqa: ASYNC251 - that is its misdeed


class Exits(Misbehaving):
    """Wants to end the process."""

    async def misbehave(self) -> None:
        sys.exit(3)


class Leaks(Misbehaving):
    """Starts a task, a thread and a file past its scope, and forgets them; ``mop`` ends them."""

    def __init__(self) -> None:
        super().__init__()
        self.tasks: list[asyncio.Task[Any]] = []
        self.files: list[IO[bytes]] = []
        self.threads: list[threading.Thread] = []
        self._over = threading.Event()

    async def misbehave(self) -> None:
        self.tasks.append(asyncio.create_task(asyncio.Event().wait(), name="leaked task"))
        self.files.append((self.host.data / "leaked").open("wb"))
        self.threads.append(threading.Thread(target=self._over.wait, name="leaked thread", daemon=True))
        self.threads[-1].start()

    def mop(self) -> None:
        """End what it started. The tasks end with their loop."""
        self._over.set()
        for thread in self.threads:
            thread.join()
        for file in self.files:
            file.close()
        for task in self.tasks:
            task.cancel()

"""The console without a terminal: one message a line, each reply printed as ``NAME: text``.

A reply of several lines is printed as several lines, those after the first indented by two spaces, so
that whatever begins at the margin is somebody speaking.
"""

from __future__ import annotations

import asyncio
import re
import sys
from typing import Final

from butler.errors import NotReady
from butler.faces.console import GOODBYES, OPERATE, Console, Mark, no_mark
from butler.faces.pipes import LONGEST, Lines, Output
from butler.model import File
from butler.services.operating.files import keep as keep_file

_BREAKS: Final = re.compile(r"\r\n|\r|\n")


def indented(text: str) -> str:
    """A text as one reply: its further lines indented by two spaces."""
    return "\n  ".join(_BREAKS.split(text))


class PlainScreen:
    """Prints whole replies, each when it is complete."""

    def __init__(self, console: Console, descriptor: int) -> None:
        self._console = console
        self._output = Output(descriptor)
        self.broken = asyncio.Event()
        """Set when nobody reads any more."""

    async def show(self, name: str, colour: str, text: str, mark: Mark) -> None:
        """Print it. Raises ``NotReady`` when nobody reads any more: it is kept for the next start."""
        await self._print(f"{name}: {indented(text)}\n", mark)

    async def show_file(self, name: str, file: File, mark: Mark) -> None:
        """Say what it shows, if that can be said, and where the file lies."""
        lines = filter(None, (file.alt, await keep_file(self._console.host.data, file)))
        await self._print(f"{name}: {indented(chr(10).join(lines))}\n", mark)

    def thinking(self, name: str, *, on: bool) -> None:
        """Nothing moves in a pipe."""

    def growing(self, name: str, text: str) -> None:
        """What is piped gets answers whole."""

    def progress(self, done: int, total: int, text: str) -> None:
        """Nothing moves in a pipe."""

    async def _print(self, text: str, mark: Mark) -> None:
        try:
            await self._output.write(text, mark)
        except (OSError, RuntimeError) as error:  # RuntimeError: the thread has ended
            self.broken.set()
            raise NotReady(f"nobody reads the output any more ({error})") from error

    def close(self) -> None:
        """Let go of the thread."""
        self._output.close()


class PipedConsole:
    """Reads lines until the end of the input, a goodbye word, or a broken output."""

    def __init__(self, console: Console, *, stdin: int = 0, stdout: int = 1) -> None:
        self._console = console
        self._lines = Lines(stdin)
        self._screen = PlainScreen(console, stdout)
        console.screen = self._screen

    @property
    def broken(self) -> asyncio.Event:
        """Set when nobody reads the replies any more."""
        return self._screen.broken

    async def run(self) -> None:
        """Return when there is nothing more to read; what is under way goes on."""
        await self._console.ready.wait()
        anything = False
        async for line in self._lines:
            anything = True
            if line.strip().casefold() in GOODBYES:
                return
            if line.strip() and (notice := await self._console.take(line)):
                await self._notice(line, notice)
            if self._lines.cut:
                self._lines.cut = 0
                _tell(f"a line was longer than {LONGEST:,} bytes and was cut")
        if not anything:
            _tell("there was no input; `butler run --no-console` stays")

    async def _notice(self, line: str, notice: str) -> None:
        """What an operator's command says is what was asked for; anything else is a word beside the conversation."""
        if line.startswith(OPERATE):
            await self._screen.show("console", "", notice, no_mark)
        else:
            _tell(notice)

    def close(self) -> None:
        """Let go of both threads."""
        self._lines.close()
        self._screen.close()


def _tell(text: str) -> None:
    sys.stderr.write(f"butler: {text}\n")

"""The console on a terminal: a line with history and completion, above it whatever happens (PLAT-7).

Nothing that is printed meanwhile tears the line that is being typed: it appears above it (LUNA-14).
"""

from __future__ import annotations

import asyncio
import os
from pathlib import Path
from typing import TYPE_CHECKING, Final

from prompt_toolkit.application import run_in_terminal
from prompt_toolkit.formatted_text import StyleAndTextTuples
from prompt_toolkit.history import FileHistory
from prompt_toolkit.patch_stdout import patch_stdout
from prompt_toolkit.shortcuts import PromptSession

from butler.faces.console import GOODBYES, HISTORY, HOUSE, ROOM, Console, Mark, no_mark
from butler.faces.console_complete import Completions
from butler.faces.console_look import SPINNER, bar, growing, is_blank, rendered
from butler.model import File
from butler.services.operating.files import keep as keep_file

if TYPE_CHECKING:
    from butler.host import Host

TWICE: Final = 3.0
"""Seconds within which a second Ctrl-C ends the conversation."""
FORGOTTEN: Final = 30.0
"""Seconds after which a bar that nobody moves any more goes."""
_FRAME: Final = 0.1
_HISTORY: Final = 1_000
HOW_TO_END: Final = "Ctrl-C once more, Ctrl-D, exit or bye ends the conversation."


class TerminalConsole:
    """Reads from the terminal and shows what comes; the screen of a :class:`Console`."""

    def __init__(self, host: Host, console: Console) -> None:
        self._host = host
        self._console = console
        self._thinking: set[str] = set()
        self._grown: dict[str, str] = {}
        """Who is saying something, and what so far; it stands below the line that is typed until it is whole."""
        self._bar = ""
        self._bar_at = 0.0
        self._frame = 0
        self._spinning = False
        self._typed = 0
        self._animation: asyncio.Task[None] | None = None
        self.broken = asyncio.Event()
        """Never set: a terminal that goes away sends a signal."""
        self._session: PromptSession[str] = PromptSession(
            message=self._prompt,
            history=_history(host.data / HISTORY),
            completer=Completions(host, console),
            complete_while_typing=True,
            bottom_toolbar=self._toolbar,
        )
        console.screen = self

    # --- the conversation -----------------------------------------------------------------------

    async def run(self) -> None:
        """Talk until a goodbye word, Ctrl-D or Ctrl-C twice."""
        await self._console.ready.wait()
        interrupted = -TWICE
        with patch_stdout(raw=True):
            while True:
                try:
                    line = await self._session.prompt_async(handle_sigint=False)
                except EOFError:
                    return
                except KeyboardInterrupt:
                    now = self._host.clock.monotonic()
                    if now - interrupted < TWICE:
                        return
                    interrupted = now
                    await self._write(f"{HOW_TO_END}\n")
                    continue
                if line.strip().casefold() in GOODBYES | {"/exit"}:
                    return
                await self._take(line)

    async def _take(self, line: str) -> None:
        if is_blank(line):
            return
        self._typed += 1
        if notice := await self._console.take(line):
            await self._write(f"{notice}\n")
        self._animate()

    def _prompt(self) -> str:
        time = self._host.clock.now().astimezone().strftime("%H:%M")
        return f"butler {time} {self._typed + 1}> "

    # --- the screen -----------------------------------------------------------------------------

    async def show(self, name: str, colour: str, text: str, mark: Mark) -> None:
        """Show it above the line that is being typed."""
        self._bar = ""
        self._grown.pop(name, None)
        await self._write(rendered(name, colour, text, self._session.output.get_size().columns), mark)
        self._animate()

    async def show_file(self, name: str, file: File, mark: Mark) -> None:
        """Say what it shows, if that can be said, and where the file lies."""
        lines = filter(None, (file.alt, f"`{await keep_file(self._host.data, file)}`"))
        await self.show(name, "", "\n".join(lines), mark)

    def thinking(self, name: str, *, on: bool) -> None:
        """Turn the spinner on or off."""
        (self._thinking.add if on else self._thinking.discard)(name)
        self._animate()

    def growing(self, name: str, text: str) -> None:
        """Show it below the line that is being typed; what comes whole appears above it."""
        self._grown[name] = text
        self._animate()

    def progress(self, done: int, total: int, text: str) -> None:
        """Move the bar; a full one goes."""
        self._bar = "" if total and done >= total else bar(done, total, text)
        self._bar_at = self._host.clock.monotonic()
        self._animate()

    async def _write(self, text: str, mark: Mark = no_mark) -> None:
        output = self._session.output

        def write() -> None:
            mark()
            output.enable_autowrap()
            output.write_raw(text)
            output.flush()

        if self._session.app.is_running:
            await run_in_terminal(write)
        else:
            write()

    def _toolbar(self) -> StyleAndTextTuples:
        """What is being said, and below it what goes on; it goes with the line that is sent."""
        size = self._session.output.get_size()
        said = [growing(name, text, size.columns, size.rows - 6) for name, text in self._grown.items()]
        return [*(("noreverse", text) for text in said), ("", self._sign())]

    def _sign(self) -> str:
        if self._bar:
            return f" {self._bar}"
        if not self._spinning:  # what draws it anew is the animation: without it a sign would stay
            return " /help  ·  exit"
        names = ", ".join(sorted(self._thinking)) or self._console.main or "somebody"
        return f" {SPINNER[self._frame % len(SPINNER)]} {names} thinks"

    def _busy(self) -> bool:
        return bool(self._thinking) or self._host.queues.is_busy(HOUSE.id, ROOM.id)

    def _animate(self) -> None:
        if self._animation is None or self._animation.done():
            self._animation = self._host.scope.task(self._spin(), "console spinner")

    async def _spin(self) -> None:
        self._spinning = self._busy()
        while self._spinning or self._bar:
            if self._host.clock.monotonic() - self._bar_at > FORGOTTEN:
                self._bar = ""
            self._frame += 1
            self._session.app.invalidate()
            await asyncio.sleep(_FRAME)
            self._spinning = self._busy()
        self._grown.clear()  # nobody is busy: what did not come whole broke off
        self._session.app.invalidate()

    def close(self) -> None:
        """Nothing is held: the terminal was given back when the last line ended."""
        if self._animation is not None:
            self._animation.cancel()


def _history(path: Path) -> FileHistory:
    """The lines typed before, for this user's eyes only, as many as are useful."""
    os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
    history = FileHistory(str(path))
    kept = list(history.load_history_strings())[:_HISTORY]
    if path.stat().st_size > 1_000_000 or len(kept) >= _HISTORY:
        path.write_text("", encoding="utf-8")
        for line in reversed(kept[: _HISTORY // 2]):
            history.store_string(line)
    return history

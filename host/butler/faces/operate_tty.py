"""The operator's prompt: history, completion, work in the background whose output never tears the line (LUNA-14)."""

from __future__ import annotations

import asyncio
import contextlib
import datetime as dt
import os
import re
import socket
import sys
from collections.abc import AsyncGenerator, Iterable
from pathlib import Path
from typing import Final

from prompt_toolkit.completion import CompleteEvent, Completer, Completion
from prompt_toolkit.document import Document
from prompt_toolkit.history import FileHistory
from prompt_toolkit.patch_stdout import patch_stdout
from prompt_toolkit.shortcuts import PromptSession

from butler.errors import ButlerError
from butler.faces.console_look import bar, harmless
from butler.faces.operate import Session

HISTORY: Final = "operator.history"
"""The file of what was typed, below the data directory; lines that hold a password are left out."""
_SECRET: Final = re.compile(r"password|token|secret", re.IGNORECASE)
BEHIND: Final = "&"
"""At the end of a line: run it in the background."""


class Prompt:
    """Reads commands until ``exit`` or Ctrl-D."""

    def __init__(self, session: Session, data: Path) -> None:
        self._host = session
        self._number = 0
        self._tasks: dict[int, asyncio.Task[None]] = {}
        self._bars: dict[int, str] = {}
        self._ended = False
        self._prompt: PromptSession[str] = PromptSession(
            message=self._message,
            history=_History(data / HISTORY),
            completer=_Completions(session),
            complete_while_typing=False,
            bottom_toolbar=self._toolbar,
        )

    async def run(self) -> None:
        """Until the end; what runs in the background is waited for."""
        with patch_stdout(raw=True):
            while not self._ended:
                try:
                    line = await self._prompt.prompt_async(handle_sigint=False)
                except EOFError:
                    break
                except KeyboardInterrupt:
                    continue
                await self._typed(line.strip())
            if self._tasks:
                _say("waiting for what runs in the background (Ctrl-C leaves it)")
                with contextlib.suppress(KeyboardInterrupt, asyncio.CancelledError):
                    await asyncio.gather(*self._tasks.values())

    async def _typed(self, line: str) -> None:
        if not line:
            return
        self._number += 1
        if not line.endswith(BEHIND):
            await self._run(line, self._number)
            return
        line = line.removesuffix(BEHIND).strip()
        task = asyncio.create_task(self._run(line, self._number, behind=True))
        self._tasks[self._number] = task
        task.add_done_callback(lambda _, number=self._number: self._tasks.pop(number, None))  # type: ignore[misc]

    async def _run(self, line: str, number: int, *, behind: bool = False) -> None:
        def show(done: int, total: int, text: str) -> None:
            self._bars[number] = bar(done, total, text)
            if behind:
                self._prompt.app.invalidate()
            else:
                _over(self._bars[number])

        try:
            answer = await self._host.run(line, show)
        except ButlerError as error:
            text, ok = str(error), False
        else:
            text, ok = answer.text, answer.ok
            self._ended = answer.ends and not behind
        finally:
            if self._bars.pop(number, "") and not behind:
                _over("")
        mark = f"[{number}] {'done' if ok else 'failed'}: {line}\n" if behind else "" if ok else "! "
        if mark or text:
            _say(f"{mark}{harmless(text)}")

    def _message(self) -> str:
        now = dt.datetime.now().astimezone()
        return f"{socket.gethostname()} {now:%H:%M} [{self._number + 1}]> "

    def _toolbar(self) -> str:
        behind = [f"[{number}] {self._bars.get(number, '…')}" for number in self._tasks]
        return "  ".join(behind) or " help  ·  exit  ·  & at the end runs it in the background"


class _Completions(Completer):
    """Asks the host."""

    def __init__(self, session: Session) -> None:
        self._host = session

    def get_completions(self, document: Document, complete_event: CompleteEvent) -> Iterable[Completion]:
        """The asynchronous form below is the one that is used."""
        return ()

    async def get_completions_async(
        self, document: Document, complete_event: CompleteEvent
    ) -> AsyncGenerator[Completion, None]:
        """For the text before the cursor."""
        with contextlib.suppress(ButlerError):
            for text, replaces, about in await self._host.complete(document.text_before_cursor):
                yield Completion(text, -replaces, display_meta=about)


class _History(FileHistory):
    """For this user's eyes only, and without passwords."""

    def __init__(self, path: Path) -> None:
        os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
        super().__init__(str(path))

    def store_string(self, string: str) -> None:
        """Keep a line, unless it holds a secret."""
        if not _SECRET.search(string):
            super().store_string(string)


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")


def _over(text: str) -> None:
    """Write over the last line."""
    sys.stdout.write(f"\r\x1b[K{text}")
    sys.stdout.flush()

"""The terminal itself: a prompt that completes, lines above it; or plain lines where input is piped."""

from __future__ import annotations

import asyncio
import contextlib
import sys
from collections.abc import AsyncGenerator, Callable
from pathlib import Path

import click
from prompt_toolkit import PromptSession, print_formatted_text
from prompt_toolkit.completion import CompleteEvent, Completer, Completion
from prompt_toolkit.document import Document
from prompt_toolkit.formatted_text import FormattedText
from prompt_toolkit.patch_stdout import patch_stdout
from prompt_toolkit.styles import Style

from butler_discord.testing.terminal.client import HELP, Client
from butler_discord.testing.terminal.show import Fragments
from butler_discord.testing.terminal.wire import Gone, Wire

STYLE = Style.from_dict(
    {
        "time": "ansibrightblack", "bot": "bold ansiblue", "person": "bold ansigreen", "note": "ansibrightblack",
        "key": "ansiyellow", "mention": "ansicyan", "code": "ansimagenta", "bar": "ansiblue", "button": "reverse",
        "error": "ansired",
    }
)  # fmt: skip
QUIET = 2.0
"""Seconds without news after which somebody whose input has ended goes."""


class Suggestions(Completer):
    """What the stand-in suggests for a command that is being typed."""

    def __init__(self, client: Client) -> None:
        self.client = client

    def get_completions(self, document: Document, complete_event: CompleteEvent) -> list[Completion]:
        """Not used: suggestions have to be asked for."""
        return []

    async def get_completions_async(
        self, document: Document, complete_event: CompleteEvent
    ) -> AsyncGenerator[Completion, None]:
        """Ask the stand-in."""
        line = document.text_before_cursor
        word = "" if line.endswith(" ") else line.split(" ")[-1].removeprefix("/")
        for found in await self.client.suggest(line):
            yield Completion(found, start_position=-len(word))


def plain(fragments: Fragments) -> None:
    """Print without colours."""
    click.echo("".join(text for _, text in fragments))


def coloured(fragments: Fragments) -> None:
    """Print above the prompt."""
    print_formatted_text(FormattedText(fragments), style=STYLE)


async def talk(address: str, name: str, files: Path) -> None:
    """Be somebody in the stand-in until they go or it ends. Raises ``Gone`` when it is not there."""
    terminal = sys.stdin.isatty() and sys.stdout.isatty()
    show: Callable[[Fragments], None] = coloured if terminal else plain
    async with Wire(address, name) as wire:
        client = Client(wire, show, files)
        found = await client.begin()
        client.note(f"you are {name} in {found['guild']['name']}, #{found['here']['name']}; .help says what there is")
        watching = asyncio.create_task(client.watch(), name="discord stand-in: a client's screen")
        try:
            await (_prompt(client, watching) if terminal else _lines(client, watching))
        except Gone as gone:
            client.note(str(gone), "class:error")
        finally:
            watching.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await watching


async def _prompt(client: Client, watching: asyncio.Task[None]) -> None:
    session: PromptSession[str] = PromptSession(
        completer=Suggestions(client), complete_while_typing=False, erase_when_done=True
    )
    client.note(HELP)
    with patch_stdout(raw=True):
        while not watching.done():
            try:
                line = await session.prompt_async(lambda: f"{client.here or '#general'}> ")
            except (EOFError, KeyboardInterrupt):
                return
            if line.startswith(("/", ".")) or client.form:
                client.note(f"> {line}")
            if not await client.typed(line):
                return


async def _lines(client: Client, watching: asyncio.Task[None]) -> None:
    while line := await asyncio.to_thread(sys.stdin.readline):
        if not await client.typed(line.rstrip("\n")):
            return
        await _quiet(client)
    await _quiet(client)


async def _quiet(client: Client) -> None:
    """Wait until nothing was shown for a while."""
    known = ""
    while known != client.last:
        known = client.last
        await asyncio.sleep(QUIET)

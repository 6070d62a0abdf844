"""``butler ollama``: get models and see which are there."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

import click
from butler import Desk

from butler_llm_ollama.known import Progress
from butler_llm_ollama.provider import Ollama
from butler_llm_ollama.settings import Settings

T = TypeVar("T")
UNITS = ("bytes", "KB", "MB", "GB", "TB")


@click.group()
def command() -> None:
    """Models on this machine: get one, list them, see what is in memory."""


@command.command()
@click.argument("name")
@click.pass_obj
def pull(desk: Desk, name: str) -> None:
    """Get the model NAME, such as llama3.2 or qwen3:8b."""
    _asked(desk, lambda provider: _pulled(provider, name))
    click.echo(f'{name} is there. Use it: model = "ollama:{name}" under [personas.NAME]')


@command.command("list")
@click.pass_obj
def listed(desk: Desk) -> None:
    """The models that are there."""
    models = _asked(desk, lambda provider: provider.models())
    click.echo("\n".join(models) or "there are none; get one with `butler ollama pull llama3.2`")


@command.command()
@click.pass_obj
def loaded(desk: Desk) -> None:
    """What is in memory, and how much of it."""
    models = _asked(desk, lambda provider: provider.in_memory())
    lines = [f"{each.name}  {amount(each.size)}, {amount(each.vram)} of it on a graphics card" for each in models]
    click.echo("\n".join(lines) or "nothing is in memory")


def _asked(desk: Desk, ask: Callable[[Ollama], Coroutine[Any, Any, T]]) -> T:
    async def main() -> T:
        provider = Ollama(None, desk.section("providers.ollama", Settings))
        try:
            return await ask(provider)
        finally:
            await provider.close()

    return asyncio.run(main())


async def _pulled(provider: Ollama, name: str) -> None:
    """A line for each part; at a terminal it counts."""
    shown = Shown(counts=sys.stdout.isatty())
    try:
        async for step in provider.pull(name):
            shown.show(step)
    finally:
        shown.end()


class Shown:
    """The lines of a pull."""

    def __init__(self, *, counts: bool) -> None:
        self._counts = counts
        self._last = ""

    def show(self, step: Progress) -> None:
        """The next step."""
        if step.status != self._last:
            self.end()
            whole = f", {amount(step.total)}" if step.total and not self._counts else ""
            click.echo(f"{step.status}{whole}", nl=False)
            self._last = step.status
        if self._counts and step.total:
            done = 100 * step.completed // step.total
            click.echo(f"\r{step.status}  {done:3} % of {amount(step.total)}", nl=False)

    def end(self) -> None:
        """The line is done."""
        if self._last:
            click.echo()
            self._last = ""


def amount(size: int) -> str:
    """Bytes as people read them."""
    value, unit = float(size), 0
    while value >= 1000 and unit < len(UNITS) - 1:
        value, unit = value / 1000, unit + 1
    return f"{value:.1f} {UNITS[unit]}" if unit else f"{size} {UNITS[0]}"

"""``butler finetune``: models of one's own, trained from exported conversations."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import click
from butler import Desk

from butler_llm_openai.conversations import Conversations
from butler_llm_openai.settings import Settings

if TYPE_CHECKING:
    from butler_llm_openai.tuning import Job, Tuning

T = TypeVar("T")


@click.group()
def command() -> None:
    """Train models of your own at OpenAI, from exported conversations."""


@command.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--model", required=True, help="The model to start from, such as gpt-4.1-mini.")
@click.option("--suffix", default="", help="A word for the new model's name.")
@click.option("--yes", is_flag=True, help="Do not ask before the conversations are sent.")
@click.pass_obj
def create(desk: Desk, file: Path, model: str, suffix: str, yes: bool) -> None:
    """Send FILE, conversations as JSON Lines, and begin to train.

    The conversations leave this machine, and training costs money.
    """
    settings = desk.section("providers.openai", Settings)
    conversations = Conversations.read(file)
    if not yes:
        size = f"{conversations.count} conversations, {conversations.characters:,} characters"
        click.confirm(f"Send {size} to {settings.address}?", abort=True)
    job = _asked(settings, lambda tuning: tuning.create(conversations, model, suffix))
    click.echo(f"{job.id} is {job.state}; `butler finetune status {job.id}` tells how it goes")


@command.command()
@click.argument("job")
@click.pass_obj
def status(desk: Desk, job: str) -> None:
    """Tell how the training JOB goes, and what its model is called."""
    found = _asked(desk.section("providers.openai", Settings), lambda tuning: tuning.status(job))
    click.echo(_line(found))
    if found.tuned:
        click.echo(f'to use it: model = "openai:{found.tuned}" under [personas.NAME] in butler.toml')


@command.command("list")
@click.pass_obj
def listing(desk: Desk) -> None:
    """List the last trainings, newest first."""
    jobs = _asked(desk.section("providers.openai", Settings), lambda tuning: tuning.list())
    click.echo("\n".join(map(_line, jobs)) or "nothing was trained yet")


def _line(job: Job) -> str:
    became = f" → {job.tuned}" if job.tuned else ""
    problem = f": {job.problem}" if job.problem else ""
    return f"{job.id}  {job.state}{problem}  {job.model}{became}"


def _asked(settings: Settings, ask: Callable[[Tuning], Awaitable[T]]) -> T:
    from butler_llm_openai.tuning import Tuning  # noqa: PLC0415 - the library takes a second

    settings.check()

    async def main() -> T:
        async with Tuning(settings) as tuning:
            return await ask(tuning)

    return asyncio.run(main())

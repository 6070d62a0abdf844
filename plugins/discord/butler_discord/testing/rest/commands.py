"""Application commands through the API: registered, read, changed, deleted, for a guild or everywhere."""

from __future__ import annotations

from typing import Any, Final

from butler_discord.testing.errors import JSON, missing_access, unknown
from butler_discord.testing.rest.ask import Answer, Ask, Route
from butler_discord.testing.rest.command_form import check, same
from butler_discord.testing.state.commands import Command


def _scope(ask: Ask) -> dict[int, Command]:
    """The commands of the application in the path, in its guild or everywhere."""
    if ask.number("application") != ask.app.id:
        raise missing_access()
    return ask.app.commands.setdefault(_guild(ask), {})


def _guild(ask: Ask) -> int:
    return ask.guild().id if "guild" in ask.params else 0


def every(ask: Ask) -> Any:
    """All of them."""
    return [command.json() for command in _scope(ask).values()]


def one(ask: Ask) -> Any:
    """One of them."""
    return _one(ask).json()


def _one(ask: Ask) -> Command:
    found = _scope(ask).get(ask.number("command"))
    if found is None:
        raise unknown("Application Command")
    return found


def create(ask: Ask) -> Any:
    """Make one; one of the same name and type is overwritten."""
    scope = _scope(ask)
    data = check(ask.body)
    known = same(scope, data)
    made = _made(ask, data, known)
    scope[made.id] = made
    return Answer(200 if known else 201, made.json())


def overwrite(ask: Ask) -> Any:
    """Make these the whole set."""
    scope = _scope(ask)
    checked = [check(data, f"{number}.") for number, data in enumerate(ask.body)]
    made = [_made(ask, data, same(scope, data)) for data in checked]
    scope.clear()
    scope.update({command.id: command for command in made})
    ask.world.touch()
    return [command.json() for command in made]


def _made(ask: Ask, data: JSON, known: Command | None) -> Command:
    if known is not None and known.data == data:
        return known
    identifier = known.id if known else ask.world.ids.new()
    return Command(identifier, ask.app.id, _guild(ask), ask.world.ids.new(), data)


def change(ask: Ask) -> Any:
    """Change one."""
    command = _one(ask)
    command.data = check({**command.data, **ask.body})
    command.version = ask.world.ids.new()
    return command.json()


def delete(ask: Ask) -> None:
    """Take one away."""
    del _scope(ask)[_one(ask).id]


def _routes(base: str) -> tuple[Route, ...]:
    return (
        ("GET", base, every),
        ("POST", base, create),
        ("PUT", base, overwrite),
        ("GET", base + "/{command}", one),
        ("PATCH", base + "/{command}", change),
        ("DELETE", base + "/{command}", delete),
    )


ROUTES: Final[tuple[Route, ...]] = _routes("/applications/{application}/commands") + _routes(
    "/applications/{application}/guilds/{guild}/commands"
)

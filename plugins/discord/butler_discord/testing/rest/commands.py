"""Application commands through the API: registered, read, changed, deleted, for a guild or everywhere."""

from __future__ import annotations

from typing import Any, Final

from butler_discord.testing.errors import JSON, Refused, invalid, missing_access, unknown
from butler_discord.testing.rest.ask import Answer, Ask, Route
from butler_discord.testing.rest.command_form import check, same
from butler_discord.testing.state.commands import Command

MOST = {1: 100, 2: 15, 3: 15}
"""Commands of each type."""


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
    _room(ask, [*(each.data for each in scope.values() if each is not known), data])
    made = _made(ask, data, known)
    scope[made.id] = made
    return Answer(200 if known else 201, made.json())


def overwrite(ask: Ask) -> Any:
    """Make these the whole set."""
    scope = _scope(ask)
    checked = [check(data, f"{number}.") for number, data in enumerate(ask.body)]
    names = [(data["name"], data["type"]) for data in checked]
    if len(set(names)) != len(names):
        raise invalid("", "APPLICATION_COMMANDS_DUPLICATE_NAME", "Application command names must be unique")
    _room(ask, checked)
    made = [_made(ask, data, same(scope, data)) for data in checked]
    scope.clear()
    scope.update({command.id: command for command in made})
    ask.world.touch()
    return [command.json() for command in made]


def _made(ask: Ask, data: JSON, known: Command | None) -> Command:
    if known is not None and known.data == data:
        return known
    if known is None:
        _count(ask)
    identifier = known.id if known else ask.world.ids.new()
    return Command(identifier, ask.app.id, _guild(ask), ask.world.ids.new(), data)


def _room(ask: Ask, commands: list[JSON]) -> None:
    """Refuse more than a guild (or all of them) can have."""
    for kind, most in MOST.items():
        if sum(data["type"] == kind for data in commands) > most:
            raise Refused(400, 30032, f"Maximum number of application commands reached ({most}).")


def _count(ask: Ask) -> None:
    """Count a command that is made; so many a day are too many."""
    most, seconds = ask.hub.limits.commands
    now = ask.world.clock.monotonic()
    made = ask.app.made.setdefault(_guild(ask), [])
    made[:] = [at for at in made if now - at < seconds]
    if len(made) >= most:
        raise Refused(400, 30034, f"Maximum number of daily application command creates has been reached ({most}).")
    made.append(now)


def change(ask: Ask) -> Any:
    """Change one."""
    command = _one(ask)
    command.data = check({**command.data, **ask.body})
    command.version = ask.world.ids.new()
    return command.json()


def delete(ask: Ask) -> None:
    """Take one away."""
    del _scope(ask)[_one(ask).id]


def permissions(ask: Ask) -> Any:
    """What a guild's moderators set for the commands there."""
    guild = _guild(ask)
    return [_permissions(ask, each) for (where, each) in ask.app.permissions if where == guild]


def permission(ask: Ask) -> Any:
    """The same of one command."""
    identifier = ask.number("command")
    if (_guild(ask), identifier) not in ask.app.permissions:
        raise unknown("Application Command Permissions")
    return _permissions(ask, identifier)


def _permissions(ask: Ask, identifier: int) -> JSON:
    found = ask.app.permissions[_guild(ask), identifier]
    return {
        "id": str(identifier), "application_id": str(ask.app.id), "guild_id": str(_guild(ask)), "permissions": found
    }  # fmt: skip


def set_permission(ask: Ask) -> Any:
    """Bots cannot set them: it takes a moderator's own token."""
    raise Refused(403, 20001, "Bots cannot use this endpoint")


def _routes(base: str) -> tuple[Route, ...]:
    return (
        ("GET", base, every),
        ("POST", base, create),
        ("PUT", base, overwrite),
        ("GET", base + "/{command}", one),
        ("PATCH", base + "/{command}", change),
        ("DELETE", base + "/{command}", delete),
    )


_IN_GUILD = "/applications/{application}/guilds/{guild}/commands"
ROUTES: Final[tuple[Route, ...]] = (
    ("GET", _IN_GUILD + "/permissions", permissions),
    ("GET", _IN_GUILD + "/{command}/permissions", permission),
    ("PUT", _IN_GUILD + "/{command}/permissions", set_permission),
    *_routes("/applications/{application}/commands"),
    *_routes(_IN_GUILD),
)

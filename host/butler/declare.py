"""What a plugin declares beside its hooks: commands, tools, schedules, actions, settings fields."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, Literal, TypeVar, overload

from attrs import define, field, frozen

from butler.model import Rank

Handler = Callable[..., Awaitable[Any]]
T = TypeVar("T")


class _Declared:
    """A method that carries a declaration: on an instance it is the method, on the class the declaration."""

    handler: Handler

    def __get__(self, instance: object, owner: type) -> Any:
        return self if instance is None else self.handler.__get__(instance, owner)


@define(eq=False)
class Command(_Declared):
    """A command (HOST-10): a method with typed parameters and a docstring.

    The first parameter after ``self`` is the :class:`butler.Call`; each further one is an option:
    ``str``, ``int``, ``float``, ``bool``, ``Person``, ``Channel``, ``dt.datetime``, ``dt.timedelta``, a
    ``Literal`` or an ``Enum``, each also ``| None``. The last keyword-only ``str`` takes the rest of the line;
    what else is keyword-only is typed as ``name=value`` or ``--name value``.
    """

    handler: Handler
    name: str
    aliases: tuple[str, ...] = ()
    rank: Rank = Rank.MEMBER
    grant: str = ""
    """A named grant that is needed besides the rank (``"model.use"``)."""
    cooldown: float = 0.0
    """Seconds that one person waits between two uses in one channel."""
    ephemeral: bool = False
    confirm: str = ""
    """Asked before it runs; it runs on yes. ``{count}`` stands for the option of that name."""
    outside: bool = False
    """It acts outside store and outbox: after a crash it is reported as interrupted, not run again."""
    group: bool = False
    """It only holds subcommands: its handler gives the docstring and is never called."""
    context: bool = False
    """Made from a right-click command, for platforms where nobody can right-click."""
    default_name: str = "show"
    """What its own handler is called where a group cannot be called bare (Discord)."""
    children: dict[str, Command] = field(factory=dict)
    completers: dict[str, Handler] = field(factory=dict)

    @overload
    def command(self, handler: Handler) -> Command: ...
    @overload
    def command(self, **options: Any) -> Callable[[Handler], Command]: ...
    def command(self, handler: Handler | None = None, **options: Any) -> Any:
        """Declare a subcommand of this command."""

        def declare(handler: Handler) -> Command:
            child = type(self)(handler, **{"name": _dashed(handler), **options})
            self.children[child.name] = child
            return child

        return declare if handler is None else declare(handler)

    def complete(self, parameter: str) -> Callable[[Handler], Handler]:
        """Declare ``async def (self, call, typed) -> list[str]`` as the completion of a parameter."""

        def declare(handler: Handler) -> Handler:
            self.completers[parameter] = handler
            return handler

        return declare


def _dashed(handler: Handler) -> str:
    return handler.__name__.strip("_").replace("_", "-")


@overload
def command(handler: Handler) -> Command: ...
@overload
def command(**options: Any) -> Callable[[Handler], Command]: ...
def command(handler: Handler | None = None, **options: Any) -> Any:
    """Declare a method as a command; the options are the fields of :class:`Command`."""

    def declare(handler: Handler) -> Command:
        return Command(handler, **{"name": _dashed(handler), **options})

    return declare if handler is None else declare(handler)


@define(eq=False)
class ConsoleCommand(Command):
    """A command of the operator's console (LUNA-15): like :class:`Command`, typed without a prefix."""


@overload
def console(handler: Handler) -> ConsoleCommand: ...
@overload
def console(**options: Any) -> Callable[[Handler], ConsoleCommand]: ...
def console(handler: Handler | None = None, **options: Any) -> Any:
    """Declare a method as a command of the operator's console; its docstring has at least one ``Example:`` line."""

    def declare(handler: Handler) -> ConsoleCommand:
        return ConsoleCommand(handler, **{"name": _dashed(handler), **options})

    return declare if handler is None else declare(handler)


@define(eq=False)
class ContextCommand(_Declared):
    """A right-click command on a message or a person."""

    handler: Handler
    name: str
    on: Literal["message", "person"]
    rank: Rank = Rank.MEMBER


def context_command(
    name: str, *, on: Literal["message", "person"], rank: Rank = Rank.MEMBER
) -> Callable[[Handler], ContextCommand]:
    """Declare ``async def (self, call, message_or_person)`` as a right-click command."""
    return lambda handler: ContextCommand(handler, name, on, rank)


@define(eq=False)
class ActionHandler(_Declared):
    """What happens when a button, menu or form is used; good after a restart."""

    handler: Handler
    name: str
    rank: Rank = Rank.MEMBER
    grant: str = ""
    """A named grant that is needed besides the rank."""
    cooldown: float = 0.0
    """Seconds that one person waits between two uses in one channel."""
    ephemeral: bool = False
    """Its answers are for the eyes of whoever used it alone, where the platform can do that."""
    outside: bool = False
    """It acts outside store and outbox: after a crash it is reported as interrupted, not run again."""


def action(name: str, **options: Any) -> Callable[[Handler], ActionHandler]:
    """Declare ``async def (self, call, value)`` for the buttons, menus and forms of that name.

    Of a form it gets the fields as keyword arguments besides. ``options`` are the fields of
    :class:`ActionHandler`.
    """
    return lambda handler: ActionHandler(handler, name, **options)


@define(eq=False)
class Tool(_Declared):
    """A function that a model may call on somebody's behalf, with the permission that they need."""

    handler: Handler
    name: str
    rank: Rank = Rank.GUEST
    grant: str = ""


@overload
def tool(handler: Handler) -> Tool: ...
@overload
def tool(*, rank: Rank = Rank.GUEST, grant: str = "") -> Callable[[Handler], Tool]: ...
def tool(handler: Handler | None = None, *, rank: Rank = Rank.GUEST, grant: str = "") -> Any:
    """Declare ``async def (self, call, …typed…) -> str`` as a tool; its docstring is what the model reads."""

    def declare(handler: Handler) -> Tool:
        return Tool(handler, handler.__name__, rank, grant)

    return declare if handler is None else declare(handler)


Missed = Literal["late", "skip"]


@define(eq=False)
class Timed(_Declared):
    """A method that runs by itself: at an interval (seconds) or by a cron line in the guild's zone.

    ``missed`` says what happens to a run that was due while the host was down: ``late`` runs it once
    at the start, ``skip`` waits for the next.
    """

    handler: Handler
    every: float = 0.0
    cron: str = ""
    missed: Missed = "skip"


def every(
    *, seconds: float = 0, minutes: float = 0, hours: float = 0, days: float = 0, missed: Missed = "skip"
) -> Callable[[Handler], Timed]:
    """Declare ``async def (self)`` to run at an interval."""
    period = seconds + 60 * minutes + 3600 * hours + 86400 * days
    return lambda handler: Timed(handler, every=period, missed=missed)


def cron(line: str, *, missed: Missed = "skip") -> Callable[[Handler], Timed]:
    """Declare ``async def (self, guild)`` to run by a cron line (day names, not numbers), in each guild's zone."""
    return lambda handler: Timed(handler, cron=line, missed=missed)


@define(eq=False)
class Job(_Declared):
    """A method that a schedule or ``jobs.run`` may name, so that it is found again after a restart."""

    handler: Handler
    name: str


def job(handler: Handler) -> Job:
    """Declare ``async def (self, **arguments)`` as something that may be scheduled; arguments are plain JSON.

    With a parameter ``due`` it is told when a scheduled run should have been (of several that were missed, the last).
    """
    return Job(handler, handler.__name__)


@frozen
class Page:
    """A web page that a plugin offers where the dashboard is installed."""

    path: str
    handler: Handler
    rank: Rank = Rank.ADMIN


def declared(owner: type, kind: type[T]) -> dict[str, T]:
    """What a plugin class declares of one kind, by attribute name, inherited ones included."""
    found: dict[str, T] = {}
    for base in reversed(owner.__mro__):
        found.update({name: value for name, value in vars(base).items() if isinstance(value, kind)})
    return found

"""From a command's signature and docstring to its options: name, type, default, choices, help."""

from __future__ import annotations

import datetime as dt
import enum
import inspect
import types
import typing
from collections.abc import Mapping
from typing import Any, Literal

from attrs import evolve, frozen

from butler.declare import Command, Handler
from butler.errors import ContractError
from butler.model import Channel, Person
from butler.services.commands.docs import Doc

Kind = Literal["text", "integer", "number", "flag", "person", "channel", "time", "duration", "choice"]

_KINDS: Mapping[Any, Kind] = types.MappingProxyType(
    {
        str: "text",
        int: "integer",
        float: "number",
        bool: "flag",
        Person: "person",
        Channel: "channel",
        dt.datetime: "time",
        dt.timedelta: "duration",
    }
)
_SUPPORTED = "str, int, float, bool, Person, Channel, dt.datetime, dt.timedelta, a Literal or an Enum, each also | None"


@frozen
class Option:
    """One option of a command, the same for typed commands and for platforms with commands of their own."""

    name: str
    """The parameter's name; shown as :attr:`label`."""
    kind: Kind
    required: bool = True
    default: Any = None
    choices: tuple[tuple[str, Any], ...] = ()
    """What may be typed, with the value that the handler gets."""
    rest: bool = False
    """It takes the rest of the line, verbatim."""
    named: bool = False
    """Only given as ``name=value`` when typed."""
    help: str = ""
    completes: bool = False

    @property
    def label(self) -> str:
        """The name as people type it: dashes for underscores."""
        return self.name.strip("_").replace("_", "-")

    def is_called(self, name: str) -> bool:
        return self.label == name.casefold().replace("_", "-")


def where(handler: Handler) -> str:
    """File and line of a handler, for errors."""
    code = inspect.unwrap(handler).__code__
    return f"{code.co_filename}:{code.co_firstlineno}"


def options_of(command: Command, doc: Doc, owner: type) -> tuple[Option, ...]:
    """The options of a command's handler. Raises ``ContractError`` with file and line."""
    handler = command.handler
    if not inspect.iscoroutinefunction(handler):
        raise _broken(command, "is not async", "write `async def`")
    parameters = list(inspect.signature(handler).parameters.values())[1:]
    if not parameters or parameters[0].kind is inspect.Parameter.KEYWORD_ONLY:
        raise _broken(command, "takes no call", "write `async def name(self, call, …)`")
    options = tuple(_option(command, each, doc, owner) for each in parameters[1:])
    last = [option for option in options if option.rest][-1:]
    options = tuple(
        evolve(each, rest=False, named=True) if each.rest and each not in last else each for each in options
    )
    _check(command, options)
    return options


def _option(command: Command, parameter: inspect.Parameter, doc: Doc, owner: type) -> Option:
    if parameter.kind in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD):
        raise _broken(command, f"has *{parameter.name}", "for the rest of the line write a keyword-only `str`")
    annotation = _resolve(command, parameter, owner)
    kind, choices = _kind(command, parameter.name, annotation)
    keyword = parameter.kind is parameter.KEYWORD_ONLY
    required = parameter.default is parameter.empty
    option = Option(
        parameter.name,
        kind,
        required=required,
        default=None if required else parameter.default,
        choices=choices,
        rest=keyword and kind == "text",
        completes=parameter.name in command.completers,
    )
    return evolve(option, named=keyword and kind != "text", help=doc.options.get(option.name, ""))


def _resolve(command: Command, parameter: inspect.Parameter, owner: type) -> Any:
    """The annotation as a type, also where the module postpones annotations."""
    if parameter.annotation is parameter.empty:
        raise _broken(command, f"does not say what `{parameter.name}` is", f"annotate it as one of {_SUPPORTED}")
    holder = types.SimpleNamespace(__annotations__={parameter.name: parameter.annotation})
    names = inspect.unwrap(command.handler).__globals__
    try:
        return typing.get_type_hints(holder, names, dict(vars(owner)))[parameter.name]
    except (NameError, TypeError, SyntaxError, AttributeError) as error:
        raise _broken(
            command,
            f"annotates `{parameter.name}` with {parameter.annotation!r}, which cannot be resolved ({error})",
            "import the name at the top of the module, not under TYPE_CHECKING",
        ) from error


def _kind(command: Command, name: str, annotation: Any) -> tuple[Kind, tuple[tuple[str, Any], ...]]:
    plain = _without_none(annotation)
    if plain in _KINDS:
        return _KINDS[plain], ()
    if typing.get_origin(plain) is Literal:
        return "choice", tuple((str(value), value) for value in typing.get_args(plain))
    if isinstance(plain, type) and issubclass(plain, enum.Enum):
        return "choice", tuple((member.name.lower().replace("_", "-"), member) for member in plain)
    raise _broken(command, f"has `{name}: {annotation}`", f"it may be {_SUPPORTED}")


def _without_none(annotation: Any) -> Any:
    if typing.get_origin(annotation) in (typing.Union, types.UnionType):
        left = [each for each in typing.get_args(annotation) if each is not type(None)]
        return left[0] if len(left) == 1 else annotation
    return annotation


def _check(command: Command, options: tuple[Option, ...]) -> None:
    labels = [option.label for option in options]
    if len(set(labels)) < len(labels):
        raise _broken(command, "has two options of the same name", "rename one")
    unknown = set(command.completers) - {option.name for option in options}
    if unknown:
        raise _broken(command, f"completes {sorted(unknown)}, which it does not have", "name a parameter")


def _broken(command: Command, what: str, remedy: str) -> ContractError:
    return ContractError(f"command {command.name!r} at {where(command.handler)} {what}", remedy=remedy)

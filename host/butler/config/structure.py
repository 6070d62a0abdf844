"""Tables into settings classes: strict, with every problem named (HOST-28)."""

from __future__ import annotations

import enum
import functools
import typing
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Literal, TypeVar

import attrs
from cattrs import Converter
from cattrs.errors import StructureHandlerNotFoundError

from butler.config.leaves import PLAIN, literal, member
from butler.config.problems import At, ConfigProblems, Path, Problem, unknown
from butler.config.text import Mismatch, Text, from_text, is_table, union_of
from butler.errors import ContractError

T = TypeVar("T")
NOWHERE = At()


def structure(cls: type[T], values: Mapping[str, Any], at: At = NOWHERE) -> T:
    """An instance of a settings class from a table. Raises ``ConfigProblems`` with everything that is wrong."""
    try:
        return typing.cast(T, value_of(cls, values))
    except Mismatch as error:
        raise ConfigProblems(at.problem(path, what) for path, what in error.problems) from None


def fields_of(cls: type, values: Mapping[str, Any], at: At = NOWHERE) -> tuple[dict[str, Any], list[Problem]]:
    """The values of some fields, converted, by name; and what is wrong with the others."""
    typed, wrong = _fields(cls, values)
    return typed, [at.problem(path, what) for path, what in wrong]


def settings_fields(cls: type) -> dict[str, attrs.Attribute[Any]]:
    """The fields of a settings class by the name they are given by. Raises ``ContractError`` if it is none."""
    if not attrs.has(cls):
        raise ContractError(f"{cls.__name__} is no attrs class", remedy="decorate the settings with @attrs.frozen")
    try:
        attrs.resolve_types(cls)
    except (NameError, TypeError) as error:
        raise ContractError(
            f"a type in {cls.__module__}.{cls.__name__} cannot be resolved ({error})",
            remedy="import it at run time, not under TYPE_CHECKING",
        ) from error
    return {f.alias or f.name: f for f in attrs.fields(cls) if f.init}


def value_of(kind: Any, value: Any) -> Any:
    """A value as its type, parsed first if it was given as text. Raises ``Mismatch``."""
    try:
        given = from_text(kind, value) if isinstance(value, Text) else value
        if isinstance(kind, type) and issubclass(kind, enum.Enum):  # cattrs would take an IntEnum for an int
            return member(given, kind)
        return _converter().structure(given, kind)
    except StructureHandlerNotFoundError:
        raise ContractError(
            f"a settings field cannot be of the type {kind!r}",
            remedy="use str, int, float, bool, timedelta, Path, Literal, Enum, attrs classes, lists and dicts of them",
        ) from None
    except Mismatch:
        if isinstance(value, Text) and value.hidden:
            raise Mismatch.of(kind, value) from None
        raise


@functools.cache
def _converter() -> Converter:
    converter = Converter(detailed_validation=False)
    for plain, hook in PLAIN.items():
        converter.register_structure_hook(plain, hook)
    hooks: tuple[tuple[Callable[[Any], bool], Callable[[Any, Any], Any]], ...] = (
        (lambda kind: kind is Any, lambda value, _: str(value) if isinstance(value, Text) else value),
        (is_table, _mapping),
        (lambda kind: _base(kind) in (list, tuple, set, frozenset), _many),
        (lambda kind: isinstance(kind, type) and attrs.has(kind), _instance),
        (lambda kind: typing.get_origin(kind) is Literal, literal),
        (lambda kind: bool(union_of(kind)), _union),
    )
    for predicate, hook in hooks:  # the one registered last is asked first
        converter.register_structure_hook_func(predicate, hook)
    return converter


def _base(kind: Any) -> Any:
    return typing.get_origin(kind) or kind


def _union(value: Any, kind: Any) -> Any:
    nearest: Mismatch | None = None
    for each in union_of(kind):
        try:
            return value_of(each, value)
        except Mismatch as error:
            if any(path for path, _ in error.problems):  # the right shape with something wrong inside
                nearest = error
    raise nearest or Mismatch.of(kind, value)


def _collected(items: Iterable[tuple[str | int, Any]], kind: Any) -> list[Any]:
    made, wrong = [], []
    for key, value in items:
        try:
            made.append(value_of(kind, value))
        except Mismatch as error:
            wrong += [((key, *path), what) for path, what in error.problems]
    if wrong:
        raise Mismatch(*wrong)
    return made


def _many(value: Any, kind: Any) -> Any:
    if not isinstance(value, list | tuple):
        raise Mismatch.of(kind, value)
    arguments = [each for each in typing.get_args(kind) if each is not ...]
    if _base(kind) is tuple and len(arguments) > 1:
        return _pairwise(value, kind, arguments)
    return _base(kind)(_collected(enumerate(value), arguments[0] if arguments else Any))


def _pairwise(value: Any, kind: Any, arguments: list[Any]) -> tuple[Any, ...]:
    if len(value) != len(arguments):
        raise Mismatch(((), f"expected {len(arguments)} values, not {len(value)}"))
    return tuple(_collected([(at, item)], arguments[at])[0] for at, item in enumerate(value))


def _mapping(value: Any, kind: Any) -> dict[str, Any]:
    if not isinstance(value, Mapping):
        raise Mismatch.of(kind, value)
    arguments = typing.get_args(kind) or (str, Any)
    return dict(zip(value, _collected(value.items(), arguments[1]), strict=True))


def _instance(value: Any, kind: Any) -> Any:
    if not isinstance(value, Mapping):
        raise Mismatch.of(kind, value)
    typed, wrong = _fields(kind, value)
    for name, field in settings_fields(kind).items():
        if field.default is attrs.NOTHING and name not in value:
            wrong.append(((name,), f"missing, give it as {name} = …"))
    if wrong:
        raise Mismatch(*wrong)
    return built(kind, typed)


def built(cls: type[T], typed: Mapping[str, Any]) -> T:
    """An instance from converted values. Raises ``Mismatch`` with what its own checks say."""
    try:
        return cls(**typed)
    except Exception as error:  # noqa: BLE001 - validators and __attrs_post_init__ are plugin code
        raise Mismatch(((), _said(error))) from None


def _fields(cls: type, values: Mapping[str, Any]) -> tuple[dict[str, Any], list[tuple[Path, str]]]:
    known = settings_fields(cls)
    typed: dict[str, Any] = {}
    wrong: list[tuple[Path, str]] = []
    for name, value in values.items():
        if name not in known:
            wrong.append(((name,), unknown("key", name, list(known))))
            continue
        try:
            typed[name] = _field(cls, known[name], value)
        except Mismatch as error:
            wrong += [((name, *path), what) for path, what in error.problems]
    return typed, wrong


def _field(cls: type, field: attrs.Attribute[Any], value: Any) -> Any:
    hidden = bool(field.metadata.get("secret"))
    try:
        made = value_of(field.type or Any, value)
        if field.validator is not None and field.converter is None:
            _validate(cls, field, made)
    except Mismatch as error:
        if hidden or (isinstance(value, Text) and value.hidden):
            raise Mismatch(((), "is not accepted (its value is not shown)")) from error
        raise
    return made


def _validate(cls: type, field: attrs.Attribute[Any], value: Any) -> None:
    try:
        field.validator(object.__new__(cls), field, value)  # type: ignore[misc]
    except AttributeError:
        return  # it looks at other fields: asked again when the whole is built
    except Exception as error:  # noqa: BLE001 - a validator is plugin code
        raise Mismatch(((), _said(error).removeprefix(f"'{field.name}' "))) from None


def _said(error: Exception) -> str:
    first = error.args[0] if error.args else ""
    return str(first) or type(error).__name__

"""Forms: which fields one has, and what somebody filled in, checked like the options of a command."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from typing import Any

import attrs

from butler.declare import ActionHandler, Command
from butler.errors import BadArgument, ContractError
from butler.model import Field, Form
from butler.plugin import Plugin
from butler.services.commands.docs import doc_of
from butler.services.commands.parse import missing
from butler.services.commands.signature import Option, options_of
from butler.services.commands.values import Setting, convert

MOST = 5
"""Fields of a form: no platform shows more."""


def complete(form: Form, action: ActionHandler, plugin: Plugin) -> Form:
    """The form with its fields. Raises ``ContractError`` if it has none, or too many."""
    fields = form.fields or tuple(map(_field, _options(action, plugin)))
    if not 1 <= len(fields) <= MOST:
        raise ContractError(
            f"the form {form.title!r} has {len(fields)} fields, and a form has 1 to {MOST}",
            remedy=f"give Form(fields=…), or parameters after `value` to the action {action.name!r}",
        )
    return attrs.evolve(form, fields=fields)


def _options(action: ActionHandler, plugin: Plugin) -> tuple[Option, ...]:
    """The parameters of the action behind ``call`` and ``value``."""
    names = list(inspect.signature(action.handler).parameters)
    doc = doc_of(action.handler.__doc__, names)
    return options_of(Command(action.handler, action.name), doc, type(plugin))[1:]


def _field(option: Option) -> Field:
    return Field(
        option.name,
        kind=option.kind,
        choices=tuple(name for name, _ in option.choices),
        required=option.required,
        default=_default(option),
        help=option.help,
        long=option.rest,
    )


def _default(option: Option) -> str:
    if isinstance(option.default, bool):
        return "yes" if option.default else "no"
    return str(option.default) if isinstance(option.default, str | int | float) and not option.choices else ""


def options_by_name(form: Form, action: ActionHandler, plugin: Plugin) -> dict[str, Option]:
    """The options behind the fields of a form."""
    if not form.fields:
        return {option.name: option for option in _options(action, plugin)}
    return {each.name: _option(each) for each in form.fields}


def _option(field: Field) -> Option:
    choices = tuple((each, each) for each in field.choices)
    default = "" if field.kind == "text" else None
    kind = "choice" if choices else field.kind
    return Option(field.name, kind, required=field.required, default=default, choices=choices, help=field.help)


async def checked(option: Option, field: Field, text: str, setting: Setting) -> Any:
    """The value of what was typed into a field. Raises ``BadArgument`` that says what was expected."""
    named = attrs.evolve(option, name=field.title)
    if not text.strip():
        return missing(named)
    if len(text) > field.most:
        raise BadArgument(f"{field.title} may have {field.most} characters, not {len(text)}")
    return await convert(named, text if option.kind == "text" else text.strip(), setting)


def arguments_for(action: ActionHandler, values: Mapping[str, Any]) -> dict[str, Any]:
    """Those of the values that the action has a parameter for; all, if it takes any."""
    parameters = inspect.signature(action.handler).parameters
    if any(each.kind is each.VAR_KEYWORD for each in parameters.values()):
        return dict(values)
    return {name: value for name, value in values.items() if name in parameters}

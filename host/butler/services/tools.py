"""Tools: functions of plugins that a model may ask for, run with the rights of the human who began it (OPS-11).

What a model asks for is checked in code, each time: is there such a tool here, may the asker use it, do the arguments
fit. What it gets back is data, marked as such, and never longer than it may be.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Mapping
from functools import partial
from typing import Any

import structlog
from attrs import frozen

from butler.call import Call
from butler.declare import Command, Tool, declared
from butler.engine.dispatch import Dispatch
from butler.errors import BadArgument, CommandError, ContractError, WebError
from butler.model import Message, Person, Reply
from butler.plugin import Plugin
from butler.provider import ToolCall, ToolSpec, Turn
from butler.services.commands.docs import doc_of
from butler.services.commands.signature import Option, options_of
from butler.services.commands.values import Setting, convert
from butler.services.permissions import Permissions
from butler.services.tool_schema import parameters_of

log = structlog.get_logger("butler.tools")

DEADLINE = 20.0
"""Seconds that a tool may take; a plugin that needs more says so in ``deadlines = {"tool": 60}``."""
LONGEST = 16_000
"""The most characters of a result that a model gets to see."""


@frozen
class Offered:
    """A tool of a running plugin."""

    plugin: str
    tool: Tool
    options: tuple[Option, ...]
    spec: ToolSpec


class Tools:
    """Knows the tools of the plugins that run, and runs them."""

    def __init__(
        self,
        plugins: Callable[[], Mapping[str, Plugin]],
        permissions: Permissions,
        dispatch: Dispatch,
        setting: Callable[[Message], Setting],
    ) -> None:
        self._plugins = plugins
        self._permissions = permissions
        self._dispatch = dispatch
        self._setting = setting
        self._known: dict[frozenset[str], dict[str, Offered]] = {}

    def clear(self) -> None:
        """A plugin came, went or changed."""
        self._known.clear()

    def offered(self, enabled: frozenset[str]) -> dict[str, Offered]:
        """The tools of the plugins that are enabled somewhere, by the name that models see; the same order always."""
        found = self._known.get(enabled)
        if found is None:
            found = self._known[enabled] = self._collect(enabled)
        return found

    def _collect(self, enabled: Collection[str]) -> dict[str, Offered]:
        found: dict[str, Offered] = {}
        for name, plugin in sorted(self._plugins().items()):
            if name not in enabled:
                continue
            for tool in declared(type(plugin), Tool).values():
                label = tool.name if tool.name not in found else f"{name}_{tool.name}"
                found[label] = offered(name, type(plugin), tool, label)
        return dict(sorted(found.items()))

    async def run(self, call: ToolCall, enabled: frozenset[str], asker: Person, message: Message) -> Turn:
        """What a model asked for, as the entry that answers it."""
        try:
            text = await self._result(call, enabled, asker, message)
        except (CommandError, WebError) as error:
            log.info("tool refused", tool=call.name, asker=asker.id, reason=str(error))
            return Turn("tool", str(error), answers=call.id, failed=True)
        return Turn("tool", text, answers=call.id)

    async def _result(self, call: ToolCall, enabled: frozenset[str], asker: Person, message: Message) -> str:
        found = self.offered(enabled).get(call.name)
        if found is None:
            raise BadArgument(f"there is no tool {call.name[:60]!r} here")
        tool = found.tool
        grants = (tool.grant,) if tool.grant else ()
        self._permissions.check(asker, message.guild, rank=tool.rank, grants=grants)
        plugin = self._plugins()[found.plugin]
        arguments = await self._arguments(found, call, message)
        handler = tool.handler.__get__(plugin)
        said: list[Reply] = []

        async def say(reply: Reply, replaces: str) -> None:
            said.append(reply)

        asked = Call(
            person=asker, channel=message.channel, path=(call.name,), args=arguments, prefix="/", enabled=enabled,
            plugin=plugin, send=say, message=message,
        )  # fmt: skip
        result, fault = await self._dispatch.guarded(
            found.plugin, f"tool {call.name}", partial(handler, asked, **arguments),
            guild=message.guild.id, deadline=plugin.deadlines.get("tool", DEADLINE), expected=(CommandError, WebError),
        )  # fmt: skip
        if fault is not None:
            raise CommandError(f"the tool failed (error {fault.id})")
        texts = [*(reply.markdown for reply in said), *([told(result)] if result is not None else [])]
        return cut(self._dispatch.scrub("\n".join(texts)))  # no prompt holds a key

    async def _arguments(self, found: Offered, call: ToolCall, message: Message) -> dict[str, Any]:
        """The arguments as the handler's types. Raises ``BadArgument`` that says what was expected."""
        if call.broken:
            raise BadArgument("the arguments were no JSON object")
        known = {option.name: option for option in found.options}
        if strange := sorted(set(call.arguments) - set(known)):
            raise BadArgument(f"it takes no {', '.join(strange)[:80]}; it takes {', '.join(known) or 'nothing'}")
        setting = self._setting(message)
        values: dict[str, Any] = {}
        for name, option in known.items():
            given = call.arguments.get(name)
            if given is None:
                if option.required:
                    raise BadArgument(f"{name} is missing")
                values[name] = option.default
            else:
                values[name] = await convert(option, told(given), setting)
        return values


def offered(plugin: str, owner: type, tool: Tool, label: str) -> Offered:
    """A declared tool with its schema. Raises ``ContractError`` where its signature is of no use to a model."""
    doc = doc_of(tool.handler.__doc__, tool.handler.__code__.co_varnames)
    if not doc.summary:
        raise ContractError(f"plugin {plugin}: tool {tool.name!r} has no docstring", remedy="say there what it is for")
    options = options_of(Command(tool.handler, tool.name), doc, owner)
    about = f"{doc.summary}\n\n{doc.details}".strip()
    return Offered(plugin, tool, options, ToolSpec(label, about, parameters_of(options)))


def told(value: Any) -> str:
    """A value as text for a model."""
    if isinstance(value, str):
        return value
    return value.text if isinstance(value, Reply) else json.dumps(value, ensure_ascii=False, default=str)


def cut(text: str) -> str:
    """Never longer than a model may get to see."""
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}\n[… {len(text) - LONGEST} more characters left out]"

"""One plugin's settings at every level, and the instance that holds in a place (HOST-3)."""

from __future__ import annotations

import datetime as dt
from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import attrs
from attrs import frozen

from butler.config.plain import default_of
from butler.config.structure import built, settings_fields
from butler.config.text import Mismatch

MOST_INSTANCES = 4_096
"""How many instances are kept for each plugin; the one used longest ago goes first."""


@frozen
class Value:
    """A value as it was given, as it is used, and where it came from."""

    raw: Any
    typed: Any
    source: str


Layer = Mapping[str, Value]
"""The values that one level says in one place, by field."""
Place = tuple[str, str]
"""A level and the id there: ``("guild", "discord:1234")``; a persona in a guild: ``("guild", "ID\\nNAME")``."""


def within(guild: str, persona: str) -> str:
    """The place of what a guild says about one persona."""
    return f"{guild}\n{persona}"


class PluginLevels:
    """What each level says; instances are built when asked for, and shared wherever nothing differs."""

    def __init__(self, cls: type, accounts: Callable[[str], tuple[str, ...]] = lambda person: (person,)) -> None:
        """``accounts``: all that belong to the person behind one; what is said for any holds for the person."""
        self.cls = cls
        self._accounts = accounts
        self.fields = settings_fields(cls)
        self._host: Layer = {}
        self._layers: dict[Place, Layer] = {}
        self._instances: OrderedDict[tuple[Place, ...], Any] = OrderedDict()
        self._base: Any = None
        self._defaults: dict[str, Value] = {}

    def fill(self, host: Layer, layers: Mapping[Place, Layer]) -> None:
        """Take everything anew. Raises ``Mismatch`` if the host's own values make no instance."""
        base = self.instance_of([host])
        self._host, self._layers, self._base = host, {k: v for k, v in layers.items() if v}, base
        self._instances.clear()
        self._defaults.clear()

    def put(self, place: Place, layer: Layer) -> None:
        """Replace what one place says. Raises ``Mismatch`` if the host's own values make no instance then."""
        if place[0] == "host":
            self.fill(layer, self._layers)
            return
        self._layers.pop(place, None)
        if layer:
            self._layers[place] = layer
        self._instances.clear()

    def layer(self, place: Place) -> Layer:
        """What a place says itself."""
        return self._host if place[0] == "host" else self._layers.get(place, {})

    def places(self, guild: str, channel: str, person: str, persona: str) -> tuple[Place, ...]:
        """The places that say something, from far to near."""
        layers = self._layers
        asked: tuple[Place, ...] = (
            ("persona", persona),
            ("guild", guild),
            ("guild", within(guild, persona)),
            ("channel", channel),
            *[("person", each) for each in self._accounts(person) if each != person],
            ("person", person),
        )
        return tuple([place for place in asked if place in layers])

    def at(self, guild: str, channel: str, person: str, persona: str) -> Any:
        """The instance that holds there."""
        if not self._layers:
            return self._base
        places = self.places(guild, channel, person, persona)
        if not places:
            return self._base
        found = self._instances.get(places)
        if found is None:
            found = self._instances[places] = self._built(places)
            if len(self._instances) > MOST_INSTANCES:
                self._instances.popitem(last=False)
        else:
            self._instances.move_to_end(places)
        return found

    def _built(self, places: tuple[Place, ...]) -> Any:
        """The instance of some places. Values that are right alone and wrong together give way, the nearest first."""
        for length in range(len(places), 0, -1):
            try:
                return self.instance_of([self._host, *(self._layers[place] for place in places[:length])])
            except Mismatch:
                continue
        return self._base

    def instance_of(self, layers: Iterable[Layer]) -> Any:
        """An instance from layers, the host's first. Raises ``Mismatch``."""
        values = self.effective(layers)
        lacking = [name for name, each in self.fields.items() if each.default is attrs.NOTHING and name not in values]
        if lacking:
            raise Mismatch(*(((name,), f"missing, give it as {name} = …") for name in lacking))
        return built(self.cls, {name: value.typed for name, value in values.items()})

    def effective(self, layers: Iterable[Layer]) -> dict[str, Value]:
        """The value that wins for each field: the nearest, or of a limit the tightest from the host's on."""
        found: dict[str, Value] = {}
        for number, layer in enumerate(layers):
            for name, value in layer.items():
                if number and self.fields[name].metadata.get("limit"):
                    above = found.get(name) or self.default(name)
                    if not tighter(value.typed, above.typed):
                        continue
                found[name] = value
        return found

    def explained(self, guild: str, channel: str, person: str, persona: str) -> dict[str, Value]:
        """The value that holds there for every field, with its source."""
        places = self.places(guild, channel, person, persona)
        found = self.effective([self._host, *(self._layers[place] for place in places)])
        return {name: found.get(name) or self.default(name) for name in self.fields}

    def default(self, name: str) -> Value:
        """A field's default, made once (a factory may take the instance: it is asked for it)."""
        if name not in self._defaults:
            self._defaults[name] = Value(None, default_of(self.fields[name], self._base), "default")
        return self._defaults[name]


def tighter(value: Any, above: Any) -> bool:
    """Whether a nearer level may say ``value`` of a limit that is ``above``.

    Numbers and durations may go down, ``True`` may become ``False``, a list or set may lose items,
    ``None`` (no limit) may become one. Everything else may not change.
    """
    if above is None or value == above:
        return True
    if isinstance(above, bool) or isinstance(value, bool):
        return value is False
    if isinstance(above, dt.timedelta) and isinstance(value, dt.timedelta):
        return value < above
    if isinstance(above, int | float) and isinstance(value, int | float):
        return value < above
    if isinstance(above, list | tuple | set | frozenset) and isinstance(value, list | tuple | set | frozenset):
        return all(item in above for item in value)
    return False

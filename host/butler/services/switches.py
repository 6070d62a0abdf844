"""Which plugins are enabled where: host, guild, channel; the nearest wins (HOST-3)."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping

from butler.services.settings_levels import Place

MOST_SETS = 16_384
"""How many places' sets are kept; the one used longest ago goes first."""

Said = Mapping[str, bool]
"""What one place says, by plugin."""


class Switches:
    """Answers in a few lookups; places with the same plugins share one frozenset."""

    def __init__(self, default: Callable[[str], bool]) -> None:
        self._default = default
        self._known: set[str] = set()
        self._host: Said = {}
        self._places: dict[Place, Said] = {}
        self._broken: dict[Place, set[str]] = {}
        self._base: frozenset[str] = frozenset()
        self._sets: OrderedDict[tuple[str, str], frozenset[str]] = OrderedDict()
        self._shared: dict[frozenset[str], frozenset[str]] = {}
        self.version = 0
        """Rises whenever an answer may have changed."""

    @property
    def known(self) -> frozenset[str]:
        """The plugins that are installed."""
        return frozenset(self._known)

    def know(self, names: Iterable[str]) -> None:
        """Take plugins as installed."""
        new = set(names) - self._known
        if new:
            self._known |= new
            self._changed()

    def forget(self, name: str) -> None:
        """Take a plugin as removed."""
        self._known.discard(name)
        for broken in self._broken.values():
            broken.discard(name)
        self._changed()

    def replace(self, places: Mapping[Place, Said]) -> None:
        """Take what all places say anew; ``("host", "")`` is the host's own level."""
        self._host = dict(places.get(("host", ""), {}))
        self._places = {place: dict(said) for place, said in places.items() if said and place[0] != "host"}
        self._changed()

    def put(self, place: Place, said: Said) -> None:
        """Replace what one place says."""
        if place[0] == "host":
            self._host = dict(said)
        elif said:
            self._places[place] = dict(said)
        else:
            self._places.pop(place, None)
        self._changed()

    def said(self, place: Place) -> Said:
        """What a place says itself."""
        return self._host if place[0] == "host" else self._places.get(place, {})

    def bar(self, plugin: str, places: Iterable[Place]) -> None:
        """Keep a plugin out of the places where its settings are wrong, whatever they say; and of no others."""
        for broken in self._broken.values():
            broken.discard(plugin)
        for place in places:
            self._broken.setdefault(place, set()).add(plugin)
        self._broken = {place: names for place, names in self._broken.items() if names}
        self._changed()

    def _changed(self) -> None:
        self.version += 1
        self._sets.clear()
        self._shared.clear()
        self._base = self._share(self._resolve({}, {}) - self._broken.get(("host", ""), set()))

    def _share(self, names: frozenset[str]) -> frozenset[str]:
        return self._shared.setdefault(names, names)

    def enabled(self, guild: str, channel: str) -> frozenset[str]:
        """The plugins that are enabled there."""
        if not self._places and not self._broken:
            return self._base
        guild = guild if self._differs(("guild", guild)) else ""
        channel = channel if self._differs(("channel", channel)) else ""
        if not guild and not channel:
            return self._base
        found = self._sets.get((guild, channel))
        if found is None:
            found = self._sets[guild, channel] = self._share(self._enabled(guild, channel))
            if len(self._sets) > MOST_SETS:
                self._sets.popitem(last=False)
        else:
            self._sets.move_to_end((guild, channel))
        return found

    def _differs(self, place: Place) -> bool:
        return place in self._places or place in self._broken

    def _enabled(self, guild: str, channel: str) -> frozenset[str]:
        places: tuple[Place, ...] = (("guild", guild), ("channel", channel))
        names = self._resolve(self.said(places[0]), self.said(places[1]))
        return names.difference(*(self._broken.get(place, ()) for place in (("host", ""), *places)))

    def _resolve(self, guild: Said, channel: Said) -> frozenset[str]:
        return frozenset(name for name in self._known if self._on(name, guild, channel))

    def _on(self, name: str, guild: Said, channel: Said) -> bool:
        for said in (channel, guild, self._host):
            if name in said:
                return said[name]
        return self._default(name)

    def anywhere(self) -> frozenset[str]:
        """The plugins that are enabled in at least one place: those that have to be loaded."""
        found = set(self._base)
        for said in self._places.values():
            found |= {name for name, on in said.items() if on and name in self._known}
        return frozenset(found - self._broken.get(("host", ""), set()))

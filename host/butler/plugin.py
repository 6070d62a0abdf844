"""What a plugin is: one class with hooks, declarations and a scope; one instance per host."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

import attrs

from butler.model import Channel, Guild, Message, Person
from butler.scope import Scope

if TYPE_CHECKING:
    from butler.platform import Platform
    from butler.provider import Provider
    from butler.services.bound import Bound


@attrs.frozen
class NoSettings:
    """The settings of a plugin that has none."""


class Plugin:
    """Subclass it, name the class in the entry-point group ``butler``, and implement what you need.

    No globals: several hosts live in one process. ``self.host`` gives the services, ``self.scope`` owns
    what the plugin starts, ``self.settings_for(message)`` are the settings that hold there.
    """

    name: str = ""
    """The entry point's name; set by the host. Also config section, table prefix and logger suffix."""

    api: ClassVar[str] = ">=1,<2"
    """The range of the host's API versions that it works with."""
    settings: ClassVar[type] = NoSettings
    tables: ClassVar[Sequence[type]] = ()
    offers: ClassVar[Mapping[str, Callable[..., Any]]] = {}
    """What others may ask for by ``host.ask``: a name like ``"weight:karma"`` to an async method."""
    network: ClassVar[Collection[str]] = ()
    """The hosts it talks to: ``"api.example.org"``, ``"*.example.org"``, ``"*"``. ``self.host.web`` reaches no others;
    who installs the plugin is shown them."""
    guards: ClassVar[Collection[str]] = ()
    """Hooks that fail closed: while such a hook faults, the host acts as if it had said Stop or VETO."""
    deadlines: ClassVar[Mapping[str, float]] = {}
    """Hooks that may take longer than 2 s, with the seconds they may take."""
    platform: ClassVar[type[Platform] | None] = None
    provider: ClassVar[type[Provider] | None] = None
    personas: ClassVar[Sequence[str]] = ()
    """TOML files inside the package that describe personas it ships."""
    pages: ClassVar[Sequence[Any]] = ()
    person_columns: ClassVar[Mapping[str, Sequence[str]]] = {}
    """Table name to the columns that hold person ids: how the host forgets after the plugin is removed."""

    host: Bound
    scope: Scope

    async def start(self) -> None:
        """Called after the tables exist and before the first hook. Start tasks through ``self.scope``."""

    async def stop(self) -> None:
        """Called before the scope is closed: finish what is under way."""

    def settings_for(self, place: Message | Channel | Guild | None = None, person: Person | None = None) -> Any:
        """The settings (an instance of ``self.settings``) that hold in a place, for a person."""
        return self.host.settings(place, person)

    async def reviews(self, channel: Channel) -> bool:
        """Whether ``review_reply`` may change or stop anything there: else answers show while they grow."""
        return True

    async def checks(self) -> list[Any]:
        """What ``butler doctor`` should say of this plugin: a list of :class:`butler.Check`."""
        return []

    async def export_person(self, person: str) -> Mapping[str, Any]:
        """Everything that is kept about a person id, as plain JSON. Called by ``butler export``."""
        return {}

    async def forget_person(self, person: str, replacement: str) -> Mapping[str, int]:
        """Erase a person; where sums must stay put ``replacement`` in their place. Returns counts by table."""
        return {}

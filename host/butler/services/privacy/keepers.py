"""The host's services that keep something about people in memory: how they export and forget."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Protocol

from butler.services.privacy.forgetting import Keeper

if TYPE_CHECKING:
    from butler.services.permissions import Permissions
    from butler.services.places import Places
    from butler.services.settings import Settings


class Keeps(Protocol):
    """A service that keeps something about people."""

    async def export_person(self, person: str) -> Any:
        """Everything that it keeps about a person, as plain JSON."""
        ...

    async def forget_person(self, person: str, replacement: str) -> int | Mapping[str, int]:
        """Erase a person; where something must stay put ``replacement`` in their place. Returns how many rows."""
        ...


def keepers(settings: Settings, permissions: Permissions, places: Places, **others: Keeps) -> dict[str, Keeper]:
    """What :class:`butler.services.privacy.Privacy` is given for the host's own services."""

    async def grants(person: str) -> list[dict[str, Any]]:
        return [
            {"name": each.name, "guild": each.guild, "until": each.until and each.until.isoformat()}
            for each in permissions.given(person)
        ]

    async def nothing(_: str) -> list[Any]:
        return []  # the directory's table is exported with the journal's

    async def out_of_memory(person: str, _: str) -> int:
        places.forget(person)
        return 0

    return {
        "settings": Keeper(settings.export_person, settings.forget_person),
        "grants": Keeper(grants, permissions.forget),
        "people": Keeper(nothing, out_of_memory),
        **{name: Keeper(each.export_person, each.forget_person) for name, each in others.items()},
    }

"""Matrix: people in its rooms talk with the host's personas, which come and go as users of their own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from butler import Check, Message, Persona, Section, hookimpl

from butler_luna_matrix.console import Console
from butler_luna_matrix.homes import account_of
from butler_luna_matrix.platform import Matrix
from butler_luna_matrix.privacy import export, forget
from butler_luna_matrix.tables import Life as LifeTable
from butler_luna_matrix.tables import Mark, Reaction, Token

if TYPE_CHECKING:
    from butler_luna_matrix.admin import Admin

__all__ = ["LunaMatrix"]


class LunaMatrix(Console):
    """Brings the platform ``matrix``; it is served when butler.toml has ``[platforms.matrix]``."""

    platform = Matrix
    tables = (Token, Reaction, LifeTable, Mark)
    person_columns = {"luna_matrix_reaction": ("person",)}  # noqa: RUF012 - the base class declares it a ClassVar
    deadlines = {"command": 120.0, "tool": 120.0}  # noqa: RUF012 - as above

    async def start(self) -> None:
        """Say what an interrupted spawn left."""
        for entry in await self.ledger.open():
            self.host.log.warning(
                f"a {entry.what} was left by half", persona=entry.name, remedy=f"spawn {entry.name} --repair"
            )

    async def _admin(self) -> Admin:
        from butler_luna_matrix.admin import Admin  # noqa: PLC0415 - as above

        return await Admin.of(self._account())

    @hookimpl
    async def build_prompt(self, message: Message, persona: Persona) -> Section | None:
        """A persona's traits, in words that a model understands."""
        traits = persona.settings.get("traits")
        if not isinstance(traits, Mapping) or not traits:
            return None
        shown = ", ".join(f"{name} {value:g}" for name, value in sorted(traits.items()))
        return Section(f"Your traits, from 0 (not at all) to 1 (very): {shown}.", priority=60, stable=True)

    @hookimpl
    async def on_despawn(self, persona: Persona) -> None:
        """Its account on Matrix goes with it, however it left."""
        if account_of(persona):
            self.scope.task(self.life.departed(persona), f"departure of {persona.name}")

    async def checks(self) -> list[Check]:
        """Whether a spawn or despawn was left by half."""
        return [
            Check(
                f"{entry.what} of {entry.name}", "warn", entry.trouble or "left by half", f"spawn {entry.name} --repair"
            )
            for entry in await self.ledger.open()
        ]

    async def export_person(self, person: str) -> Mapping[str, Any]:
        """The reactions by which somebody can still be named."""
        return await export(self.host.db, person)

    async def forget_person(self, person: str, replacement: str) -> Mapping[str, int]:
        """Forget these reactions."""
        return await forget(self.host.db, person)

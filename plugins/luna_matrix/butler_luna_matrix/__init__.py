"""Matrix: people in its rooms talk with the host's personas."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from butler import Plugin

from butler_luna_matrix.platform import Matrix
from butler_luna_matrix.privacy import export, forget
from butler_luna_matrix.tables import Reaction, Token

__all__ = ["LunaMatrix"]


class LunaMatrix(Plugin):
    """Brings the platform ``matrix``; it is served when butler.toml has ``[platforms.matrix]``."""

    platform = Matrix
    tables = (Token, Reaction)
    person_columns = {"luna_matrix_reaction": ("person",)}  # noqa: RUF012 - the base class declares it a ClassVar

    async def export_person(self, person: str) -> Mapping[str, Any]:
        """The reactions by which somebody can still be named."""
        return await export(self.host.db, person)

    async def forget_person(self, person: str, replacement: str) -> Mapping[str, int]:
        """Forget these reactions."""
        return await forget(self.host.db, person)

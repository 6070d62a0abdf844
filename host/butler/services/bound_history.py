"""What was said, as one plugin may change it in ``self.host``: taken back, said otherwise, said anew for trial."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from butler.errors import CommandError
from butler.model import Message, Section
from butler.store.database import Tx
from butler.store.search.changes import forget_text, replace_text

if TYPE_CHECKING:
    from butler.host import Host


class BoundHistory:
    """Changes history and search; what was derived from a message is marked for revision. Platforms are not told."""

    _host: Host
    plugin: str

    async def erase(self, messages: Sequence[str]) -> int:
        """Take the texts of messages (by id) out of history and search. Returns how many the host had."""
        found = [self._host.database.submit(_erased, message) for message in messages]
        return sum([bool(await each) for each in found])

    async def amend(self, message: str, text: str) -> bool:
        """A message says something else from now on. False if the host does not have it."""
        return bool(await self._host.database.submit(_amended, (message, text)))

    async def rehearse(self, persona: str, message: Message, note: str = "") -> str:
        """What a persona would answer to a message, by the same prompt, model, budgets and review; nothing is said.

        ``note`` is told to its model besides. Raises ``CommandError`` for an unknown persona, or what stops it;
        ``Denied`` or ``ModelError``.
        """
        known = self._host.personas.get(persona)
        if known is None:
            raise CommandError(f"there is no persona named {persona}")
        table = self._host.table_for(message.guild.id, message.channel.id)
        sections = [Section(note, priority=99, owner=self.plugin)] if note else []
        return await self._host.turns.rehearse(message, known, table, sections)


def _erased(tx: Tx, messages: Sequence[str]) -> list[bool]:
    return [forget_text(tx, message) for message in messages]


def _amended(tx: Tx, rows: Sequence[tuple[str, str]]) -> list[bool]:
    return [replace_text(tx, message, text) for message, text in rows]

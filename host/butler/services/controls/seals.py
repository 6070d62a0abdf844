"""The ids of buttons, menus and forms: signed, so that nobody makes one up, and good until a stated time."""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from collections.abc import Sequence

from attrs import frozen

from butler.errors import CommandError
from butler.store.database import Database, Tx

LONGEST = 100
"""Characters (as UTF-16 counts them) that every platform with buttons keeps of an id."""
_SIGNATURE = 12


@frozen
class Sealed:
    """What an id stands for."""

    plugin: str
    action: str
    value: str = ""
    only: str = ""
    """Who may use it, ids joined by commas; empty: anybody."""
    kept: str = ""
    """The key under which the value is kept, because it is too long for an id."""


class Seals:
    """Makes ids and reads them. The key is the store's own, so that ids outlive a restart."""

    def __init__(self, key: bytes = b"") -> None:
        self._key = key or secrets.token_bytes(32)

    async def start(self, database: Database) -> None:
        """Take the store's key; the first time one is made."""
        self._key = bytes.fromhex(await database.submit(_key, None))

    def id_of(self, sealed: Sealed, until: float, number: int = 0) -> str:
        """An id; ``""`` where it would be longer than an id may be. ``number`` makes it unique in its message."""
        head = [_digits(int(until)), _digits(number), sealed.plugin, sealed.action, sealed.kept, sealed.only]
        if any("|" in part for part in head):
            return ""
        text = "|".join([*head, sealed.value])
        identifier = self._signature(text) + text
        return identifier if len(identifier.encode("utf-16-le", "replace")) // 2 <= LONGEST else ""

    def opened(self, identifier: str, now: float) -> Sealed:
        """What an id stands for. Raises ``CommandError`` if it is too old, or none of ours."""
        text = identifier[_SIGNATURE:]
        parts = text.split("|", 6)
        if not hmac.compare_digest(identifier[:_SIGNATURE].encode(), self._signature(text).encode()) or len(parts) < 7:
            raise CommandError("That button is not one of mine.")
        if int(parts[0], 36) <= now:
            raise CommandError("That is too old to be used; ask for it again.")
        return Sealed(parts[2], parts[3], parts[6], parts[5], parts[4])

    def _signature(self, text: str) -> str:
        digest = hashlib.blake2s(text.encode("utf-8", "replace"), key=self._key, digest_size=9).digest()
        return base64.urlsafe_b64encode(digest).decode()


def _digits(number: int) -> str:
    """A number in base 36."""
    signs = "0123456789abcdefghijklmnopqrstuvwxyz"
    found = ""
    while number:
        number, rest = divmod(number, 36)
        found = signs[rest] + found
    return found or "0"


def _key(tx: Tx, rows: Sequence[None]) -> list[str]:
    tx.many(
        "insert into host_cursors (name, value) values ('host:seal', ?) on conflict (name) do nothing",
        [(secrets.token_hex(32),)],
    )
    found = tx.one("select value from host_cursors where name = 'host:seal'")
    assert found is not None
    return [found[0]] * len(rows)

"""Who was forgotten, as keyed hashes beside the store: so that a restored backup forgets them again."""

from __future__ import annotations

import contextlib
import hashlib
import hmac
import json
import os
import secrets
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from butler.errors import StoreError

KEY: Final = "forgotten.key"
LIST: Final = "forgotten.json"


class Forgotten:
    """The list in a data directory. The hashes say nothing without the key, which only the owner may read."""

    def __init__(self, data: Path) -> None:
        self._key = data / KEY
        self._list = data / LIST

    def hash(self, person: str) -> str:
        """The keyed hash of an id. The key is made when it is first needed."""
        return hmac.new(self._secret(), person.encode(), hashlib.sha256).hexdigest()

    def _secret(self) -> bytes:
        with contextlib.suppress(FileExistsError):
            descriptor = os.open(self._key, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(descriptor, "w") as file:
                file.write(secrets.token_hex(32))
        found = self._key.read_text().strip()
        if len(found) != 64:
            raise StoreError(
                f"{self._key} is damaged", remedy="take it from a backup; without it old forgets are not known"
            )
        return bytes.fromhex(found)

    def read(self) -> dict[str, float]:
        """Hashes, and when each was forgotten last."""
        return dict(self._read().get("forgotten", {}))

    def _read(self) -> dict[str, Any]:
        try:
            found: dict[str, Any] = json.loads(self._list.read_text())
        except FileNotFoundError:
            return {}
        except ValueError as error:
            raise StoreError(f"{self._list} is damaged ({error})", remedy="take it from a backup") from error
        return found

    def _write(self, content: Mapping[str, Any]) -> None:
        fresh = self._list.with_name(f"{LIST}.new")
        descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w") as file:
            json.dump(content, file, indent=1)
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(self._list)

    def add(self, person: str, at: float) -> str:
        """Remember a forget; returns the hash."""
        name = self.hash(person)
        content = self._read()
        self._write({**content, "forgotten": {**content.get("forgotten", {}), name: at}})
        return name

    @property
    def pending(self) -> float | None:
        """A backup of that time was put in place, and the forgets since then are to be applied again."""
        found = self._read().get("restored")
        return None if found is None else float(found)

    def settled(self) -> None:
        """They were applied."""
        self._write({name: value for name, value in self._read().items() if name != "restored"})


def carry_over(old: Path, new: Path, made: float) -> None:
    """After a restore: the forgets of the data that was there go on to hold in the data of the backup.

    ``old`` and ``new`` are data directories, ``made`` is when the backup was made (a timestamp). The host
    applies them at its next start (:meth:`butler.services.privacy.Privacy.apply_restored`).
    """
    known = Forgotten(old)
    if not (old / LIST).exists():
        return
    target = Forgotten(new)
    both = {**target.read(), **known.read()}
    descriptor = os.open(new / KEY, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write((old / KEY).read_bytes())
    target._write({"forgotten": both, "restored": made})

"""The system's keyring, where its library is installed (`butler-host[keyring]`); asked only where it is named."""

from __future__ import annotations

import importlib
from types import ModuleType
from typing import Final

from butler.errors import ConfigError

SERVICE: Final = "butler"
"""What a keyring's own programs show the entries under."""


class Keyring:
    """Secrets by name. What was read is remembered: a keyring may ask its owner each time."""

    def __init__(self) -> None:
        self._known: dict[str, str] = {}
        self.reason = ""
        """Why it could not be read, when it was asked last."""

    def get(self, name: str) -> str:
        """A secret, ``""`` if there is none or it cannot be read; then :attr:`reason` says why."""
        if name not in self._known:
            self.reason = ""
            try:
                self._known[name] = str(_asked("get_password", name) or "")
            except ConfigError as error:
                self.reason = str(error.args[0])
                return ""
        return self._known[name]

    def put(self, name: str, value: str) -> None:
        """Keep a secret. Raises ``ConfigError`` if it cannot be kept."""
        _asked("set_password", name, value)
        self._known[name] = value

    def remove(self, name: str) -> bool:
        """Take a secret away; false if there was none. Raises ``ConfigError`` if the keyring cannot be used."""
        self._known.pop(name, None)
        if not _asked("get_password", name):
            return False
        _asked("delete_password", name)
        return True


def _library() -> ModuleType:
    try:
        return importlib.import_module("keyring")  # optional, and slow: it looks at every backend
    except ImportError:
        raise ConfigError(
            "its library is not installed", remedy="pip install 'butler-host[keyring]', or use .env"
        ) from None


def _asked(what: str, *args: str) -> str | None:
    library = _library()
    try:
        answer: str | None = getattr(library, what)(SERVICE, *args)
    except Exception as error:  # noqa: BLE001 - a backend raises what its desktop does, and may name what it was given
        raise ConfigError(
            f"the system's keyring does not work here ({type(error).__name__})",
            remedy="unlock it, or keep the key in .env: `butler keys set NAME` without --keyring",
        ) from None
    return answer

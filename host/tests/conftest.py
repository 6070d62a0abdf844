"""What the host's tests share: a keyring in memory, behind the real library."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest


@pytest.fixture
def backend() -> Iterator[Any]:
    """A keyring in memory: ``held`` by (service, name), ``asked`` how often; it may be ``locked``."""
    import keyring
    from keyring.backend import KeyringBackend
    from keyring.errors import KeyringLocked

    class InMemory(KeyringBackend):
        priority = 0.5  # found by the library, and not chosen by it

        def __init__(self) -> None:
            super().__init__()
            self.held: dict[tuple[str, str], str] = {}
            self.locked = False
            self.asked = 0

        def get_password(self, service: str, username: str) -> str | None:
            self.asked += 1
            if self.locked:
                raise KeyringLocked("canary in a backend's words")
            return self.held.get((service, username))

        def set_password(self, service: str, username: str, password: str) -> None:
            if self.locked:
                raise KeyringLocked(password)
            self.held[service, username] = password

        def delete_password(self, service: str, username: str) -> None:
            del self.held[service, username]

    made = InMemory()
    keyring.set_keyring(made)
    yield made
    _without()


@pytest.fixture
def no_backend() -> None:
    """A machine without a keyring; never the one of whoever runs the tests."""
    _without()


def _without() -> None:
    import keyring
    from keyring.backends import fail

    keyring.set_keyring(fail.Keyring())

"""What the host's tests share: a keyring in memory, behind the real library."""

from __future__ import annotations

from collections.abc import Iterator

import keyring
import pytest
from keyring.backend import KeyringBackend
from keyring.backends import fail
from keyring.errors import KeyringLocked


class InMemory(KeyringBackend):
    """A keyring that may be locked."""

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


@pytest.fixture
def backend() -> Iterator[InMemory]:
    made = InMemory()
    keyring.set_keyring(made)
    yield made
    keyring.set_keyring(fail.Keyring())


@pytest.fixture
def no_backend() -> None:
    """A machine without a keyring; never the one of whoever runs the tests."""
    keyring.set_keyring(fail.Keyring())

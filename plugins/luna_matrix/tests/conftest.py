"""Who the tests need: a Synapse for the whole run, a bot of its own for each test, people."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from pathlib import Path

import pytest
from butler_luna_matrix.settings import Settings
from butler_luna_matrix.testing import Person, Synapse
from butler_luna_matrix.testing.bot import Bot, House, Lines
from butler_luna_matrix.testing.fixtures import synapse

__all__ = ["synapse"]


@pytest.fixture
def lines(monkeypatch: pytest.MonkeyPatch) -> Lines:
    """What the plugin logs during the test."""
    lines = Lines()
    for module in ("sync", "login", "invites", "incoming", "timelines", "service", "listener"):
        monkeypatch.setattr(f"butler_luna_matrix.{module}.log", lines)
    return lines


@pytest.fixture
def unused() -> Callable[[str], str]:
    """Gives names that nobody on the homeserver has."""
    return lambda wanted: f"{wanted}-{secrets.token_hex(4)}"


@pytest.fixture
def bot(synapse: Synapse, tmp_path: Path, unused: Callable[[str], str]) -> Bot:
    name = unused("butler")
    user = synapse.register(name)
    settings = Settings(synapse.address, user, f"{name}-password", accept_invites="any", poll_timeout=5.0)
    return Bot(synapse, tmp_path, settings, House(tmp_path))


@pytest.fixture
def service(synapse: Synapse, tmp_path: Path) -> Bot:
    """The host as an application service."""
    given = synapse.service()
    settings = Settings(
        synapse.address,
        given.user,
        accounts="service",
        namespace=given.namespace,
        listen=given.listen,
        registration=str(given.file),
        accept_invites="any",
    )
    return Bot(synapse, tmp_path, settings, House(tmp_path))


@pytest.fixture
def ann(synapse: Synapse, unused: Callable[[str], str]) -> Person:
    return synapse.person(unused("ann"))


@pytest.fixture
def bob(synapse: Synapse, unused: Callable[[str], str]) -> Person:
    return synapse.person(unused("bob"))

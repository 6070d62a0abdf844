"""The pytest fixture ``synapse``: one homeserver for the whole run, started when first asked for."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from butler_luna_matrix.testing.synapse import Synapse


@pytest.fixture(scope="session")
def synapse() -> Iterator[Synapse]:
    """A running Synapse; tests take names of their own on it."""
    with Synapse() as server:
        yield server

"""For every test of the workspace: no connection leaves this machine."""

from __future__ import annotations

import pytest


@pytest.fixture(autouse=True)
def _loopback(loopback_only: None) -> None:
    """See ``butler.testing.network``."""

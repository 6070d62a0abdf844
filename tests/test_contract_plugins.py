"""Every installed plugin keeps to what plugins keep to (AUTH-3, HOST-2, HOST-3, HOST-22, OPS-5)."""

from __future__ import annotations

from typing import Any

import pytest
from butler.testing.contracts import PluginContract
from butler.testing.contracts.looking import installed


class TestEveryPlugin(PluginContract):
    """What each does in particular is in its own tests, which run the same suite with an exercise of their own."""

    @pytest.fixture(params=installed())
    def named(self, request: pytest.FixtureRequest) -> Any:
        return request.param


def test_the_packages_of_this_workspace_are_among_them() -> None:
    assert {"karma", "luna_matrix"} <= set(installed())

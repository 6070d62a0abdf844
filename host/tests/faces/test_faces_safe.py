"""``butler run --safe``: the house's own packages only."""

from __future__ import annotations

import pytest
from butler.engine.loader import Found
from butler.faces.safe import is_own, safe_loader


@pytest.mark.spec("OPS-10")
def test_the_houses_own_plugins_stay_and_those_of_others_are_left_out() -> None:
    assert "karma" in safe_loader().found
    assert not is_own(Found("dice", "pytest", "1", "dice:Dice"))
    assert not is_own(Found("dice", "no-such-package", "1", "dice:Dice"))

"""Votes weighed by what another package knows (POLL-5)."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from butler.testing import House

MakeHouse = Callable[..., House]


@pytest.mark.spec("POLL-5")
def test_karma_of_the_opening_weighs_votes_without_either_plugin_knowing_the_other(make_house: MakeHouse) -> None:
    house = make_house(["polls", "karma"])
    for name in ("ann", "bob", "carol"):
        house.say(name, "good morning")
    house.say("ann", "bob++")
    house.say("carol", "bob++")
    house.advance(minutes=2)
    house.command("ann", 'poll "Spend it?" weigh=karma yes | no')
    house.advance(minutes=2)
    house.say("bob", "carol++")
    assert house.click("bob", "yes") == ["Your vote counts. (yes; weight 2)"]
    assert house.click("carol", "no") == ["Your vote counts. (no; weight 0)"]
    house.command("ann", "poll close")
    assert any("yes wins; 2 people took part." in shown.text for shown in house.shown)

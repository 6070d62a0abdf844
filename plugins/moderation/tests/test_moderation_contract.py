"""Moderation keeps to what every plugin keeps to."""

from __future__ import annotations

from butler import Rank
from butler.testing import House
from butler.testing.contracts import PluginContract
from butler_moderation import Moderation


class TestModeration(PluginContract):
    """With a rule, somebody who breaks it, and somebody who is warned."""

    plugin = Moderation
    keeps = True

    def exercise(self, house: House) -> None:
        house.rank("dora", Rank.ADMIN)
        house.say("dora", "/automod add insults words do=delete,warn what=idiot")
        house.say("ann", "you idiot")
        message = house.post("ann", "good morning")
        house.edit("ann", message, "good evening")
        house.join("carol")
        house.dm("ann", "hello")
        house.advance(minutes=2)

"""Karma keeps to what every plugin keeps to."""

from __future__ import annotations

from butler.testing import House
from butler.testing.contracts import PluginContract
from butler_karma import Karma


class TestKarma(PluginContract):
    plugin = Karma
    keeps = True

    def exercise(self, house: House) -> None:
        message = house.post("bob", "I made a cake")
        house.say("ann", "bob++ for the cake, coffee++")
        house.react("carol", message, "👍")
        house.unreact("carol", message, "👍")
        house.say("bob", "@ann++ for her smile")
        for command in ("karma", "karma top", "karma reasons bob", "karma history bob", "karma give tea", "stamps"):
            house.command("ann", command)

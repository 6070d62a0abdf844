"""Polls keep to what every plugin keeps to."""

from __future__ import annotations

from butler.testing import House
from butler.testing.contracts import PluginContract
from butler_polls import Polls


class TestPolls(PluginContract):
    plugin = Polls
    keeps = True

    def exercise(self, house: House) -> None:
        house.say("ann", '/poll "Lunch?" pizza | pasta | salad')
        house.click("bob", "pizza")
        house.click("ann", "salad")
        for command in ("poll list", "poll show", "poll export", "poll close"):
            house.command("ann", command)

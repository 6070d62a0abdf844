"""Memory keeps to what every plugin keeps to."""

from __future__ import annotations

import json

from butler.testing import House
from butler.testing.contracts import PluginContract
from butler_memory import Memory


class TestMemory(PluginContract):
    plugin = Memory
    keeps = True

    def exercise(self, house: House) -> None:
        fact = {"message": 1, "quote": "I have a cat", "text": "ann has a cat", "about": "ann"}
        house.model.rule("The conversation:", json.dumps({"facts": [fact]}))
        house.say("ann", "TheButler, I have a cat")
        house.dm("ann", "/remember I am allergic to nuts")
        house.advance(minutes=2)
        for command in ("memories", "remember tea is good"):
            house.command("ann", command)

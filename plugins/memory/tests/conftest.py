"""Houses whose butler has a model and a memory, and a model that finds the facts it is told."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

import pytest
from butler import Prompt
from butler.testing import House
from butler_memory import Memory
from butler_memory.tables import Item

TOML = """
[personas.TheButler]
model = "script:one"
[plugins.memory]
extract_after = 5
"""
ALLOWED = "budget_new_guild_day_requests = 100000\nbudget_person_hour_requests = 100000\n"


class Minded:
    """A house in which the model finds facts: ``learn("I live in Paris", text="ann lives in Paris", …)``."""

    def __init__(self, house: House) -> None:
        self.house = house
        self.told: dict[str, list[dict[str, Any]]] = {}
        house.model.rule("The conversation:", self._answer)

    def _answer(self, prompt: Prompt) -> str:
        found = []
        lines = re.findall(r"^(\d+)\. [^:]*: (.*)$", prompt.turns[-1].text, re.MULTILINE)
        for number, line in lines:
            found += [{"message": int(number), "quote": line, **fact} for fact in self.told.get(line, [])]
        return json.dumps({"facts": found})

    def teach(self, said: str, **fact: Any) -> None:
        """The model finds this in what somebody says."""
        self.told.setdefault(said, []).append(fact)

    def learn(self, who: str, said: str, *, guild: str = "", **fact: Any) -> None:
        """Somebody says it (in private, or to TheButler in a guild), and it is looked at."""
        text = f"TheButler, {said}" if guild else said
        self.teach(text, about=who, **fact)
        if guild:
            self.house.say(who, text, guild=guild)
        else:
            self.house.dm(who, text)
        self.house.advance(seconds=10)

    def kept(self, state: str = "current") -> list[str]:
        """The texts of all memories of a state."""

        def look() -> list[str]:
            return [row.text for row in Item.select().where(Item.state == state).order_by(Item.id)]

        return self.house.run(self.house.host.database.read(look))

    def prompt(self, who: str, said: str, *, guild: str = "") -> str:
        """All that the model was told when somebody says this."""
        before = len(self.house.model.prompts)
        if guild:
            self.house.say(who, f"TheButler, {said}", guild=guild)
        else:
            self.house.dm(who, said)
        found = self.house.model.prompts[before]
        return "\n".join(turn.text for turn in found.turns[:-1])


@pytest.fixture
def minded(make_house: Callable[..., House]) -> Minded:
    """With a scripted model, on SQLite."""
    return Minded(make_house([Memory], toml=f"[host]\n{ALLOWED}{TOML}"))


@pytest.fixture(params=["sqlite", "postgresql"])
def minded_on(request: pytest.FixtureRequest, make_house: Callable[..., House]) -> Minded:
    """The same on both engines."""
    if request.param == "sqlite":
        return Minded(make_house([Memory], toml=f"[host]\n{ALLOWED}{TOML}"))
    url = request.getfixturevalue("postgresql_url")
    return Minded(make_house([Memory], toml=f"[host]\n{ALLOWED}database = '{url}'\n{TOML}"))

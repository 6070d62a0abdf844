"""The ledger against a reckoning of its own: whatever is done, and wherever the host is killed (KARMA-4)."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable

import pytest
from butler import Rank
from butler.testing import House
from butler_karma import Karma

MakeHouse = Callable[..., House]
PEOPLE = ("ann", "bob", "carol")
THINGS = ("coffee", "tea")
NO_LIMITS = "[plugins.karma]\nper_hour = 1000000\ncooldown = 0"


class Reckoning:
    """What the votes should come to, kept beside the host."""

    def __init__(self) -> None:
        self.votes: list[tuple[str, str, int, str]] = []
        """Who, whom, how much, by which reaction; those that stand, oldest first."""

    def vote(self, giver: str, target: str, amount: int, cause: str = "") -> None:
        if giver != target:
            self.votes.append((giver, target, amount, cause))

    def undo(self, giver: str, most: int, cause: str = "") -> None:
        mine = [vote for vote in self.votes if vote[0] == giver and cause in ("", vote[3])]
        for vote in mine[::-1][:most]:
            del self.votes[len(self.votes) - 1 - self.votes[::-1].index(vote)]

    @property
    def totals(self) -> Counter[str]:
        has: Counter[str] = Counter(dict.fromkeys((*PEOPLE, *THINGS), 0))
        for _, target, amount, _ in self.votes:
            has[target] += amount
        return has


def totals(house: House) -> Counter[str]:
    has: Counter[str] = Counter(dict.fromkeys((*PEOPLE, *THINGS), 0))
    rows = house.query("select target, sum(amount) from karma_entry group by target")
    has.update({str(target).partition(":")[2]: int(amount) for target, amount in rows})
    return has


@pytest.mark.spec("KARMA-4", "HOST-5")
@pytest.mark.parametrize("deeds", [250, pytest.param(100_000, marks=pytest.mark.soak)])
def test_the_ledger_adds_up_after_many_deeds_and_kills(make_house: MakeHouse, deeds: int) -> None:
    house, should, chance = make_house([Karma], toml=NO_LIMITS), Reckoning(), random.Random(deeds)
    messages = {name: house.post(name, "hello") for name in PEOPLE}
    house.rank("ann", Rank.MANAGER)
    reacted: set[tuple[str, str]] = set()
    for _ in range(deeds):
        who, whom = chance.choice(PEOPLE), chance.choice(PEOPLE + THINGS)
        deed = chance.choices(["say", "killed", "react", "undo", "restart"], [60, 6, 25, 8, 1])[0]
        if deed in {"say", "killed"}:
            sign = chance.choice(("++", "--"))
            should.vote(who, whom, 1 if sign == "++" else -1)
            house.post(who, f"{whom}{sign}", settle=deed == "say")
            if deed == "killed":
                house.steps(chance.randrange(40))
                house.crash()
        elif deed == "react" and whom in messages and (who, whom) not in reacted:
            house.react(who, messages[whom], "👍")
            should.vote(who, whom, 1, whom)
            reacted.add((who, whom))
        elif deed == "react" and whom in messages:
            house.unreact(who, messages[whom], "👍")
            should.undo(who, 1, whom)
            reacted.discard((who, whom))
        elif deed == "undo" and whom in PEOPLE:
            most = chance.randrange(1, 3)
            house.command("ann", f"karma undo {whom} {most}")
            should.undo(whom, most)
        elif deed == "restart":
            house.restart()
    assert totals(house) == should.totals
    for name, has in should.totals.items():
        assert house.command("ann", f"karma {name}") == [f"{name} has {has} karma."]

"""The whole house while its store is in trouble, and on PostgreSQL (OPS-9, HOST-20)."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from butler.testing.house import House

Make = Callable[..., House]


@pytest.mark.spec("OPS-9")
@pytest.mark.parametrize("trouble", ["store_locked", "disk_full", "read_only"])
def test_what_is_said_while_the_store_is_away_is_answered_once_when_it_is_back(make_house: Make, trouble: str) -> None:
    house = make_house()
    house.model.rule("", lambda prompt: prompt.turns[-1].text.partition(": ")[2])
    with getattr(house.faults, trouble)():
        for number in range(20):
            house.post("ann", str(number), to=house.channel(members=2), settle=False)
        house.settle(2)
    house.advance(minutes=1)
    assert [shown.text for shown in house.shown] == [str(number) for number in range(20)]


@pytest.mark.spec("HOST-20")
def test_the_whole_house_lives_on_postgresql_over_restart_and_crash(make_house: Make, postgresql_url: str) -> None:
    toml = f'[host]\ndatabase = "{postgresql_url}"\n[personas.TheButler]\nmodel = "script"\nprompt = "x"\n'
    house = make_house(["karma"], toml=toml)
    house.model.rule("", lambda prompt: prompt.turns[-1].text.partition(": ")[2])
    assert house.say("ann", "one", members=2) == ["one"]
    assert "1 karma" in house.say("ann", "coffee++", members=2)[0]
    house.restart()
    assert house.say("ann", "two", members=2) == ["two"]
    for number in range(10):
        house.post("ann", f"n{number}", to=house.channel(members=2), settle=False)
    house.crash()
    house.settle()
    assert [shown.text for shown in house.shown if shown.persona] == ["one", "two", *(f"n{i}" for i in range(10))]
    (top,) = house.command("ann", "karma top", members=2)
    assert "coffee: 1" in top

"""In which guilds the host answers: asked, allowed, refused, and an operator's word on it (HOST-30)."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from butler import Rank
from butler.testing.house import House

Make = Callable[..., House]
HOST = "[host]\noperators = ['test:boss']\nquiet_hours = ''\nbudget_new_guild_day_requests = 1\n"


def _house(make_house: Make, toml: str = HOST) -> House:
    house = make_house(toml=toml)
    house.world.local = False
    return house


def _told(house: House) -> list[str]:
    return [shown.text for shown in house.shown if shown.channel == "test:dm/test:boss"]


def _state(house: House, guild: str = "den") -> str:
    return house.host.admissions.of(f"test:{guild}").state


def _speaks(house: House, who: str = "ann", guild: str = "den") -> bool:
    said = house.say(who, "TheButler, hello", guild=guild)
    return bool(said) and "I am sorry" not in said[0]


@pytest.mark.spec("HOST-30")
def test_an_operator_is_told_once_of_a_new_guild_and_it_has_a_small_budget(make_house: Make) -> None:
    house = _house(make_house)
    assert [_speaks(house), _speaks(house)] == [True, False]
    house.restart()
    house.say("ann", "anybody?")
    assert _state(house) == "asked"
    assert len(_told(house)) == 1
    assert "`guilds allow test:den`" in _told(house)[0]


@pytest.mark.spec("HOST-30")
def test_a_guild_that_is_allowed_has_no_small_budget_over_restarts(make_house: Make) -> None:
    house = _house(make_house)
    assert [_speaks(house), _speaks(house)] == [True, False]
    assert "without the small budget" in house.dm("boss", "/guilds allow test:den")[0]
    house.restart()
    assert [_speaks(house), _speaks(house)] == [True, True]
    assert _state(house) == "allowed"


@pytest.mark.spec("HOST-30")
def test_in_a_guild_that_is_refused_nothing_is_said_and_nothing_kept(make_house: Make) -> None:
    house = _house(make_house)
    house.say("ann", "good morning")
    house.dm("boss", "/guilds refuse test:den")
    house.restart()
    assert not _speaks(house)
    assert house.query("select text from host_inbox where guild = 'test:den'") == [("good morning",)]
    assert _speaks(house, guild="sea")
    house.dm("boss", "/guilds allow test:den")
    assert _speaks(house)


@pytest.mark.spec("HOST-30")
@pytest.mark.parametrize(
    ("policy", "guild", "state"),
    [
        ("allowlist", "den", "allowed"),
        ("allowlist", "sea", "refused"),
        ("any", "sea", "allowed"),
        ("ask", "sea", "asked"),
    ],
)
def test_the_policy_decides_of_a_new_guild(make_house: Make, policy: str, guild: str, state: str) -> None:
    house = _house(make_house, HOST + f"new_guilds = '{policy}'\nallow = ['test:den']\n")
    assert _speaks(house, guild=guild) is (state != "refused")
    assert _state(house, guild) == state
    assert bool(_told(house)) is (state == "asked")


@pytest.mark.spec("HOST-30")
def test_a_configured_guild_and_direct_conversations_need_no_word(make_house: Make) -> None:
    house = _house(make_house, HOST + "[guilds.'test:den']\nlanguage = 'en'\n")
    assert _speaks(house)
    house.dm("ann", "hello")
    assert (house.host.admissions.known, _told(house)) == ([], [])


@pytest.mark.spec("HOST-30", "HOST-12")
def test_the_owner_of_a_guild_has_no_word_on_it(make_house: Make) -> None:
    house = _house(make_house)
    house.rank("ann", Rank.OWNER)
    assert "Only those who run me" in house.command("ann", "guilds allow test:den")[0]
    assert _state(house) == "asked"


@pytest.mark.spec("HOST-30")
def test_a_guild_that_nobody_met_is_named_with_what_to_do(make_house: Make) -> None:
    house = _house(make_house)
    assert "I know no guild test:nowhere" in house.dm("boss", "/guilds allow test:nowhere")[0]


@pytest.mark.spec("HOST-30", "HOST-6")
def test_the_first_messages_of_a_new_guild_keep_their_order(make_house: Make) -> None:
    house = _house(make_house)
    for number in range(20):
        house.post("ann", f"number {number}", to=house.channel(), settle=False)
    house.settle()
    rows = house.query("select text from host_inbox where guild = 'test:den' order by seq")
    assert [text for (text,) in rows] == [f"number {number}" for number in range(20)]


@pytest.mark.spec("HOST-22", "HOST-30")
def test_what_an_operator_decided_holds_after_they_are_forgotten(make_house: Make) -> None:
    house = _house(make_house)
    house.say("ann", "good morning")
    house.dm("boss", "/guilds refuse test:den")
    receipt = house.run(house.host.privacy.forget("test:boss"))
    assert all(line.gone for line in receipt.lines), receipt.text
    assert house.query("select by from host_admissions") == [(receipt.replacement,)]
    house.restart()
    assert _state(house) == "refused"

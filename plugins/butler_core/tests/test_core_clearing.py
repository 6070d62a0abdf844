"""``/clearchat`` deletes the right messages in steps, with estimate and progress, and stops when asked (CORE-15)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

import pytest
from butler import Action, Message, PlatformError, Rank
from butler.testing import House
from butler_core import ButlerCore
from butler_core.clearing.plan import BULK_AGE, planned, spoken

pytestmark = pytest.mark.spec("CORE-15")


@pytest.fixture
def house(make_house: Callable[..., House]) -> House:
    house = make_house([ButlerCore])
    house.rank("ann", Rank.MANAGER)
    house.world.before = lambda action: refuse_old(house, action)
    return house


def refuse_old(house: House, action: Action) -> None:
    """As Discord does; and as there, each deletion takes its time."""
    if action.kind != "bulk_delete":
        return
    ages = {each.id: house.clock.now() - each.at for each in house.world.said}
    many = action.data["messages"]
    if not 2 <= len(many) <= 100 or any(ages[each] > dt.timedelta(days=14) for each in many if each in ages):
        raise PlatformError("a bulk delete takes 2 to 100 messages younger than 14 days")


def fill(house: House, old: int, young: int) -> tuple[list[Message], list[Message]]:
    """A channel with so many messages on both sides of the 14 days."""
    before = [house.post("bob", f"old {number}", settle=False) for number in range(old)]
    house.settle()
    house.advance(days=20)
    after = [house.post("bob", f"young {number}", settle=False) for number in range(young)]
    house.settle()
    return before, after


def left(house: House) -> set[str]:
    return {each.id for each in house.world.said}


def steps(house: House) -> list[int]:
    kinds = {"bulk_delete": lambda action: len(action.data["messages"]), "delete": lambda action: 1}
    return [kinds[done.action.kind](done.action) for done in house.sent if done.action.kind in kinds]


def test_five_hundred_with_120_old_ones_go_in_steps_and_pins_stay(house: House) -> None:
    old, young = fill(house, old=150, young=382)
    house.world.pinned = [old[-1].id, young[3].id, young[-1].id]
    asked = house.say("ann", "/clearchat 500")
    assert asked[0].startswith(
        "Delete 500 messages? 120 of them are older than 14 days and go one by one, which takes about 2 minutes. "
        "3 messages are pinned and will stay."
    )
    house.click("ann", "Delete 500")
    house.advance(minutes=3)
    assert steps(house) == [100, 100, 100, 80] + [1] * 120
    gone = {*[each.id for each in young], *[each.id for each in old[29:]]} - {*house.world.pinned}
    assert len(gone) == 500
    assert not gone & left(house)
    assert {each.id for each in old[:29]} | {*house.world.pinned} <= left(house)
    assert house.shown[-1].text == "500 messages deleted. 3 messages pinned, kept."


def test_progress_shows_how_far_it_is(house: House) -> None:
    fill(house, old=20, young=250)
    house.say("ann", "/clearchat 270")
    house.world.delay = 1.0
    house.click("ann", "Delete 270")
    house.advance(minutes=1)
    told = [each.action.reply.text for each in house.sent if each.action.kind == "edit" and each.action.reply]
    progress = [text for text in dict.fromkeys(told) if text.startswith("Clearing")]
    assert len(progress) > 5
    assert any(text.startswith(("Clearing: 250", "Clearing: 251", "Clearing: 252")) for text in progress)
    assert told[-1] == "270 messages deleted."


def test_it_stops_when_asked(house: House) -> None:
    fill(house, old=60, young=5)
    house.say("ann", "/clearchat 65")
    house.world.delay = 1.0
    start(house, "ann", "Delete 65")
    house.advance(seconds=20)
    start(house, "ann", "Stop")
    house.advance(seconds=10)
    text = house.shown[-1].text
    assert text.startswith("Stopped: ")
    told = int(text.split()[1])
    assert sum(steps(house)) == told < 60
    house.advance(minutes=5)
    assert sum(steps(house)) == told


def start(house: House, who: str, label: str) -> None:
    """Press a button without waiting for what follows."""
    settle, house.settle = house.settle, lambda: None  # type: ignore[method-assign]
    try:
        house.click(who, label)
    finally:
        house.settle = settle  # type: ignore[method-assign]


def test_only_the_newer_ones_go_where_that_is_chosen(house: House) -> None:
    old, _ = fill(house, old=30, young=20)
    house.say("ann", "/clearchat 50")
    house.click("ann", "Only the newer 20")
    house.advance(minutes=1)
    assert steps(house) == [20]
    assert {each.id for each in old} <= left(house)


def test_left_as_it_is_where_that_is_chosen(house: House) -> None:
    fill(house, old=0, young=5)
    house.say("ann", "/clearchat 5")
    assert house.click("ann", "Leave it") == ["Nothing was deleted."]
    house.advance(minutes=1)
    assert steps(house) == []


def test_it_goes_on_after_a_crash(house: House) -> None:
    fill(house, old=50, young=0)
    house.say("ann", "/clearchat 50")
    house.world.delay = 1.0
    start(house, "ann", "Delete 50")
    house.advance(seconds=15)
    assert 2 < sum(steps(house)) < 40
    house.crash()
    house.advance(minutes=2)
    assert not [each for each in house.world.said if each.text.startswith("old")]
    assert house.shown[-1].text.startswith(("50 messages deleted", "49 messages deleted"))


def test_where_many_cannot_go_together_they_go_one_by_one(house: House) -> None:
    house.world.abilities -= {"bulk_delete"}
    fill(house, old=2, young=3)
    asked = house.say("ann", "/clearchat 5")
    assert asked[0].startswith("Delete 5 messages? They go one by one, which takes a few seconds.")
    house.click("ann", "Delete 5")
    house.advance(minutes=1)
    assert steps(house) == [1] * 5


def test_members_may_not(house: House) -> None:
    fill(house, old=0, young=3)
    assert "manager" in house.say("bob", "/clearchat 3")[0].casefold()


@pytest.mark.parametrize("count", ["0", "-1", "1001", "all"])
def test_a_wrong_count_is_said(house: House, count: str) -> None:
    house.say("bob", "hello")
    assert "ount must be" in house.say("ann", f"/clearchat {count}")[0]


def test_where_nothing_can_be_deleted_one_line_says_so(house: House) -> None:
    house.say("bob", "hello")
    house.world.abilities -= {"delete", "bulk_delete"}
    assert house.say("ann", "/clearchat 3") == ["Messages cannot be deleted on test"]


def test_one_that_is_refused_throughout_is_given_up(house: House) -> None:
    fill(house, old=30, young=0)

    def refuse(action: Action) -> None:
        if action.kind == "delete":
            raise PlatformError("no right to")

    house.world.before = refuse
    house.say("ann", "/clearchat 30")
    house.click("ann", "Delete 30")
    house.advance(minutes=2)
    assert house.shown[-1].text == "0 messages deleted. 5 were gone already, or I may not delete them."


def test_the_border_lies_below_fourteen_days(house: House) -> None:
    said = house.post("bob", "hello")
    border = said.at + BULK_AGE
    assert planned([said], (), 1, border - dt.timedelta(seconds=1), together=True).young == (said.id,)
    assert planned([said], (), 1, border, together=True).old == (said.id,)


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(3, "a few seconds"), (42, "about 40 seconds"), (121, "about 2 minutes"), (7300, "about 2 hours")],
)
def test_a_time_is_told_as_people_say_it(seconds: float, said: str) -> None:
    assert spoken(seconds) == said

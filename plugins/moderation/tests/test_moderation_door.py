"""Raids, roles and the log (MOD-3, MOD-4, MOD-5)."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from butler import Action, Attachment, Rank
from butler.testing import House
from butler_moderation import Moderation

MakeHouse = Callable[..., House]


@pytest.fixture
def house(make_house: MakeHouse) -> House:
    house = make_house([Moderation])
    house.world.roles = {"test:admin": "Admin", "test:red": "Red", "test:blue": "Blue", "test:wait": "Waiting"}
    house.person("dora", rank=Rank.ADMIN, roles=("test:admin",))
    house.rank("mara", Rank.MANAGER)
    for who in ("ann", "bob", "mara", "dora"):
        house.say(who, "hello")
    house.say("dora", "this is the log", channel="log")
    house.say("dora", "this is the chronicle", channel="events")
    house.set("moderation.log_channel", "test:den/log", guild="den")
    house.set("moderation.event_channel", "test:den/events", guild="den")
    house.set("moderation.verify_role", "test:wait", guild="den")
    return house


def roles(house: House) -> list[tuple[str, list[str], list[str]]]:
    acts: list[Action] = [each.action for each in house.sent if each.action.kind == "roles"]
    return [(each.target, list(each.data.get("add", ())), list(each.data.get("remove", ()))) for each in acts]


def said(house: House, channel: str) -> list[str]:
    return [shown.text for shown in house.shown if shown.channel == f"test:den/{channel}"]


# --- raids --------------------------------------------------------------------------------------------


def test_two_hundred_joins_in_a_minute_lock_once_alert_once_and_one_command_undoes_it(house: House) -> None:
    for number in range(200):
        house.join(f"raider{number}")
        house.advance(seconds=0.25)
    alerts = [line for line in said(house, "log") if line.startswith("**Raid**")]
    assert len(alerts) == 1
    given = [who for who, add, _ in roles(house) if add == ["test:wait"]]
    assert len(given) == len(set(given)) == 200
    assert house.say("mara", "/raid off") == ["The door is open again; 200 people were let in."]
    taken = [who for who, _, remove in roles(house) if remove == ["test:wait"]]
    assert sorted(taken) == sorted(given)
    house.join("guest")
    assert roles(house)[-1][0] != "test:guest"


def test_a_locked_door_stays_locked_over_a_crash(house: House) -> None:
    for number in range(16):
        house.join(f"raider{number}")
    house.crash()
    house.join("late")
    assert roles(house)[-1] == ("test:late", ["test:wait"], [])
    house.click("mara", "Open the door")
    assert "The door is open" in house.say("mara", "/raid")[0]


def test_as_many_in_an_hour_are_no_raid(house: House) -> None:
    for number in range(30):
        house.join(f"guest{number}")
        house.advance(minutes=2)
    assert roles(house) == []


def test_where_there_are_no_roles_the_alert_says_so(house: House) -> None:
    house.world.abilities -= {"roles"}
    house.say("mara", "/raid on")
    assert "but roles cannot be given here" in said(house, "log")[-1]


# --- roles --------------------------------------------------------------------------------------------


def test_who_joins_gets_roles_at_once_or_after_a_while_also_over_a_restart(house: House) -> None:
    house.set("moderation.join_roles", "test:red", guild="den")
    house.join("eve")
    assert roles(house) == [("test:eve", ["test:red"], [])]
    house.set("moderation.join_minutes", "10", guild="den")
    house.join("fay")
    house.join("gus")
    house.leave("gus")
    house.restart()
    house.advance(minutes=11)
    assert roles(house)[1:] == [("test:fay", ["test:red"], [])]


def test_roles_that_stick_come_back_with_their_owner(house: House) -> None:
    house.set("moderation.sticky_roles", "test:red", guild="den")
    house.person("bob", roles=("test:red", "test:admin"))
    house.leave("bob")
    house.join("bob")
    assert roles(house) == [("test:bob", ["test:red"], [])]


def test_a_button_gives_a_role_and_takes_it_and_only_one_of_them(house: House) -> None:
    house.say("dora", '/rolepanel "Red, Blue" buttons yes Choose your colour')
    house.restart()
    assert house.click("bob", "Red") == ["+ Red"]
    house.person("bob", roles=("test:red",))
    assert house.click("bob", "Blue") == ["+ Blue, - Red"]
    house.person("bob", roles=("test:blue",))
    assert house.click("bob", "Blue") == ["- Blue"]
    assert roles(house)[1] == ("test:bob", ["test:blue"], ["test:red"])


def test_a_menu_gives_exactly_what_was_chosen(house: House) -> None:
    house.say("dora", '/rolepanel "Red, Blue" menu no Choose your colours')
    house.choose("bob", "Red", "Blue")
    assert roles(house) == [("test:bob", ["test:red", "test:blue"], [])]


def test_a_reaction_gives_a_role_and_taken_back_takes_it(house: House) -> None:
    house.say("dora", '/rolepanel "🔴=Red, 🔵=Blue" reactions no React')
    panel = next(shown for shown in house.shown if shown.text.startswith("React"))
    assert panel.reactions == ["🔴", "🔵"]
    house.crash()
    house.react("bob", panel.id, "🔵")
    house.unreact("bob", panel.id, "🔵")
    assert roles(house) == [("test:bob", ["test:blue"], []), ("test:bob", [], ["test:blue"])]


def test_whoever_accepts_the_rules_gets_a_role(house: House) -> None:
    house.say("dora", "/rulesbutton Red Be kind.")
    assert house.click("bob", "I accept") == ["+ I accept"]
    assert roles(house) == [("test:bob", ["test:red"], [])]


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ('/rolepanel "Green" buttons no x', "There is no role 'Green' here"),
        ('/rolepanel "Admin" buttons no x', "stands as high as yours"),
        ('/rolepanel "Red" reactions no x', "needs an emoji"),
    ],
)
def test_what_cannot_be_handed_out_is_said(house: House, line: str, told: str) -> None:
    assert told in house.say("dora", line)[0]


# --- the log ------------------------------------------------------------------------------------------


def test_edits_deletions_joins_and_names_are_written_down_with_what_was_before(house: House) -> None:
    files = (Attachment("cat.png", "https://example.org/cat.png"),)
    house.edit("bob", house.post("bob", "the first"), "the second")
    house.delete("bob", house.post("bob", "a cat", attachments=files))
    house.join("eve")
    lines = said(house, "events")
    assert lines[0] == "**bob** (test:bob) in #hall: edited a message\nbefore: the first\nafter: the second"
    assert "a message of bob (test:bob) was deleted: a cat (files: cat.png)" in lines[1]
    assert lines[2] == "**eve** (test:eve): joined"
    (told,) = house.say("mara", "/modlog bob")
    assert "before: the first" in told


def test_the_log_forgets_after_its_days(house: House) -> None:
    house.join("eve")
    house.advance(days=32)
    assert "Nothing is written down." in house.say("mara", "/modlog")[0]

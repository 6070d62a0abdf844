"""Buttons, menus, pages: whoever may uses them, once, also after a restart (HOST-10)."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import attrs
import pytest
from butler import ButlerError, Button, Call, Message, Plugin, Rank, Reply, command, hookimpl
from butler.testing import House

pytestmark = pytest.mark.spec("HOST-10")
Presses = Callable[[House], list[tuple[str, str]]]


def test_a_button_gives_its_value_back_to_its_action(desk_house: House) -> None:
    desk_house.say("ann", "/vote")
    assert desk_house.click("bob", "Yes") == ["bob: yes 3"]
    assert desk_house.click("ann", "No") == ["ann: no 2"]


def test_a_button_is_good_after_a_restart_and_a_crash(desk_house: House, presses: Presses) -> None:
    desk_house.say("ann", "/vote")
    desk_house.restart()
    assert desk_house.click("bob", "Yes") == ["bob: yes 3"]
    desk_house.crash()
    assert desk_house.click("bob", "Yes") == ["bob: yes 3"]
    assert presses(desk_house) == [("test:bob", "yes")] * 2


def test_a_value_of_any_length_comes_back_also_after_a_restart(desk_house: House) -> None:
    desk_house.say("ann", "/mine")
    assert len(desk_house.shown[-1].reply.buttons[0].id) <= 100
    desk_house.restart()
    assert desk_house.click("ann", "Mine") == ["ann: xxxxx 200"]


def test_only_those_who_are_named_may_use_it_and_only_for_its_time(desk_house: House) -> None:
    desk_house.say("ann", "/mine")
    assert desk_house.click("bob", "Mine") == ["That is for somebody else."]
    desk_house.advance(seconds=61)
    assert desk_house.click("ann", "Mine") == ["That is too old to be used; ask for it again."]


@pytest.mark.parametrize(
    "forge", [lambda i: "", lambda i: i[:-1] + "z", lambda i: "A" * 12 + i[12:], lambda i: "x" * 300]
)
def test_an_id_that_nobody_signed_does_nothing(
    desk_house: House, presses: Presses, forge: Callable[[str], str]
) -> None:
    desk_house.say("ann", "/vote")
    shown = desk_house.shown[-1]
    forged = forge(shown.reply.buttons[0].id)
    assert desk_house.uses("bob", shown, text=forged, do="control") == ["That button is not one of mine."]
    assert presses(desk_house) == []


def test_the_ids_of_another_host_are_forged_ones_here(desk_house: House, make_house: Any) -> None:
    from host.tests.controls.conftest import Desk

    other = make_house([Desk])
    other.say("ann", "/vote")
    identifier = other.shown[-1].reply.buttons[0].id
    assert desk_house.uses("ann", desk_house.channel(), text=identifier, do="control") == [
        "That button is not one of mine."
    ]


def test_the_same_press_delivered_twice_counts_once(desk_house: House, presses: Presses) -> None:
    desk_house.say("ann", "/vote")
    desk_house.click("bob", "Yes")
    press = [event for event in desk_house.world.events if event.kind == "interaction"][-1]
    desk_house.world.happens(press)
    desk_house.settle()
    assert presses(desk_house) == [("test:bob", "yes")]


@pytest.mark.parametrize("steps", range(0, 120, 4))
def test_whenever_the_host_is_killed_a_press_counts_once_and_is_answered_once(
    desk_house: House, presses: Presses, steps: int
) -> None:
    desk_house.say("ann", "/vote")
    button = desk_house.shown[-1].reply.buttons[0]
    shown = desk_house.shown[-1]
    desk_house.settle = lambda patience=0: None  # type: ignore[method-assign,assignment]
    desk_house.uses("bob", shown, text=button.id, do="control")
    del desk_house.settle
    desk_house.steps(steps)
    desk_house.crash()
    desk_house.settle()
    assert presses(desk_house) == [("test:bob", "yes")]
    assert [each.text for each in desk_house.shown].count("bob: yes 3") == 1


@pytest.mark.spec("HOST-12")
def test_an_action_runs_from_its_rank_on_and_answers_for_their_eyes_alone(desk_house: House) -> None:
    desk_house.say("ann", "/panel")
    assert desk_house.click("bob", "Rule") == ["That needs the rank manager here; yours is member."]
    desk_house.rank("bob", Rank.MANAGER)
    assert desk_house.click("bob", "Rule") == ["ruled"]
    assert desk_house.shown[-1].reply.ephemeral


def test_an_action_waits_between_two_uses_of_one_person(desk_house: House) -> None:
    desk_house.say("ann", "/panel")
    assert desk_house.click("bob", "Slow") == ["used"]
    assert desk_house.click("bob", "Slow") == ["That can be used again in 10 s."]
    assert desk_house.click("ann", "Slow") == ["used"]
    desk_house.advance(seconds=11)
    assert desk_house.click("bob", "Slow") == ["used"]


@pytest.mark.spec("HOST-9")
def test_an_action_that_fails_says_one_neutral_line(desk_house: House) -> None:
    desk_house.say("ann", "/panel")
    (text,) = desk_house.click("bob", "Fail")
    assert text.startswith("Something went wrong with that")
    assert "secret" not in text


@pytest.mark.spec("HOST-3")
def test_a_button_of_a_disabled_plugin_does_nothing(desk_house: House) -> None:
    desk_house.say("ann", "/vote")
    desk_house.disable("desk", guild="den")
    assert desk_house.click("bob", "Yes") == ["That button does nothing any more."]


def test_machines_press_nothing(desk_house: House, presses: Presses) -> None:
    desk_house.say("ann", "/vote")
    desk_house.person("robot", bot=True)
    assert desk_house.click("robot", "Yes") == []
    assert presses(desk_house) == []


def test_an_action_can_put_something_else_in_the_messages_place(desk_house: House) -> None:
    desk_house.say("ann", "/panel")
    before = len(desk_house.shown)
    assert desk_house.click("bob", "Count") == ["Panel 1"]
    assert desk_house.click("ann", "Count") == ["Panel 2"]
    assert len(desk_house.shown) == before
    assert [button.label for button in desk_house.shown[-1].reply.buttons] == ["Count"]


def test_what_a_hook_says_can_have_buttons(desk_house: House) -> None:
    desk_house.say("ann", "button please")
    assert desk_house.click("ann", "Here") == ["ann: hook 4"]


def test_a_button_of_no_action_is_refused_with_the_remedy(make_house: Any) -> None:
    problems: list[str] = []

    class Lost(Plugin):
        """Forgot its action."""

        @hookimpl
        async def on_message(self, message: Message) -> None:
            try:
                await message.reply("x", buttons=(Button("x", "nothing"),))
            except ButlerError as error:
                problems.append(str(error))

        @command
        async def lost(self, call: Call) -> Reply:
            """Show it."""
            return Reply("x", buttons=(Button("x", "nothing"),))

    house = make_house([Lost])
    house.say("ann", "hello")
    assert "declare it with @action('nothing')" in problems[0]
    (text,) = house.say("ann", "/lost")
    assert text.startswith("Something went wrong")
    assert "declare it with @action('nothing')" in house.misdeeds[-1].error


# --- menus ---------------------------------------------------------------------------------------------


def test_a_menu_gives_the_values_of_what_was_chosen(desk_house: House) -> None:
    desk_house.say("ann", "/order")
    assert desk_house.choose("bob", "Tea", "Water") == ["table 3: t, Water"]


def test_a_menu_of_people_gives_people(desk_house: House) -> None:
    desk_house.say("bob", "hello")
    desk_house.say("ann", "/invite")
    assert desk_house.choose("ann", desk_house.person("bob"), desk_house.person("carol")) == ["bob and carol"]


# --- pages ---------------------------------------------------------------------------------------------


def test_a_long_list_is_shown_a_page_at_a_time(desk_house: House) -> None:
    (first,) = desk_house.say("ann", "/many")
    assert first.splitlines()[:2] == ["**Things**", "thing 0"]
    assert first.endswith("thing 9\n\nPage 1 of 3")
    desk_house.restart()
    assert desk_house.click("bob", "Next")[0].endswith("thing 19\n\nPage 2 of 3")
    assert desk_house.click("bob", "Next")[0].endswith("thing 24\n\nPage 3 of 3")
    assert [button.label for button in desk_house.shown[-1].reply.buttons] == ["Back"]
    assert desk_house.click("bob", "Back")[0].endswith("Page 2 of 3")
    assert len(desk_house.shown) == 1


def test_a_short_list_has_no_pages_and_an_empty_one_says_so(desk_house: House) -> None:
    assert desk_house.say("ann", "/few") == ["None at all."]
    assert desk_house.shown[-1].reply.buttons == ()


# --- questions -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("how", ["click", "type"])
def test_a_question_waits_over_a_crash_and_is_answered_once(desk_house: House, how: str) -> None:
    (asked,) = desk_house.say("ann", "/clear 5")
    assert asked == "Delete 5 messages of None? (yes or no, within 60 s)"
    desk_house.crash()
    answers = desk_house.click("ann", "Yes") if how == "click" else desk_house.say("ann", "yes")
    assert "deleted 5 of all" in answers
    assert "deleted 5 of all" not in desk_house.say("ann", "yes")


def test_the_buttons_of_a_question_go_once_it_is_answered(desk_house: House) -> None:
    desk_house.say("ann", "/clear 5")
    question = desk_house.shown[-1]
    desk_house.click("ann", "No")
    assert question.reply.buttons == ()
    assert desk_house.shown[-1].text == "Very well, nothing was done."


# --- commands of the platform's own --------------------------------------------------------------------


def test_a_command_that_the_platform_took_apart_runs_the_same(desk_house: House) -> None:
    desk_house.say("bob", "hello")
    assert desk_house.slash("ann", "clear", count=3, who=desk_house.person("bob")) == [
        "Delete 3 messages of bob? (yes or no, within 60 s)"
    ]
    assert desk_house.click("ann", "Yes")[-1] == "deleted 3 of bob"
    assert desk_house.slash("ann", "clear", count="many")[0].startswith("count must be a whole number")
    assert desk_house.slash("ann", "gone") == ["There is no command /gone here."]


def test_a_command_that_says_nothing_is_confirmed_in_a_word(desk_house: House) -> None:
    assert desk_house.slash("ann", "silent") == ["Done."]
    assert desk_house.shown[-1].reply.ephemeral


def test_its_answers_refer_to_the_interaction(desk_house: House) -> None:
    desk_house.slash("ann", "vote")
    assert desk_house.shown[-1].reply.to == desk_house.world.events[-1].id


@pytest.mark.spec("HOST-5")
def test_what_acts_outside_is_not_repeated_after_a_crash(make_house: Any) -> None:
    ran: list[str] = []

    class Outside(Plugin):
        """Acts outside."""

        @command(outside=True)
        async def launch(self, call: Call) -> str:
            """Launch it."""
            ran.append("launch")
            await asyncio.sleep(5)
            return "launched"

    house = make_house([Outside])
    house.settle = lambda patience=0: None
    house.slash("ann", "launch")
    del house.settle
    while not ran:
        house.steps(1)
    house.crash()
    house.settle()
    assert ran == ["launch"]
    assert house.shown[-1].text.startswith("`launch` was interrupted by a restart")


def test_a_right_click_reaches_its_plugin(desk_house: House) -> None:
    message = desk_house.post("bob", "tea is bad")
    assert desk_house.right_click("ann", "Report message", message) == ["reported: tea is bad by bob"]
    assert desk_house.right_click("ann", "Praise", desk_house.person("bob")) == [
        "That needs the rank manager here; yours is member."
    ]
    desk_house.rank("ann", Rank.MANAGER)
    assert desk_house.right_click("ann", "Praise", desk_house.person("bob")) == ["well done, bob"]


def test_a_right_click_on_what_the_host_never_saw_uses_what_the_platform_says(desk_house: House) -> None:
    told = {"text": "old", "author": "test:zed", "name": "Zed"}
    channel = desk_house.channel()
    assert desk_house.uses(
        "ann",
        channel,
        target="test:old",
        do="context",
        plugin="desk",
        name="Report message",
        on="message",
        message=told,
    ) == ["reported: old by Zed"]


def test_a_card_stays_a_card_where_there_are_cards(desk_house: House) -> None:
    desk_house.say("ann", "/card")
    card = desk_house.shown[-1].reply.card
    assert card is not None
    assert attrs.astuple(card)[:2] == ("Ann", "A member")

"""Help comes from docstrings and signatures, for whoever asks, in the platform's prefix (HOST-10, HOST-11)."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from butler.declare import Command
from butler.plugin import Plugin
from butler.services.commands.help import PAGE

pytestmark = pytest.mark.spec("HOST-10", "HOST-11")


def test_help_lists_by_plugin_what_the_person_may_use(desk: Any) -> None:
    assert desk.answer("ann", "/help").splitlines() == [
        "**host** – The house itself",
        "- `/help` Say what there is, or how to use one command.",
        "- `/whoami` Say who you are to the host, and what you may do here.",
        "",
        "**karma** – Points for people",
        "- `/karma` Show somebody's karma (yours, if nobody is named). (give, reset)",
        "- `/thank` Thank the author.",
        "",
        "**tools** – This and that",
        "- `/boom` Fail.",
        "- `/every` One option of each kind.",
        "- `/remind` Say something later.",
        "",
        "`/help NAME` says more about one of them.",
    ]


def test_help_of_a_command_says_usage_options_subcommands_aliases_examples_and_who(desk: Any) -> None:
    desk.prefix = "!"
    assert desk.answer("ann", "!help /karma").splitlines() == [
        "`!karma [person]`",
        "Show somebody's karma (yours, if nobody is named).",
        "",
        "- `person` a person",
        "",
        "- `!karma give person [points] [reason…]` Give somebody points.",
        "- `!karma reset` Forget all points.",
        "",
        "Examples:",
        "- `!karma bob`",
        "",
        "For members; also `!k`.",
    ]
    assert desk.answer("ann", "!help karma give").splitlines()[-1] == "For members; also `!karma g`; once in 10 s."
    assert desk.answer("ann", "!help karma reset").splitlines()[-1] == "For managers; asks before it acts."
    assert desk.answer("ann", "!help house burn").splitlines()[-1] == "For admins with the permission house.burn."


def test_help_of_options_says_choices_and_defaults(desk: Any) -> None:
    lines = desk.answer("ann", "/help every").splitlines()
    assert lines[0] == "`/every text [small|large] [good|very-bad] [share] [loud] [span=…] [where=…]`"
    assert "- `size` one of small, large (default small)" in lines
    assert "- `share` a number (default 0.5)" in lines
    assert "- `span` a duration such as 30m, 2h or 1d (default 5m)" in lines
    assert "- `loud` yes or no (default no)" in lines
    assert "- `mood` one of good, very-bad" in lines


def test_help_of_a_plugin_shows_its_part_and_of_nothing_the_nearest(desk: Any) -> None:
    assert desk.answer("ann", "/help tools").splitlines()[0] == "**tools** – This and that"
    assert desk.answer("ann", "/help kamra") == "There is no command “kamra” here; did you mean /help karma?"


@pytest.mark.spec("HOST-3")
def test_help_knows_nothing_of_what_is_disabled(desk: Any) -> None:
    desk.enabled = frozenset({"tools"})
    assert "karma" not in desk.answer("ann", "/help")
    assert desk.say("ann", "/help karma").kind == "wrong"


def many(count: int) -> Plugin:
    async def it(self: Any, call: Any) -> None:
        """Do one of the many things that can be done with this, whatever it may be good for."""

    return type("Many", (Plugin,), {f"c{number}": Command(it, f"thing-{number}") for number in range(count)})()


def test_long_help_comes_in_pages_that_hold_everything_once(desk: Any) -> None:
    desk.commands.add("tools", many(60))
    first = desk.answer("ann", "/help")
    assert first.splitlines()[-1] == "Page 1 of 5; `/help 2` shows the next."
    pages = [first, *(desk.answer("ann", f"/help {number}") for number in range(2, 6))]
    assert all(len(page) < PAGE + 100 for page in pages)
    for number in range(60):
        assert sum(f"`/thing-{number}`" in page for page in pages) == 1
    assert desk.answer("ann", "/help 999").splitlines()[-1] == "Page 5 of 5; `/help 1` shows the next."


def test_pages_are_turned_by_buttons_too(desk: Any) -> None:
    desk.commands.add("tools", many(60))
    desk.say("ann", "/help tools")
    onward = desk.said[-1].buttons
    assert [(button.label, button.value) for button in onward] == [("Next", "tools 2")]
    asyncio.run(desk.interactions.press(desk.request("ann"), "host", onward[0].action, onward[0].value))
    assert desk.said[-1].text.splitlines()[-1].startswith("Page 2 of 4; `/help tools 3`")
    assert [button.value for button in desk.said[-1].buttons] == ["tools 1", "tools 3"]


@pytest.mark.spec("HOST-12")
def test_whoami_says_id_rank_and_grants(desk: Any) -> None:
    asyncio.run(desk.permissions.grant("test:1", "model.use"))
    assert desk.answer("ann", "/whoami").splitlines() == [
        "You are “Ann” (`test:1`) on test.",
        "Your rank here is member; granted permissions: model.use.",
    ]
    assert desk.answer("guest", "/whoami").endswith("Your rank here is guest; granted permissions: none.")

"""Buttons, right-clicks and completion reach the plugin that declared them (HOST-10)."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from butler.model import Message

pytestmark = pytest.mark.spec("HOST-10")


def press(desk: Any, who: str, plugin: str, name: str, value: str = "") -> Any:
    return asyncio.run(desk.interactions.press(desk.request(who), plugin, name, value))


def complete(desk: Any, option: str, typed: str, *path: str) -> Any:
    return asyncio.run(desk.interactions.complete(desk.request("ann"), path, option, typed))


def test_a_button_reaches_its_plugin_with_its_value(desk: Any) -> None:
    assert press(desk, "ann", "karma", "again", "bob").texts == ("again bob",)


@pytest.mark.spec("HOST-3")
def test_a_button_of_a_disabled_plugin_does_nothing(desk: Any) -> None:
    desk.enabled = frozenset()
    assert press(desk, "ann", "karma", "again").kind == "unknown"


@pytest.mark.parametrize(("number", "text"), [(0, "gone"), (1, "Very well, nothing was done.")])
def test_the_buttons_of_a_question_answer_it_once(desk: Any, number: int, text: str) -> None:
    desk.say("bob", "/karma reset")
    button = desk.said[-1].buttons[number]
    assert press(desk, "bob", "host", button.action, button.value).texts == (text,)
    assert press(desk, "bob", "host", button.action, button.value).texts == (
        "That question is too old; give the command again.",
    )


def test_the_button_of_an_older_question_does_not_answer_a_newer_one(desk: Any) -> None:
    desk.say("bob", "/karma reset")
    old = desk.said[-1].buttons[0]
    desk.say("bob", "/karma reset")
    assert press(desk, "bob", "host", old.action, old.value).kind == "unknown"
    assert desk.say("bob", "yes").kind == "ran"


def test_the_buttons_of_a_question_that_is_too_old_do_nothing(desk: Any) -> None:
    desk.say("bob", "/karma reset")
    button = desk.said[-1].buttons[0]
    desk.clock.passed += 60
    assert press(desk, "bob", "host", button.action, button.value).kind == "unknown"


def test_somebody_elses_button_answers_nothing(desk: Any) -> None:
    desk.say("bob", "/karma reset")
    button = desk.said[-1].buttons[0]
    assert press(desk, "ann", "host", button.action, button.value).kind == "unknown"


def test_a_right_click_reaches_its_plugin_from_its_rank_on(desk: Any) -> None:
    request = desk.request("ann")
    message = Message("test:m", request.channel, request.person, "tea", desk.clock.now())

    def context(who: str, name: str) -> Any:
        return asyncio.run(desk.interactions.context(desk.request(who), "karma", name, message))

    assert context("ann", "Thank").texts == ("thanks for tea",)
    assert context("guest", "Thank").kind == "denied"
    assert context("ann", "Other").kind == "unknown"


def test_completion_comes_from_the_plugin_or_from_the_choices(desk: Any) -> None:
    assert complete(desk, "person", "ann", "karma", "give") == ["ann", "annika"]
    assert complete(desk, "mood", "very", "every") == ["very-bad"]
    assert complete(desk, "text", "x", "every") == []


def test_completion_for_what_is_unknown_forbidden_or_faulty_is_empty(desk: Any) -> None:
    async def broken(self: Any, call: Any, typed: str) -> list[str]:
        raise RuntimeError("no")

    assert complete(desk, "person", "a", "nope") == []
    desk.commands.find("karma give", desk.enabled).command.completers["person"] = broken
    assert complete(desk, "person", "a", "karma", "give") == []
    request = desk.request("guest")
    assert asyncio.run(desk.interactions.complete(request, ("every",), "mood", "g")) == []

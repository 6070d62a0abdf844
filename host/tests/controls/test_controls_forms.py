"""Forms: asked as the action's parameters say, checked like a command's options (HOST-10)."""

from __future__ import annotations

from typing import Any

import pytest
from butler import Call, Field, Form, Plugin, action, command
from butler.testing import House

pytestmark = pytest.mark.spec("HOST-10")


def test_a_form_asks_for_the_parameters_of_its_action(desk_house: House) -> None:
    desk_house.say("ann", "/complain")
    form = desk_house.form
    assert [
        (each.name, each.title, each.kind, each.required, each.default, each.help, each.long) for each in form.fields
    ] == [
        ("reason", "Reason", "text", True, "", "what is wrong", False),
        ("days", "Days", "integer", False, "3", "for how long", False),
        ("details", "Details", "text", False, "", "", True),
    ]


def test_what_is_filled_in_is_converted(desk_house: House) -> None:
    desk_house.say("ann", "/complain")
    assert desk_house.fill("ann", reason="cold", days="7") == ["about tea: 'cold' 7 ''"]


def test_a_form_is_good_after_a_restart_and_used_once(desk_house: House) -> None:
    desk_house.say("ann", "/complain")
    desk_house.crash()
    assert desk_house.fill("ann", reason="cold") == ["about tea: 'cold' 3 ''"]
    assert desk_house.fill("ann", reason="cold") == ["That is too old to be used; ask for it again."]


def test_what_is_wrong_is_said_and_the_form_opens_again_as_it_was(desk_house: House) -> None:
    desk_house.say("ann", "/complain")
    assert desk_house.fill("ann", reason="cold", days="many") == ["Days must be a whole number, not “many”."]
    assert desk_house.click("ann", "Try again") == ["Complaint"]
    assert [field.default for field in desk_house.form.fields] == ["cold", "many", ""]
    assert desk_house.fill("ann", days="2") == ["about tea: 'cold' 2 ''"]


def test_what_is_missing_or_too_long_is_said(desk_house: House) -> None:
    desk_house.say("ann", "/complain")
    assert desk_house.fill("ann") == ["Reason is missing: what is wrong."]
    assert desk_house.fill("ann", reason="x" * 1001) == ["Reason may have 1000 characters, not 1001."]


def test_nobody_fills_in_for_another(desk_house: House) -> None:
    desk_house.say("ann", "/complain")
    assert desk_house.fill("bob", reason="mine") == ["That is for somebody else."]


def test_fields_can_be_made_up_at_run_time(desk_house: House) -> None:
    desk_house.say("ann", "/survey")
    assert desk_house.fill("ann", when="9:30", mood="good") == ["09:30 {'mood': 'good'}"]
    desk_house.say("ann", "/survey")
    assert desk_house.fill("ann", when="9:30", mood="odd") == ["Mood must be one of good, bad, not “odd”."]


@pytest.mark.parametrize("count", [0, 6])
def test_a_form_has_one_to_five_fields(make_house: Any, count: int) -> None:
    class Wrong(Plugin):
        """Has a form that nobody can show."""

        @command
        async def wrong(self, call: Call) -> Form:
            """Show it."""
            return Form("Wrong", "take", tuple(Field(f"f{number}") for number in range(count)))

        @action("take")
        async def take(self, call: Call, value: str) -> None:
            """Take it."""

    house = make_house([Wrong])
    house.say("ann", "/wrong")
    assert f"has {count} fields, and a form has 1 to 5" in house.misdeeds[-1].error


@pytest.mark.spec("HOST-3")
def test_a_form_of_a_disabled_plugin_is_not_taken(desk_house: House) -> None:
    desk_house.say("ann", "/complain")
    desk_house.disable("desk", guild="den")
    assert desk_house.fill("ann", reason="cold") == ["That is too old to be used; ask for it again."]

"""Errors and notices of the host reach the guild's log channel, if one is set, and no other (CORE-11, CORE-22)."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from butler.testing import House, Raises
from butler_core import ButlerCore

MakeHouse = Callable[..., House]
pytestmark = pytest.mark.spec("CORE-22")
TOML = '[guilds."test:den"]\nlog_channel = "test:den/office"\n'


def office(house: House) -> list[str]:
    return [shown.text for shown in house.shown if shown.channel == "test:den/office"]


def test_managers_hear_once_an_hour_that_a_persona_could_not_answer(make_house: MakeHouse) -> None:
    house = make_house([ButlerCore], toml=TOML)
    house.say("carol", "hello", channel="office")
    house.model.fail(2, reason="the key sesame is wrong")
    said = house.say("ann", "butler, hello")[0]
    house.say("ann", "butler, hello?")
    number = said.partition("(error ")[2].partition(")")[0]
    assert office(house) == [f"TheButler could not answer (error {number}). The log says why."]
    house.advance(hours=1)
    house.model.fail(1)
    house.say("ann", "butler, hello")
    assert len(office(house)) == 2


def test_managers_hear_that_a_plugin_failed(make_house: MakeHouse) -> None:
    house = make_house([ButlerCore, Raises], toml=TOML)
    house.say("carol", "hello", channel="office")
    assert any("`raises` failed in on_message" in text for text in office(house))


def test_where_no_log_channel_is_set_nobody_is_told(make_house: MakeHouse) -> None:
    house = make_house([ButlerCore], toml=TOML)
    house.model.fail(1)
    house.say("ann", "butler, hello", guild="glade")
    assert len(house.shown) == 1

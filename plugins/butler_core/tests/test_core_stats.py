"""``/serverstats`` tells how a guild is doing, in a card and in pictures; what plays is shown (CORE-17, CORE-18)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, ClassVar

import pytest
from butler import Guild, Plugin
from butler.testing import House
from butler_core import ButlerCore

pytestmark = pytest.mark.spec("CORE-17")


class Music(Plugin):
    """Plays."""

    async def playing(self, guild: Guild) -> str:
        """What plays."""
        return "Air on the G String"

    offers: ClassVar[Mapping[str, Callable[..., Any]]] = {"now_playing:music": playing}


@pytest.fixture
def house(make_house: Callable[..., House]) -> House:
    house = make_house([ButlerCore, Music])
    house.disable("music")
    house.person("robot", bot=True)
    return house


def fields(house: House, line: str = "/serverstats") -> dict[str, str]:
    house.say("ann", line)
    card = house.shown[-1].reply.card
    assert card is not None
    return dict(card.fields)


def test_members_messages_and_who_is_most_active(house: House) -> None:
    for who, channel, count in (("bob", "hall", 3), ("carol", "lobby", 5), ("robot", "lobby", 2)):
        for number in range(count):
            house.say(who, f"word {number}", channel=channel)
    house.join("dora")
    house.leave("dora")
    house.join("eve")
    told = fields(house)
    assert told["Members"] == "6, 1 machines among them"
    assert told["Came and went"] == "2 joined, 1 left"
    assert told["Busiest"].startswith("#lobby (7), #hall (")
    assert told["Most active"].startswith("carol (5), bob (3)")
    assert "Boosts" not in told


def test_there_are_pictures_with_words(house: House) -> None:
    house.say("bob", "hello")
    house.say("ann", "/serverstats")
    reply = house.shown[-1].reply
    assert [file.mime for file in reply.files] == ["image/png"] * 2
    assert all(file.data.startswith(b"\x89PNG") for file in reply.files)
    assert "09 1" in reply.files[0].alt
    assert "#hall" in reply.files[1].alt
    assert reply.card is not None
    assert reply.card.picture == reply.files[0].name


def test_where_nothing_was_said_there_is_no_picture(house: House) -> None:
    house.say("ann", "/serverstats")
    assert house.shown[-1].reply.files == ()


@pytest.mark.spec("CORE-18")
def test_what_plays_is_shown_while_music_is_enabled(house: House) -> None:
    assert "Now playing" not in fields(house)
    house.enable("music")
    house.advance(seconds=30)
    assert fields(house)["Now playing"] == "Air on the G String"


@pytest.mark.parametrize("days", ["0", "400"])
def test_wrong_days_are_said(house: House, days: str) -> None:
    assert "Days must be" in house.say("ann", f"/serverstats {days}")[0]

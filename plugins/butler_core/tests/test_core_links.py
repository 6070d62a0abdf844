"""Links are collected once each; what people like is reposted once, with who said it and the way back (CORE-19)."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from butler import Attachment
from butler.testing import House
from butler_core import ButlerCore
from butler_core.links.addresses import is_picture, key_of

pytestmark = pytest.mark.spec("CORE-19")


@pytest.fixture
def house(make_house: Callable[..., House]) -> House:
    house = make_house([ButlerCore])
    house.say("ann", "hello", channel="links-for-later")
    return house


def later(house: House) -> list[str]:
    return [shown.text for shown in house.shown if shown.channel == "test:den/links-for-later"]


def test_a_link_with_more_than_two_reactions_is_reposted_once(house: House) -> None:
    message = house.post("bob", "read https://example.org/cake please")
    for who in ("ann", "carol"):
        house.react(who, message, "👍")
    assert later(house) == []
    house.react("ann", message, "🎉")
    (text,) = later(house)
    assert text.startswith(f"**bob** in #hall (message {message.id.partition(':')[2]}):\n")
    assert "read https://example.org/cake please" in text
    house.react("dora", message, "👍")
    house.restart()
    house.react("eve", message, "👍")
    assert len(later(house)) == 1


def test_reactions_that_were_taken_back_and_machines_do_not_count(house: House) -> None:
    message = house.post("bob", "read https://example.org/cake please")
    house.person("robot", bot=True)
    house.react("ann", message, "👍")
    house.react("ann", message, "👍")
    house.react("robot", message, "👍")
    house.react("carol", message, "👍")
    house.unreact("carol", message, "👍")
    house.react("dora", message, "👍")
    assert later(house) == []
    house.react("carol", message, "👍")
    assert len(later(house)) == 1


def test_what_holds_no_link_is_left_alone(house: House) -> None:
    message = house.post("bob", "I like cake")
    for who in ("ann", "carol", "dora"):
        house.react(who, message, "👍")
    assert later(house) == []


def test_it_is_moved_where_that_is_wanted(house: House) -> None:
    house.set("butler_core.links_later", "move")
    message = house.post("bob", "read https://example.org/cake please")
    for who in ("ann", "carol", "dora"):
        house.react(who, message, "👍")
    assert "moved from there" in later(house)[0]
    assert message.id not in {each.id for each in house.world.said}


def test_links_are_listed_once_each_and_found(house: House) -> None:
    house.say("bob", "a cake https://www.example.org/cake/?utm_source=x&b=2&a=1")
    house.say("carol", "the same http://example.org/cake?a=1&b=2")
    house.say("carol", "tea https://example.org/tea")
    told = house.say("ann", "/links")[0]
    assert told.splitlines()[1:] == [
        "<https://example.org/tea> (carol, #hall)",
        "<https://www.example.org/cake/?utm_source=x&b=2&a=1> (bob, #hall, 2 times)",
    ]
    assert "tea" not in house.say("ann", "/links cake")[0]
    assert "No links with “coffee”." in house.say("ann", "/links coffee")[0]


def test_images_have_a_list_of_their_own(house: House) -> None:
    house.say("bob", "look", attachments=(Attachment("cat.png", "https://cdn.example.org/cat.png", "image/png"),))
    house.say("bob", "and https://example.org/dog.JPG")
    house.say("bob", "no", attachments=(Attachment("a.txt", "https://cdn.example.org/a.txt", "text/plain"),))
    told = house.say("ann", "/images")[0]
    assert "dog.JPG" in told
    assert "cat.png" in told
    assert "a.txt" not in told
    assert "No links yet." in house.say("ann", "/links")[0]


def test_what_was_deleted_is_not_listed(house: House) -> None:
    message = house.post("bob", "read https://example.org/cake")
    house.delete("bob", message)
    assert "No links yet." in house.say("ann", "/links")[0]


def test_only_so_many_are_kept(house: House) -> None:
    house.set("butler_core.links_most", 2)
    for number in range(4):
        house.say("bob", f"https://example.org/{number}")
    assert house.query("select address from butler_core_link order by id") == [
        ("https://example.org/2",), ("https://example.org/3",),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("https://example.org", "http://www.example.org/", True),
        ("https://example.org:443/a", "https://EXAMPLE.org/a/", True),
        ("https://example.org/a?x=1", "https://example.org/a?x=2", False),
        ("https://example.org/a", "https://example.org/A", False),
        ("https://youtu.be/abc?si=9", "https://youtu.be/abc", True),
        ("https://example.org:99999/a", "https://example.org:99999/b", False),
    ],
)
def test_the_same_page_is_the_same_link(one: str, other: str, same: bool) -> None:
    assert (key_of(one) == key_of(other)) is same


def test_odd_addresses_are_no_pictures() -> None:
    assert not is_picture("https://[broken")
    assert key_of("https://[broken") == "https://[broken"

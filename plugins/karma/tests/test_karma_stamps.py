"""Stamps as people ask for them, roles, history, and what other plugins ask (KARMA-3 to KARMA-6, POLL-5)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

import pytest
from butler import Guild, Person, Rank
from butler.testing import House
from butler_karma import Karma

MakeHouse = Callable[..., House]


@pytest.fixture
def house(make_house: MakeHouse) -> House:
    house = make_house([Karma])
    for name in ("olga", "ann", "bob", "carol", "dave"):
        house.say(name, "good morning")
    house.rank("olga", Rank.OWNER)
    house.say("olga", "good morning again")
    return house


def weight(house: House, offer: str, who: str, at: dt.datetime | None = None) -> float:
    guild = Guild("test:den")
    asked = house.plugin("karma").host.ask(offer, Person(f"test:{who}"), guild, at, guild=guild)
    return float(house.run(asked))


@pytest.mark.spec("KARMA-3")
def test_karma_from_those_who_are_trusted_counts_more(house: House) -> None:
    house.say("olga", "ann++")
    house.say("ann", "bob++")
    house.say("carol", "dave++")
    assert house.say("ann", "/stamps bob") == ["bob's stamps weigh 980.1 (the founder's: 1,000)."]
    assert house.say("dave", "/stamps") == ["dave's stamps weigh 0.0 (the founder's: 1,000)."]
    assert house.say("ann", "/stamps top") == ["1. olga: 1,000.0\n2. ann: 990.0\n3. bob: 980.1"]


@pytest.mark.spec("KARMA-3")
def test_why_names_the_largest_parts(house: House) -> None:
    house.say("olga", "ann++ carol++")
    house.say("ann", "bob++")
    house.say("carol", "bob++ dave++")
    assert house.say("ann", "/stamps why bob") == ["bob's stamps come from\n- ann: 490.1\n- carol: 245.0"]
    assert house.say("ann", "/stamps why olga") == ["Trust begins with olga."]
    assert house.say("ann", "/stamps why erna") == ["Nobody who is trusted put a stamp on erna yet."]


@pytest.mark.spec("KARMA-3")
def test_stamps_follow_on_the_tick(house: House) -> None:
    house.say("olga", "ann++")
    assert weight(house, "weight:stamps", "bob") == 0
    house.say("ann", "bob++")
    assert weight(house, "weight:stamps", "bob") == 0
    house.advance(minutes=2)
    assert weight(house, "weight:stamps", "bob") == pytest.approx(980.1)
    house.say("olga", "/karma undo ann 1")
    house.advance(minutes=2)
    assert weight(house, "weight:stamps", "bob") == 0


@pytest.mark.spec("KARMA-3")
def test_without_a_founder_it_says_what_to_do(house: House) -> None:
    house.say("ann", "bob++")
    assert "/plugins settings karma founder" in house.say("ann", "/stamps")[0]


@pytest.mark.spec("KARMA-3")
def test_a_founder_may_be_named(make_house: MakeHouse) -> None:
    house = make_house([Karma], toml="[plugins.karma]\nfounder = 'test:ann'")
    house.say("bob", "hello")
    house.say("ann", "bob++")
    assert weight(house, "weight:stamps", "bob") == pytest.approx(990)


@pytest.mark.spec("POLL-5")
def test_others_may_ask_for_the_weight_at_a_moment(house: House) -> None:
    """So nobody gains weight in a poll after it has opened."""
    house.say("olga", "ann++")
    opened = house.clock.now()
    house.advance(minutes=5)
    house.say("ann", "bob++")
    house.say("carol", "ann++")
    assert [weight(house, "weight:karma", who, opened) for who in ("ann", "bob")] == [1, 0]
    assert [weight(house, "weight:karma", who) for who in ("ann", "bob")] == [2, 1]
    assert weight(house, "weight:stamps", "bob", opened) == 0
    assert weight(house, "weight:stamps", "bob") == pytest.approx(980.1)


@pytest.mark.spec("KARMA-4")
def test_history_is_a_chart(house: House) -> None:
    house.say("olga", "ann++")
    house.advance(hours=5)
    house.say("bob", "ann++")
    house.say("carol", "ann--")
    house.say("carol", "/karma history ann")
    shown = house.shown[-1].reply
    assert shown.text == "ann has 1 karma."
    assert shown.files[0].mime == "image/png"
    assert shown.files[0].alt == "Karma of ann: from 1 to 1, lowest 1, highest 2"
    assert house.say("carol", "/karma history tea") == ["tea has no karma yet."]


def given_roles(house: House) -> list[tuple[str, list[str], list[str]]]:
    done = [each.action for each in house.world.done if each.action.kind == "roles"]
    return [(action.target, action.data["add"], action.data["remove"]) for action in done]


@pytest.mark.spec("KARMA-5")
def test_karma_brings_a_role_and_takes_it(make_house: MakeHouse) -> None:
    house = make_house([Karma], toml="[plugins.karma]\nroles_from = { baker = 2 }")
    house.world.roles = {"test:r1": "baker"}
    for name in ("ann", "bob", "carol"):
        house.say(name, "good morning")
    house.say("bob", "ann++")
    house.advance(minutes=2)
    assert given_roles(house) == []
    house.say("carol", "ann++")
    house.advance(minutes=3)
    assert given_roles(house) == [("test:ann", ["test:r1"], [])]


@pytest.mark.spec("KARMA-6")
@pytest.mark.parametrize("told", [True, False])
def test_a_persona_may_know_its_karma(make_house: MakeHouse, told: bool) -> None:
    house = make_house([Karma], toml=f"[plugins.karma]\npersonas_know = {str(told).lower()}")
    house.say("ann", "TheButler++")
    house.say("ann", "TheButler, how are you?")
    assert any("given you" in str(prompt) for prompt in house.model.prompts) is told

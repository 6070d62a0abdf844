"""Answers that are shown while they are made: typed out, or by edits; whole where somebody reviews them."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Callable

import pytest
from butler import Channel, ModelError, Persona, Plugin, Reply, hookimpl
from butler.testing import House

Make = Callable[..., House]
EDITS = '[host]\ndelivery = "edits"\n[personas.TheButler]\nmodel = "script:one"\n'
STREAM = '[personas.TheButler]\nmodel = "script:one"\n'
TALE = " ".join(f"word{number}" for number in range(40))


def shown(house: House) -> list[str]:
    """What people see in the end, edits included."""
    return [each.text for each in house.world.shown]


def slow(house: House, text: str = TALE) -> House:
    house.model.otherwise = text
    house.model.pace = 0.25
    return house


@pytest.mark.spec("PLAT-7")
def test_where_a_platform_can_an_answer_is_typed_out_and_then_there_once(make_house: Make) -> None:
    house = slow(make_house(toml=STREAM))
    house.world.abilities.add("stream")
    assert house.say("ann", "TheButler, a tale") == [TALE]
    assert len(house.world.drafts) > 5
    assert all(TALE.startswith(draft) for draft in house.world.drafts)
    assert shown(house) == [TALE]


@pytest.mark.spec("PLAT-7")
def test_by_edits_it_grows_at_most_once_a_second_and_is_one_message_in_the_end(make_house: Make) -> None:
    house = slow(make_house(toml=EDITS))
    house.say("ann", "TheButler, a tale")
    assert shown(house) == [TALE]
    times = [done.at for done in house.sent]
    assert len(times) > 5
    assert all((later - earlier).total_seconds() >= 0.99 for earlier, later in itertools.pairwise(times[:-1]))


@pytest.mark.spec("HOST-5")
@pytest.mark.parametrize("seconds", [0.1, 1.3, 3.3, 7.7])
def test_a_crash_while_an_answer_grows_neither_loses_nor_doubles_it(make_house: Make, seconds: float) -> None:
    house = slow(make_house(toml=EDITS))
    house.post("ann", "TheButler, a tale", settle=False)
    house.loop.run_until_complete(asyncio.sleep(seconds))
    house.crash()
    house.settle()
    assert shown(house) == [TALE]
    said = house.query("select text from host_inbox where author <> 'test:ann' and kind = 'message'")
    assert said == [(TALE,)]


@pytest.mark.spec("CORE-11")
def test_an_answer_that_breaks_off_becomes_the_apology(make_house: Make) -> None:
    house = make_house(toml=EDITS)
    house.model.pace = 0.25

    async def breaks(prompt: object, hear: object) -> None:
        for _ in range(12):
            hear.text("word ")  # type: ignore[attr-defined]
            await asyncio.sleep(0.25)
        raise ModelError("it broke off")

    house.model.stream = breaks  # type: ignore[assignment,method-assign]
    house.say("ann", "TheButler, a tale")
    (text,) = shown(house)
    assert text.startswith("I am sorry, I cannot think just now. (error ")


class Censor(Plugin):
    """Reviews everything."""

    name = "censor"

    @hookimpl
    async def review_reply(self, reply: Reply, persona: Persona | None) -> Reply:
        return Reply(reply.text.replace("word", "w***"), persona=reply.persona, to=reply.to)


def test_where_somebody_reviews_only_reviewed_text_is_seen(make_house: Make) -> None:
    house = slow(make_house([Censor], toml=EDITS))
    house.world.abilities.add("stream")
    house.say("ann", "TheButler, a tale")
    assert house.world.drafts == []
    assert [done.action.kind for done in house.sent] == ["send"]
    assert "word" not in shown(house)[0]


class Drowsy(Censor):
    """Has nothing to look at for now."""

    async def reviews(self, channel: Channel) -> bool:
        return False


def test_where_no_reviewer_has_anything_to_look_at_an_answer_shows_while_it_grows(make_house: Make) -> None:
    house = slow(make_house([Drowsy], toml=EDITS))
    house.say("ann", "TheButler, a tale")
    assert [done.action.kind for done in house.sent][:2] == ["send", "edit"]


def test_a_guild_has_answers_whole(make_house: Make) -> None:
    house = slow(make_house(toml=EDITS))
    house.set("host.delivery", "whole", guild="den")
    house.say("ann", "TheButler, a tale")
    assert [done.action.kind for done in house.sent] == ["send"]

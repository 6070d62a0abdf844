"""Budgets hold whatever happens: side by side, over a crash, over midnight (HOST-18)."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from butler import Message, ModelUnavailable, Persona, Plugin, Rank, Use, hookimpl
from butler.errors import Denied, ModelError, OverBudget
from butler.testing import House
from hypothesis import given, settings
from hypothesis import strategies as st

Make = Callable[..., House]
MODEL = '[personas.TheButler]\nmodel = "script:one"\n'


class Asks(Plugin):
    """Asks models of itself; keeps replies short."""

    name = "asks"

    @hookimpl
    async def build_prompt(self, message: Message, persona: Persona) -> Use:
        return Use(max_tokens=20)


def toml(**budgets: Any) -> str:
    lines = [f"budget_{name} = {value}" for name, value in budgets.items()]
    return "[host]\n" + "\n".join(lines) + "\n" + MODEL


def used(house: House) -> tuple[int, int, int]:
    """Calls, tokens and micro-units in the ledger."""
    (row,) = house.query("select count(*), coalesce(sum(tokens), 0), coalesce(sum(money), 0) from host_usage")
    return (row[0], row[1], row[2])


def ask_many(house: House, count: int, **options: Any) -> list[Any]:
    bound = house.plugin("asks").host.models

    async def ask() -> list[Any]:
        calls = [bound.complete(f"question {n}", asker=None, purpose="test", **options) for n in range(count)]
        return await asyncio.gather(*calls, return_exceptions=True)

    return house.run(ask())


@pytest.mark.spec("HOST-18")
def test_200_calls_side_by_side_never_use_more_than_a_budget_for_50(make_house: Make) -> None:
    house = make_house([Asks], toml=toml(host_day_requests=50))
    house.model.delay = 1.0
    answers = ask_many(house, 200)
    assert sum(not isinstance(answer, BaseException) for answer in answers) == 50
    assert len(house.model.prompts) == 50
    assert {type(answer) for answer in answers if isinstance(answer, BaseException)} == {OverBudget}


@pytest.mark.spec("HOST-18")
def test_a_budget_of_money_holds_side_by_side_whatever_the_answers_cost(make_house: Make) -> None:
    house = make_house([Asks], toml=toml(host_day_money=0.005))
    house.model.delay = 1.0
    house.model.otherwise = lambda prompt: "word " * (len(prompt.turns[0].text) % 7)
    ask_many(house, 200, max_tokens=100)
    calls, _, money = used(house)
    assert calls > 5
    assert money <= 5_000


@pytest.mark.spec("HOST-18")
def test_what_was_reserved_and_not_used_can_be_used(make_house: Make) -> None:
    house = make_house([Asks], toml=toml(host_day_tokens=3_000))
    for _ in range(20):
        (answer,) = ask_many(house, 1, max_tokens=2_000)
        assert not isinstance(answer, BaseException)


@pytest.mark.spec("HOST-18", "OPS-9")
def test_a_crash_in_the_middle_of_calls_gives_nothing_back(make_house: Make) -> None:
    house = make_house([Asks], toml=toml(host_day_requests=50))
    house.model.delay = 5.0
    bound = house.plugin("asks").host.models
    tasks = [house.loop.create_task(bound.complete("q", asker=None, purpose="test")) for _ in range(30)]
    house.loop.run_until_complete(house.loop.quiet())
    assert len(house.model.prompts) == 30
    house.crash()
    house.model.delay = 0.0
    answers = ask_many(house, 60)
    assert sum(not isinstance(answer, BaseException) for answer in answers) == 20
    assert house.query("select count(*) from host_usage where state = 'lost'") == [(30,)]
    assert tasks


@pytest.mark.spec("HOST-18")
def test_there_is_room_again_when_the_hour_is_over(make_house: Make) -> None:
    house = make_house([Asks], toml=toml(host_hour_requests=2))
    first = ask_many(house, 3)
    assert [type(answer) for answer in first].count(OverBudget) == 1
    house.advance(hours=1)
    assert not any(isinstance(answer, BaseException) for answer in ask_many(house, 2))


@pytest.mark.spec("HOST-18")
def test_a_person_is_told_politely_once_and_when_there_is_room_again(make_house: Make) -> None:
    house = make_house([Asks], toml=toml(person_hour_requests=2))
    assert house.say("ann", "TheButler, one") == ["Very well."]
    assert house.say("ann", "TheButler, two") == ["Very well."]
    (refusal,) = house.say("ann", "TheButler, three")
    assert refusal.startswith("I am sorry, I must not think any more for now: the person's hourly budget of requests")
    assert "There is room again at" in refusal
    assert house.say("ann", "TheButler, four") == []
    assert "budget of requests is used up" in house.why()["turns"][0]["reason"]
    assert house.say("bob", "TheButler, and I?") == ["Very well."]


@pytest.mark.spec("HOST-18", "HOST-3")
def test_a_guild_lowers_a_budget_and_cannot_raise_it(make_house: Make) -> None:
    house = make_house([Asks], toml=toml(guild_day_requests=5))
    house.set("host.budget_guild_day_requests", 1, guild="den")
    assert house.say("ann", "TheButler, one") == ["Very well."]
    assert "daily budget" in house.say("ann", "TheButler, two")[0]
    with pytest.raises(Exception, match="can only be tightened"):
        house.set("host.budget_guild_day_requests", 50, guild="den")


@pytest.mark.spec("HOST-30")
def test_a_guild_that_nobody_configured_has_a_small_budget(make_house: Make) -> None:
    house = make_house([Asks], toml=toml(new_guild_day_requests=1))
    assert house.say("ann", "TheButler, one", guild="wild") == ["Very well."]
    assert "daily budget" in house.say("ann", "TheButler, two", guild="wild")[0]
    house.set("host.language", "en", guild="wild")
    assert house.say("ann", "TheButler, three", guild="wild") == ["Very well."]


@pytest.mark.spec("HOST-18")
def test_the_cheaper_model_answers_where_the_budget_is_used_up(make_house: Make) -> None:
    house = make_house([Asks], toml=toml(host_day_requests=1, cheaper='["offline"]'))
    assert house.say("ann", "TheButler, one") == ["Very well."]
    (said,) = house.say("ann", "TheButler, hello")
    assert "Good day" in said or "Butler" in said
    assert house.why()["turns"][0]["model"] == "offline:offline"


@pytest.mark.spec("LLM-6", "HOST-18")
def test_under_a_budget_of_money_a_model_without_a_price_is_not_asked(make_house: Make) -> None:
    house = make_house([Asks], toml=toml(host_day_money=1.0))
    house.model.priced = False
    (answer,) = ask_many(house, 1)
    assert isinstance(answer, OverBudget)
    assert "models.toml" in str(answer)


@pytest.mark.spec("LLM-6")
def test_what_is_not_known_to_cost_is_never_counted_as_nothing(make_house: Make) -> None:
    house = make_house([Asks], toml=MODEL)
    house.model.priced = False
    ask_many(house, 3)
    (line,) = house.run(house.plugin("asks").host.models.usage())
    assert (line.calls, line.unpriced) == (3, 3)
    assert house.query("select distinct cost from host_usage") == [(None,)]


@pytest.mark.spec("HOST-18")
def test_what_failed_before_it_used_anything_counts_as_no_request(make_house: Make) -> None:
    house = make_house([Asks], toml=toml(host_day_requests=1))
    house.model.say(ModelUnavailable("away"), ModelUnavailable("away"), "Yes.")
    (answer,) = ask_many(house, 1)
    assert answer.text == "Yes."


@pytest.mark.spec("HOST-18", "HOST-12")
def test_who_may_not_use_models_is_not_answered_by_one(make_house: Make) -> None:
    house = make_house([Asks], toml=MODEL)
    bound = house.plugin("asks").host.models
    guest = house.world.person("carl")
    import attrs

    with pytest.raises(Denied, match=r"model\.use"):
        house.run(bound.complete("q", asker=attrs.evolve(guest, rank=Rank.GUEST), purpose="test"))
    assert house.model.prompts == []


@pytest.mark.spec("HOST-18")
@settings(max_examples=25, deadline=None)
@given(data=st.data())
def test_no_budget_is_ever_overspent(data: st.DataObject) -> None:
    """Random budgets, answers, failures and crashes: requests, tokens and money stay within every window."""
    limits = {
        "host_day_requests": data.draw(st.integers(0, 12)),
        "host_day_tokens": data.draw(st.integers(0, 900)),
        "host_day_money": data.draw(st.integers(0, 3_000)) / 1e6,
    }
    with House([Asks], toml=toml(**limits)) as house:
        for _ in range(data.draw(st.integers(1, 4))):
            plan: list[Any] = data.draw(
                st.lists(
                    st.sampled_from(["ok", "a longer answer than that", ModelUnavailable("away"), ModelError("no")])
                )
            )
            house.model.say(*plan)
            house.model.delay = data.draw(st.sampled_from([0.0, 0.5]))
            ask_many(house, data.draw(st.integers(1, 8)), max_tokens=data.draw(st.integers(10, 60)))
            if data.draw(st.booleans()):
                house.crash()
        calls, tokens, money = used(house)
        (failed,) = house.query("select count(*) from host_usage where state = 'failed' and tokens = 0")[0]
    assert calls - failed <= limits["host_day_requests"]
    assert tokens <= limits["host_day_tokens"]
    assert money <= round(limits["host_day_money"] * 1e6)


@pytest.mark.spec("HOST-22")
def test_forgetting_keeps_the_sums_and_not_the_person(make_house: Make) -> None:
    house = make_house([Asks], toml=MODEL)
    house.say("ann", "TheButler, one")
    before = used(house)
    ann = house.world.person("ann").id
    house.run(house.host.privacy.forget(ann))
    assert used(house) == before
    assert house.query("select count(*) from host_usage where person = ?", ann) == [(0,)]

"""Conversations as training data: of those who agreed, with their ratings, in two forms (LLM-8)."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from butler.faces.verbs import Verbs
from butler.testing import House

Make = Callable[..., House]
MODEL = '[personas.TheButler]\nmodel = "script:one"\nprompt = "You are TheButler."\n'


@pytest.fixture
def talked(make_house: Make) -> House:
    """ann and bob have talked; ann has agreed, bob has not."""
    house = make_house(toml=MODEL)
    house.set("host.ratings", "true", guild="den")
    house.command("ann", "privacy training yes")
    house.model.say("Of course.", "No.", "Bob's answer.", "Later.")
    house.say("ann", "TheButler, may I?")
    house.say("ann", "TheButler, and now?")
    house.say("bob", "TheButler, my secret is 42")
    house.advance(hours=2)
    house.say("ann", "TheButler, hello again")
    return house


def exported(house: House, form: str, **where: str) -> list[dict[str, Any]]:
    async def tell(*_: Any) -> None:
        pass

    verb = Verbs(house.host, running=True).all["conversations"]
    told: Any = house.run(verb({"form": form, **where}, tell))
    return [json.loads(line) for line in told["lines"]]


@pytest.mark.spec("LLM-8")
def test_openai_s_form_has_a_line_for_each_conversation(talked: House) -> None:
    first, second = exported(talked, "openai")
    assert [(each["role"], each["content"]) for each in first["messages"]] == [
        ("system", "You are TheButler."),
        ("user", "TheButler, may I?"),
        ("assistant", "Of course."),
        ("user", "TheButler, and now?"),
        ("assistant", "No."),
    ]
    assert second["messages"][-1]["content"] == "Later."


@pytest.mark.spec("LLM-8")
def test_nothing_is_exported_of_who_did_not_agree(talked: House) -> None:
    assert "42" not in json.dumps(exported(talked, "openai")) + json.dumps(exported(talked, "oasst"))


@pytest.mark.spec("LLM-8")
def test_taking_it_back_takes_everything_out(talked: House) -> None:
    talked.command("ann", "privacy training no")
    assert exported(talked, "openai") == []


@pytest.mark.spec("LLM-8")
def test_a_reply_that_was_disliked_is_not_learned_from(talked: House) -> None:
    reply = next(shown for shown in talked.world.shown if shown.text == "No.")
    talked.react("ann", reply, "👎")
    messages = exported(talked, "openai")[0]["messages"]
    assert [each.get("weight") for each in messages] == [None, None, None, None, 0]
    tree = exported(talked, "oasst")[0]["prompt"]
    assert tree["replies"][0]["replies"][0]["replies"][0]["rating"] == -1


@pytest.mark.spec("LLM-8")
def test_ratings_of_a_guild_that_did_not_turn_them_on_do_not_count(talked: House) -> None:
    talked.set("host.ratings", "false", guild="den")
    reply = next(shown for shown in talked.world.shown if shown.text == "No.")
    talked.react("ann", reply, "👎")
    assert not any("weight" in each for each in exported(talked, "openai")[0]["messages"])


@pytest.mark.spec("LLM-8")
def test_open_assistant_s_form_is_a_tree_with_parents_roles_and_ranks(talked: House) -> None:
    tree = exported(talked, "oasst")[0]
    prompt = tree["prompt"]
    assert tree["message_tree_id"] == prompt["message_id"]
    assert (prompt["role"], prompt["parent_id"], prompt["text"]) == ("prompter", None, "TheButler, may I?")
    (reply,) = prompt["replies"]
    assert (reply["role"], reply["parent_id"], reply["rank"]) == ("assistant", prompt["message_id"], 0)
    assert "test:" not in json.dumps(tree)


@pytest.mark.spec("LLM-8", "HOST-22")
def test_what_is_forgotten_is_not_exported(talked: House) -> None:
    talked.run(talked.host.privacy.forget(talked.world.person("ann").id))
    assert exported(talked, "openai") == []

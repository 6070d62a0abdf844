"""A persona thinks with it in a whole host, on the virtual clock (LLM-1, HOST-16)."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from butler.testing import House
from butler.testing.providers import Answer, Break, overloaded
from butler.testing.providers.openai import OpenAI as Server
from butler_llm_openai import LlmOpenai

pytestmark = pytest.mark.spec("LLM-1")
TOML = """
[providers.openai]
base_url = "{url}"
key = "stand-in-key"

[personas.TheButler]
model = "openai:large"
"""


@pytest.fixture
def server() -> Server:
    return Server().reserve()


@pytest.fixture
def house(server: Server, make_house: Callable[..., House]) -> Iterator[House]:
    made = make_house([LlmOpenai], toml=TOML.format(url=server.base_url))
    made.run(server.start())
    yield made
    made.run(server.stop())


def test_it_answers_and_what_it_used_is_in_the_account(house: House, server: Server) -> None:
    server.say("Good evening, Ann.")
    assert house.say("ann", "good evening", members=2) == ["Good evening, Ann."]
    rows = house.query("select input, cached, output from host_usage where provider = 'openai' and model = 'large'")
    used = server.account.usage
    assert rows == [(used.input, used.cached, used.output)]


def test_it_is_asked_again_when_it_fails_and_given_up_at_the_deadline(house: House, server: Server) -> None:
    server.say(overloaded(), "Here I am.")
    assert house.say("ann", "are you there?", members=2) == ["Here I am."]
    server.script.otherwise = Answer("never", broken=Break("silence", 0))
    before = house.clock.now()
    assert house.say("ann", "and now?", members=2)
    assert (house.clock.now() - before).total_seconds() < 200

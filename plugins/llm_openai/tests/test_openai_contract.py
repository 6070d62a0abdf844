"""Every way to ask OpenAI keeps to what providers keep to (LLM-1, LLM-4)."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping
from typing import ClassVar

from butler import ModelError, Provider, Turn
from butler.testing.contracts import ProviderContract
from butler.testing.contracts.asking import CONVERSATION, VERDICT, WEATHER, Asking, Heard, prompt
from butler.testing.providers import StandIn
from butler.testing.providers.openai import OpenAI as Server
from butler_llm_openai.provider import OpenAI
from butler_llm_openai.settings import Settings


class TestChatOfCompatibleServers(ProviderContract):
    """As ``base_url`` alone has it."""

    def server(self) -> StandIn:
        return Server()

    def provider(self, server: StandIn, key: str) -> Provider:
        return OpenAI(self.house(), Settings(base_url=f"{server.url}/v1", key=key))


class TestChatOfOpenAI(TestChatOfCompatibleServers):
    """With all that OpenAI has."""

    def provider(self, server: StandIn, key: str) -> Provider:
        return OpenAI(self.house(), Settings(base_url=f"{server.url}/v1", key=key, gateway=True, api="chat"))


class TestResponses(TestChatOfCompatibleServers):
    """As OpenAI is asked unless it is told otherwise."""

    def provider(self, server: StandIn, key: str) -> Provider:
        return OpenAI(self.house(), Settings(base_url=f"{server.url}/v1", key=key, gateway=True))


NO_TOOLS = "a model that goes on with a text gets no tools: they are left out"
NO_STRUCTURE = "a model that goes on with a text cannot be held to a structure, and is not asked"
ONE_TEXT = "the stand-in sees one text, in which the conversation is written down"


class TestText(TestChatOfCompatibleServers):
    """Models that go on with a text."""

    model = "writer"
    reasons: ClassVar[Mapping[str, str]] = {
        "test_arguments_that_are_no_json_are_told_as_they_came": NO_TOOLS,
        "test_a_tool_is_asked_for_and_its_result_is_told": NO_TOOLS,
        "test_a_tool_without_parameters_is_called_without": NO_TOOLS,
        "test_structured_output_that_is_no_json_is_garbage": NO_STRUCTURE,
        "test_structured_output_is_parsed": NO_STRUCTURE,
        "test_structured_output_that_was_cut_off_or_refused_is_none": NO_STRUCTURE,
        "test_many_at_once_are_not_mixed_up": ONE_TEXT,
        "test_the_prompt_arrives_as_it_is": ONE_TEXT,
        "test_a_conversation_may_begin_and_end_as_it_likes": ONE_TEXT,
        "test_it_says_why_the_answer_ended": "the protocol has no sign for a refusal: its text is the answer",
    }

    def provider(self, server: StandIn, key: str) -> Provider:
        return OpenAI(self.house(), Settings(base_url=f"{server.url}/v1", key=key, text_models=("writer",)))

    def _gets_no_tools(self) -> None:
        async def check(asking: Asking) -> None:
            for completion in await asking.both(prompt(self.model, tools=(WEATHER,)), "Sunny."):
                assert (completion.text, completion.stop, completion.calls) == ("Sunny.", "end", ())
            assert "tools" not in asking.server.asked[-1].body

        self.asking(check)

    def _answers_in_no_structure(self) -> None:
        async def check(asking: Asking) -> None:
            for error in await asking.failed(ModelError, "{}", schema=VERDICT):
                assert error.remedy
            assert asking.server.account.requests == 0

        self.asking(check)

    test_arguments_that_are_no_json_are_told_as_they_came = _gets_no_tools
    test_a_tool_is_asked_for_and_its_result_is_told = _gets_no_tools
    test_a_tool_without_parameters_is_called_without = _gets_no_tools
    test_structured_output_that_is_no_json_is_garbage = _answers_in_no_structure
    test_structured_output_is_parsed = _answers_in_no_structure
    test_structured_output_that_was_cut_off_or_refused_is_none = _answers_in_no_structure

    def test_the_prompt_arrives_as_it_is(self) -> None:
        async def check(asking: Asking) -> None:
            await asking.both(prompt(self.model, turns=CONVERSATION, max_tokens=77), "Very well.")
            asked = asking.server.asked[-1].prompt
            at = [asked.turns[0].text.index(turn.text) for turn in CONVERSATION]
            assert at == sorted(at)
            assert asked.max_tokens == 77

        self.asking(check)

    def test_a_conversation_may_begin_and_end_as_it_likes(self) -> None:
        async def check(asking: Asking) -> None:
            yes, ask, blank = Turn("assistant", "Indeed."), Turn("user", "ann: is it?"), Turn("user", " ")
            for turns in ((yes, ask), (ask, yes), (Turn("system", "Be brief."),), (yes,), (blank, ask, ask)):
                for completion in await asking.both(prompt(self.model, turns=turns), "Very well."):
                    assert completion.text == "Very well."
                written = asking.server.asked[-1].prompt.turns[0].text
                assert all(turn.text in written for turn in turns)

        self.asking(check)

    def test_many_at_once_are_not_mixed_up(self) -> None:
        async def check(asking: Asking) -> None:
            asking.server.script.otherwise = lambda asked: f"You said {re.findall('number[0-9]+', asked.newest)[-1]}."
            heard = [Heard() for _ in range(20)]
            asked = [prompt(self.model, f"number{n}") for n in range(20)]
            done = await asyncio.gather(*map(asking.provider.stream, asked, heard))
            assert [completion.text for completion in done] == [f"You said number{n}." for n in range(20)]
            assert ["".join(each.pieces) for each in heard] == [completion.text for completion in done]

        self.asking(check)

    def test_it_says_why_the_answer_ended(self) -> None:
        async def check(asking: Asking) -> None:
            for completion in await asking.both(prompt(self.model, max_tokens=20), " ".join(["word"] * 25)):
                assert (completion.text, completion.stop) == (" ".join(["word"] * 20), "length")

        self.asking(check)

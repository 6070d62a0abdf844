"""What every provider keeps to while all is well: pieces, tools, structured output, usage (LLM-4)."""

from __future__ import annotations

import asyncio
import contextlib
from itertools import takewhile
from typing import Any

from attrs import evolve

from butler.errors import ModelError
from butler.provider import Completion, ToolCall, ToolSpec, Turn, Usage
from butler.testing.contracts.asking import CONVERSATION, ODD, VERDICT, WEATHER, Asking, Heard, arrived, prompt
from butler.testing.contracts.looking import none
from butler.testing.contracts.provider_base import ProviderSuite
from butler.testing.providers import Answer, Break

LONG = "It was a long evening in the hall. " * 200


class Answering(ProviderSuite):
    """The half of the suite in which the provider's server behaves."""

    # --- answering --------------------------------------------------------------------------------------

    def test_it_answers(self) -> None:
        """With the text, the model, why it ended, and exactly what was billed; streamed or not."""

        async def check(asking: Asking) -> None:
            for completion in await asking.both(prompt(self.model), "Good evening to you."):
                bill = asking.server.account.calls[-1]
                assert completion == Completion("Good evening to you.", bill.usage, self.model)

        self.asking(check)

    def test_the_prompt_arrives_as_it_is(self) -> None:
        """Each turn with its role, in order, whatever alphabet; the limit, too."""

        async def check(asking: Asking) -> None:
            await asking.both(prompt(self.model, turns=CONVERSATION, max_tokens=77), "Very well.")
            for asked in asking.server.asked:
                none(arrived(CONVERSATION, asked.prompt.turns))
                assert asked.prompt.max_tokens == 77

        self.asking(check)

    def test_what_changes_leaves_what_is_stable_where_it_was(self) -> None:
        """A section that is another one each time arrives, and the prefix to cache is the same (MEM-5)."""

        async def check(asking: Asking) -> None:
            stable = (*(evolve(turn, stable=True) for turn in CONVERSATION), Turn("assistant", "Hm.", stable=True))
            for now in ("It is five.", "It is six, and it rains."):
                turns = (*stable, Turn("system", now), Turn("user", "ann: and now?"))
                await asking.both(prompt(self.model, turns=turns), "Now.")
                told = [turn.text for turn in asking.server.asked[-1].prompt.turns]
                assert any(now in text for text in told), f"{now!r} did not arrive"
                assert "ann: and now?" in told[-1] or "ann: and now?" in told[-2]
            first, second = ("\n".join(turn.text for turn in asking.server.asked[n].prompt.turns) for n in (-4, -1))
            same = "".join(a for a, b in takewhile(lambda pair: pair[0] == pair[1], zip(first, second, strict=False)))
            assert [turn.text for turn in stable if turn.text not in same] == []

        self.asking(check)

    def test_a_conversation_may_begin_and_end_as_it_likes(self) -> None:
        """With what the assistant said, without a word of the system's, several of one side in a row, blank ones."""

        async def check(asking: Asking) -> None:
            yes, ask = Turn("assistant", "Indeed."), Turn("user", "ann: is it?")
            system = Turn("system", "You are a butler.")
            for turns in (
                (system, yes, ask),
                (system, ask, yes),
                (ask,),
                (yes,),
                (system,),
                (system, ask, ask, yes, yes, ask),
                (system, Turn("user", ""), Turn("assistant", " "), ask, Turn("user", "\n")),
            ):
                for completion in await asking.both(prompt(self.model, turns=turns), "It is."):
                    assert completion.text == "It is."
                none(arrived([turn for turn in turns if turn.text.strip()], asking.server.asked[-1].prompt.turns))

        self.asking(check)

    def test_pieces_are_heard_while_the_rest_is_still_made(self) -> None:
        """As they come, not at the end."""

        async def check(asking: Asking) -> None:
            asking.server.say(Answer("one two three four", broken=Break("silence", 2)))
            task = asyncio.ensure_future(asking.provider.stream(prompt(self.model), asking.heard))
            await asking.heard.until("one two")
            assert not task.done()
            await self.cancelled(task)

        self.asking(check)

    def test_the_pieces_are_the_answer(self) -> None:
        """Joined, and none is empty."""

        async def check(asking: Asking) -> None:
            text = "Two lines,\n  with  spaces, ünïcödé 咖啡 🏳️‍🌈 and all.\n"
            for completion in await asking.both(prompt(self.model), text):
                assert completion.text == text
            assert "".join(asking.heard.pieces) == text
            assert len(asking.heard.pieces) > 1
            assert all(asking.heard.pieces)

        self.asking(check)

    def test_an_answer_may_be_empty(self) -> None:
        """A model that has nothing to say is no fault."""

        async def check(asking: Asking) -> None:
            for completion in await asking.both(prompt(self.model), Answer("")):
                assert (completion.text, completion.stop) == ("", "end")

        self.asking(check)

    def test_it_says_why_the_answer_ended(self) -> None:
        """Cut off at the prompt's limit; refused by the model, where the protocol tells that."""

        async def check(asking: Asking) -> None:
            for completion in await asking.both(prompt(self.model, max_tokens=20), " ".join(["word"] * 25)):
                assert (completion.text, completion.stop) == (" ".join(["word"] * 20), "length")
            refused = "refusal" if asking.server.refuses else "end"
            for completion in await asking.both(prompt(self.model), Answer("I will not.", stop="refusal")):
                assert (completion.text, completion.stop) == ("I will not.", refused)

        self.asking(check)

    def test_what_was_used_is_what_is_billed(self) -> None:
        """Cached, written and unseen tokens included; the listener hears the same at the end."""

        async def check(asking: Asking) -> None:
            turns = (Turn("system", LONG, stable=True), Turn("user", "And then?"))
            for _ in range(2):
                told = await asking.both(prompt(self.model, turns=turns), Answer("So.", thinking=7))
                billed = list(asking.server.account.calls)[-2:]
                assert [completion.usage for completion in told] == [bill.usage for bill in billed]
                assert asking.heard.charged == asking.server.account.calls[-1].usage

        self.asking(check)

    def test_many_at_once_are_not_mixed_up(self) -> None:
        """Each hears its own."""

        async def check(asking: Asking) -> None:
            asking.server.script.otherwise = lambda asked: f"You said {asked.newest} to me."
            heard = [Heard() for _ in range(20)]
            asked = [prompt(self.model, f"number{n}") for n in range(20)]
            done = await asyncio.gather(*map(asking.provider.stream, asked, heard))
            expected = [f"You said number{n} to me." for n in range(20)]
            assert [completion.text for completion in done] == expected
            assert ["".join(each.pieces) for each in heard] == expected
            assert sum((completion.usage for completion in done), Usage()) == asking.server.account.usage

        self.asking(check)

    def test_odd_texts_do_no_harm(self) -> None:
        """Each is answered, or refused with a ``ModelError``; what comes next is answered."""

        async def check(asking: Asking) -> None:
            for text in ODD:
                with contextlib.suppress(ModelError):
                    await asking.provider.stream(prompt(self.model, text), Heard())
                assert (await asking.provider.complete(prompt(self.model))).text

        self.asking(check)

    # --- tools and structure ------------------------------------------------------------------------------

    def test_a_tool_is_asked_for_and_its_result_is_told(self) -> None:
        """The round trip: two calls with their arguments, their results by id, one of them a failure."""

        async def check(asking: Asking) -> None:
            given: list[dict[str, Any]] = [
                {"place": "Zürich 咖啡", "days": 2},
                {"place": "Rome", "more": {"deep": [1, None, "x"]}},
            ]
            calls = tuple(ToolCall(f"call{n}", "weather", arguments) for n, arguments in enumerate(given))
            first = prompt(self.model, "How is the weather?", tools=(WEATHER,))
            for completion in await asking.both(first, Answer("Let me look.", calls)):
                assert (completion.text, completion.stop) == ("Let me look.", "tools")
                assert [(call.name, call.arguments) for call in completion.calls] == [("weather", a) for a in given]
                assert len({call.id for call in completion.calls}) == 2
                assert completion.usage == asking.server.account.calls[-1].usage
            assert [dict(tool.parameters) for tool in asking.server.asked[-1].prompt.tools] == [WEATHER.parameters]
            one, two = completion.calls
            results = (Turn("tool", "sunny", answers=one.id), Turn("tool", "no such town", answers=two.id, failed=True))
            said = Turn("assistant", completion.text, calls=completion.calls)
            turns = (*first.turns, said, *results)
            for completion in await asking.both(prompt(self.model, turns=turns, tools=(WEATHER,)), "Sunny."):
                assert (completion.text, completion.stop, completion.calls) == ("Sunny.", "end", ())
            none(arrived(results, asking.server.asked[-1].prompt.turns))

        self.asking(check)

    def test_calls_of_before_are_told_to_a_prompt_without_tools(self) -> None:
        """The last round of a conversation with tools has none, so that it ends."""

        async def check(asking: Asking) -> None:
            call = ToolCall("call_1", "weather", {"place": "Rome"})
            result = Turn("tool", "sunny", answers=call.id)
            turns = (*prompt(self.model, "How is it?").turns, Turn("assistant", "", calls=(call,)), result)
            for completion in await asking.both(prompt(self.model, turns=turns), "Sunny."):
                assert (completion.text, completion.stop) == ("Sunny.", "end")
            assert any("sunny" in turn.text for turn in asking.server.asked[-1].prompt.turns)

        self.asking(check)

    def test_a_tool_without_parameters_is_called_without(self) -> None:
        """``{}``, and nothing broken."""

        async def check(asking: Asking) -> None:
            tool = ToolSpec("now", "What time it is")
            answer = Answer(calls=(ToolCall("c", "now"),))
            for completion in await asking.both(prompt(self.model, tools=(tool,)), answer):
                assert [(call.name, call.arguments, call.broken) for call in completion.calls] == [("now", {}, "")]

        self.asking(check)

    def test_structured_output_is_parsed(self) -> None:
        """By a schema as people write them; with the text as it came."""

        async def check(asking: Asking) -> None:
            text = '{"spam": true, "why": "it sells “watches”", "about": [{"word": "gold"}]}'
            for completion in await asking.both(prompt(self.model, schema=VERDICT), text):
                assert completion.data == {"spam": True, "why": "it sells “watches”", "about": [{"word": "gold"}]}
                assert completion.usage == asking.server.account.calls[-1].usage
            assert asking.server.asked[-1].prompt.schema is not None

        self.asking(check)

    def test_structured_output_that_was_cut_off_or_refused_is_none(self) -> None:
        """It says why it ended."""

        async def check(asking: Asking) -> None:
            text = '{"spam": true, "why": "%s"}' % ("word " * 20)
            for completion in await asking.both(prompt(self.model, schema=VERDICT, max_tokens=20), text):
                assert (completion.stop, completion.data) == ("length", None)
            if not asking.server.refuses:
                return
            for completion in await asking.both(prompt(self.model, schema=VERDICT), Answer("No.", stop="refusal")):
                assert (completion.stop, completion.data) == ("refusal", None)

        self.asking(check)

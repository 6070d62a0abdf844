"""What every provider keeps to when things go wrong: the right error, once, and nothing left open (LLM-4)."""

from __future__ import annotations

import asyncio
import contextlib
from typing import Any

import pytest

from butler.errors import (
    ContentRefused,
    ModelError,
    ModelMisconfigured,
    ModelThrottled,
    ModelUnavailable,
    PromptTooLong,
)
from butler.provider import ToolCall, Usage
from butler.testing.contracts.asking import VERDICT, WEATHER, Asking, Heard, prompt
from butler.testing.contracts.looking import none
from butler.testing.contracts.provider_base import SOON, ProviderSuite
from butler.testing.leaks import Before
from butler.testing.providers import Answer, Break, Failure, StandIn, failing, overloaded, throttled


def _status(failure: Failure) -> str:
    return str(failure.status)


class Failing(ProviderSuite):
    """The half of the suite in which the provider's server misbehaves."""

    # --- cancelled, timed out ---------------------------------------------------------------------------

    def test_a_cancelled_stream_ends_the_request_at_once(self) -> None:
        """No more is generated; what is charged is no less than what was billed."""

        async def check(asking: Asking) -> None:
            asking.server.say(Answer("one two three four", broken=Break("silence", 2)))
            task = asyncio.ensure_future(asking.provider.stream(prompt(asking.model), asking.heard))
            await asking.heard.until("one two")
            await self.cancelled(task)
            await asyncio.wait_for(asking.server.settled(), SOON)
            bill = asking.server.account.calls[-1]
            assert bill.ended == "cancelled"
            _covers(asking.heard.charged, bill.usage)

        self.asking(check)

    def test_a_deadline_ends_a_call_that_is_never_answered(self) -> None:
        """The host cancels; the connection is let go, and the next call is answered."""

        async def check(asking: Asking) -> None:
            await asking.provider.complete(prompt(asking.model))  # what is imported when first used is there now
            for call in (asking.provider.complete, lambda p: asking.provider.stream(p, Heard())):
                asking.server.say(Answer("never", broken=Break("silence", -1)))
                with pytest.raises(TimeoutError):
                    await asyncio.wait_for(call(prompt(asking.model)), 0.3)
                await asyncio.wait_for(asking.server.settled(), SOON)
            assert (await asking.provider.complete(prompt(asking.model))).text

        self.asking(check)

    # --- refused ------------------------------------------------------------------------------------------

    def test_throttled_says_how_long_to_wait(self) -> None:
        """Or 0 where the server does not say; it does not try again by itself."""

        async def check(asking: Asking) -> None:
            for seconds, expected in ((2.0, 2.0), (None, 0.0)):
                for error in await asking.failed(ModelThrottled, throttled(seconds)):
                    assert isinstance(error, ModelThrottled)
                    assert error.retry_after == expected

        self.asking(check)

    @pytest.mark.parametrize("failure", [failing(500), failing(502), failing(503), overloaded()], ids=_status)
    def test_a_failing_server_is_unavailable(self, failure: Failure) -> None:
        """It may answer when asked again."""

        async def check(asking: Asking) -> None:
            await asking.failed(ModelUnavailable, failure)
            assert (await asking.provider.complete(prompt(asking.model))).text

        self.asking(check)

    def test_an_over_long_prompt_is_told_apart(self) -> None:
        """Asking again does not help, a shorter one does."""

        async def check(asking: Asking) -> None:
            window = asking.server.served[asking.model].window
            for streamed in (False, True):
                asked = prompt(asking.model, "word " * 2 * window)
                with pytest.raises(PromptTooLong):
                    await (asking.provider.stream(asked, Heard()) if streamed else asking.provider.complete(asked))

        self.asking(check)

    def test_content_that_the_provider_refuses_is_told_apart(self) -> None:
        """Where its server does that by an error."""

        async def check(asking: Asking) -> None:
            if asking.server.filtered is not None:
                await asking.failed(ContentRefused, asking.server.filtered)

        self.asking(check)

    def test_a_wrong_key_is_named_as_that_and_not_shown(self) -> None:
        """With what to do."""

        async def check(asking: Asking) -> None:
            provider = self.provider(asking.server, "a-wrong-key-that-is-secret")
            wrong = Asking(provider, asking.server, asking.model)
            try:
                for error in await wrong.failed(ModelMisconfigured):
                    assert "key" in str(error)
                    assert error.remedy
                    assert "a-wrong-key-that-is-secret" not in f"{error!r}{error.__cause__!r}{provider!r}"
                with pytest.raises(ModelMisconfigured):
                    await provider.models()
            finally:
                await provider.close()

        self.asking(check)

    def test_an_unknown_model_is_named(self) -> None:
        """With what to do."""

        async def check(asking: Asking) -> None:
            for error in await Asking(asking.provider, asking.server, "no-such-model").failed(ModelMisconfigured):
                assert "no-such-model" in str(error)
                assert error.remedy

        self.asking(check)

    def test_a_server_that_is_away_is_unavailable(self) -> None:
        """Whatever it is asked for; with its address. Once it is back it answers."""

        async def check(asking: Asking) -> None:
            assert (await asking.provider.complete(prompt(asking.model))).text
            await asking.server.stop()
            for error in await asking.failed(ModelUnavailable):
                assert str(asking.server.port) in str(error)
            with pytest.raises(ModelUnavailable):
                await asking.provider.models()
            await asking.server.start()
            assert (await asking.provider.complete(prompt(asking.model))).text

        self.asking(check)

    # --- broken off -----------------------------------------------------------------------------------------

    @pytest.mark.parametrize("after", [-1, 0, 2])
    @pytest.mark.parametrize("kind", ["cut", "garbage", "error"])
    def test_an_answer_that_breaks_off_is_no_answer(self, kind: Any, after: int) -> None:
        """Cut, turned into garbage, or ended by an error inside: unavailable, and what was billed is charged."""

        async def check(asking: Asking) -> None:
            await asking.failed(ModelUnavailable, Answer("one two three four", broken=Break(kind, after)))
            await asyncio.wait_for(asking.server.settled(), SOON)
            billed = asking.server.account.calls
            _covers(asking.heard.charged, billed[-1].usage if billed else Usage())
            assert (await asking.provider.complete(prompt(asking.model))).text

        self.asking(check)

    def test_arguments_that_are_no_json_are_told_as_they_came(self) -> None:
        """The host tells the model so."""

        async def check(asking: Asking) -> None:
            answer = Answer(calls=(ToolCall("c", "weather", broken='{"place": "Ro'),))
            for completion in await asking.both(prompt(asking.model, tools=(WEATHER,)), answer):
                assert [(call.arguments, call.broken) for call in completion.calls] == [({}, '{"place": "Ro')]

        self.asking(check)

    def test_structured_output_that_is_no_json_is_garbage(self) -> None:
        """It may be better when asked again."""

        async def check(asking: Asking) -> None:
            await asking.failed(ModelUnavailable, "Surely! Here it is: {", schema=VERDICT)

        self.asking(check)

    # --- its end --------------------------------------------------------------------------------------------

    def test_closed_it_leaves_nothing_open(self) -> None:
        """No connection, task, thread or file; also twice, and before it was used."""

        async def main() -> None:
            await self.provider(server, server.key).close()
            await self._used(server)  # what the library keeps for good is there now
            before, tasks = Before(), asyncio.all_tasks()
            await self._used(server)
            none([task.get_name() for task in asyncio.all_tasks() - tasks])
            await asyncio.wait_for(_disconnected(server), SOON)
            none([each for each in before.left() if not each.startswith("thread asyncio_")])

        with self.server() as server:
            self.run(main())

    async def _used(self, server: StandIn) -> None:
        provider = self.provider(server, server.key)
        server.say("fine", Answer("one two three", broken=Break("cut", 1)), throttled(1))
        for _ in range(3):
            with contextlib.suppress(ModelError):
                await provider.stream(prompt(self.model), Heard())
        await provider.close()
        await provider.close()


def _covers(charged: Usage, billed: Usage) -> None:
    """What is charged is no less than the bill."""
    assert charged.output >= billed.output, f"charged {charged}, billed {billed}"
    assert charged.total >= billed.total, f"charged {charged}, billed {billed}"


async def _disconnected(server: StandIn) -> None:
    while server.connections:  # noqa: ASYNC110 - the server is not told in an event of ours
        await asyncio.sleep(0.01)

"""Each failure says what was wrong and what to do, in one line, and never the key (LLM-1, LLM-7)."""

from __future__ import annotations

import asyncio
import datetime as dt
from types import SimpleNamespace
from typing import Any

import pytest
from butler import (
    ContentRefused,
    ModelError,
    ModelMisconfigured,
    ModelThrottled,
    ModelUnavailable,
    Nobody,
    PromptTooLong,
)
from butler.testing.providers import Answer, Break, Failure
from butler_llm_openai.errors import _wait
from butler_llm_openai.provider import OpenAI
from butler_llm_openai.settings import Settings

pytestmark = pytest.mark.spec("LLM-1")
APIS = pytest.mark.parametrize("api", ["chat", "responses"])


async def error_of(talk: Any, failure: Any, *, stream: bool = False, **fields: Any) -> ModelError:
    talk.server.say(failure)
    asked = talk.asked(**fields)
    with pytest.raises(ModelError) as caught:
        await (talk.provider.stream(asked, Nobody()) if stream else talk.provider.complete(asked))
    assert "\n" not in str(caught.value)
    return caught.value


def test_an_empty_account_is_no_reason_to_try_again(talk: Any) -> None:
    """Though it comes as 429."""

    async def check(talk: Any) -> None:
        error = await error_of(talk, talk.server.quota)
        assert type(error) is ModelMisconfigured
        assert "billing" in error.remedy

    talk(check)


@pytest.mark.parametrize(
    ("failure", "kind"),
    [
        (Failure(403, "Project does not have access to model"), ModelMisconfigured),
        (Failure(400, "Invalid value for 'temperature'"), ModelError),
        (Failure(400, "This model's maximum context length is 8 tokens"), PromptTooLong),
        (Failure(413, "too many tokens"), PromptTooLong),
        (Failure(400, "flagged", "content_filter"), ContentRefused),
        (Failure(409, "conflict"), ModelUnavailable),
        (Failure(408, "timed out"), ModelUnavailable),
        (Failure(503, "busy", retry_after=7), ModelThrottled),
    ],
    ids=lambda each: str(getattr(each, "status", "")),
)
def test_what_a_status_means(talk: Any, failure: Failure, kind: type) -> None:
    async def check(talk: Any) -> None:
        error = await error_of(talk, failure)
        assert type(error) is kind
        assert failure.message in str(error)

    talk(check)


@APIS
def test_an_error_inside_a_stream_says_what_the_server_said(talk: Any, api: str) -> None:
    async def check(talk: Any) -> None:
        error = await error_of(talk, Answer("one two", broken=Break("error", 1)), stream=True)
        assert type(error) is ModelUnavailable
        assert "The server had an error" in str(error)

    talk(check, api=api)


@pytest.mark.spec("LLM-7")
def test_a_server_that_repeats_the_key_does_not_make_us_repeat_it(talk: Any) -> None:
    async def check(talk: Any) -> None:
        error = await error_of(talk, Failure(500, f"your key {talk.server.key}\nis {talk.server.key}"))
        assert talk.server.key not in f"{error!r} {error}"
        assert "your key *** is ***" in str(error)

    talk(check)


@pytest.mark.spec("LLM-7")
def test_the_key_is_in_no_text_of_the_settings() -> None:
    assert "sk-secret" not in repr(Settings(key="sk-secret"))


def test_a_long_error_is_shortened(talk: Any) -> None:
    async def check(talk: Any) -> None:
        assert len(str(await error_of(talk, Failure(500, "word " * 500)))) < 400

    talk(check)


def test_without_a_key_openai_is_not_asked_and_it_says_where_the_key_goes() -> None:
    provider = OpenAI(SimpleNamespace(clock=None), Settings())
    with pytest.raises(ModelMisconfigured, match="butler keys set openai"):
        asyncio.run(provider.models())


def test_another_server_needs_no_key(talk: Any) -> None:
    """It is told one that is none."""

    async def check(talk: Any) -> None:
        talk.server.key = "none"
        assert await talk.provider.models()

    talk(check, key="")


def test_nobody_at_the_address_is_said_with_the_address() -> None:
    provider = OpenAI(SimpleNamespace(clock=None), Settings(base_url="http://127.0.0.1:9/v1"))

    async def main() -> None:
        with pytest.raises(ModelUnavailable, match=r"http://127\.0\.0\.1:9/v1 is not there") as caught:
            await provider.models()
        assert "start the server" in caught.value.remedy
        await provider.close()

    asyncio.run(main())


def test_an_address_without_a_scheme_is_refused_at_once() -> None:
    with pytest.raises(ValueError, match="expected an address such as http://"):
        Settings(base_url="localhost:8000/v1")


def test_an_answer_of_another_kind_is_garbage(talk: Any) -> None:
    """A page, a list, a text: whatever some server at the address sends."""

    async def check(talk: Any) -> None:
        for sent in ([], "hello", {"choices": "none"}, {"choices": [3]}, {"choices": [{"message": 1}]}):

            async def post(*args: Any, answer: Any = sent, **options: Any) -> Any:
                return answer

            (await talk.provider._ready()).client.library.post = post
            with pytest.raises(ModelUnavailable, match="no answer"):
                await talk.provider.complete(talk.asked())

    talk(check, base_url="http://127.0.0.1:9/v1")


def test_how_long_to_wait_is_read_in_every_form() -> None:
    now = dt.datetime(2030, 1, 7, 9, 0, tzinfo=dt.UTC)
    clock: Any = SimpleNamespace(now=lambda: now)
    assert _wait({"retry-after": "2"}, clock) == 2
    assert _wait({"retry-after-ms": "1500", "retry-after": "9"}, clock) == 1.5
    assert _wait({"retry-after": "Mon, 07 Jan 2030 09:00:30 GMT"}, clock) == 30
    assert _wait({"retry-after": "Mon, 07 Jan 2030 08:00:00 GMT"}, clock) == 0
    assert _wait({"retry-after": "soon"}, clock) is None
    assert _wait({}, clock) is None


def test_the_library_does_not_try_again_by_itself(talk: Any) -> None:
    async def check(talk: Any) -> None:
        assert (await talk.provider._ready()).client.library.max_retries == 0

    talk(check)


def test_nothing_of_the_environment_is_used(talk: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the library would read by itself is no setting of Butler's."""
    for name in ("OPENAI_API_KEY", "OPENAI_ORG_ID", "OPENAI_PROJECT_ID", "OPENAI_BASE_URL", "OPENAI_ADMIN_KEY"):
        monkeypatch.setenv(name, "from-the-environment")

    async def check(talk: Any) -> None:
        await talk.provider.complete(talk.asked())
        assert "from-the-environment" not in str(talk.server.asked[-1].headers)

    talk(check)

"""What OpenAI's errors mean: whether to ask again, when, or what somebody has to do."""

from __future__ import annotations

import contextlib
import math
import re
from collections.abc import Iterator
from email.utils import parsedate_to_datetime
from typing import Any

import aiohttp
import openai
from butler import (
    Clock,
    ContentRefused,
    ModelError,
    ModelMisconfigured,
    ModelThrottled,
    ModelUnavailable,
    PromptTooLong,
)

from butler_llm_openai.settings import Settings

EMPTY = {"insufficient_quota", "billing_hard_limit_reached", "billing_not_active", "account_deactivated"}
TOO_LONG = {"context_length_exceeded", "string_above_max_length", "rate_limit_request_too_large"}
REFUSED = {"content_policy_violation", "content_filter", "invalid_prompt", "cyber_policy_violation", "bio_policy"}
LENGTHY = re.compile(
    r"maximum context length|context (window|length|size|overflow)|too many tokens|prompt is too long", re.I
)
SHOWN = 300
"""Characters of a server's own words that are shown."""


class Translator:
    """Raises the host's errors in place of the library's; no key is ever in them."""

    def __init__(self, settings: Settings, clock: Clock) -> None:
        self._settings = settings
        self._clock = clock

    @contextlib.contextmanager
    def around(self, model: str = "") -> Iterator[None]:
        """Within, a request is made. Raises ``ModelError``."""
        try:
            yield
        except openai.APIStatusError as error:
            raise self._status(error, model) from None
        except openai.APIConnectionError as error:
            raise self._unreachable(error) from None
        except openai.APIError as error:  # said in the middle of a stream
            raise self.said(error.message, error.code or "", model) from None
        except (openai.OpenAIError, aiohttp.ClientError, ValueError) as error:  # not HTTP, not JSON, not its form
            raise self.garbage(type(error).__name__) from None

    @contextlib.contextmanager
    def reading(self) -> Iterator[None]:
        """Within, an answer is read: what is not of the form that it should be is garbage. Raises ``ModelError``."""
        try:
            yield
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            raise self.garbage(type(error).__name__) from None

    def broke_off(self) -> ModelUnavailable:
        """The answer ended without an end."""
        return ModelUnavailable(f"{self._settings.address} broke off in the middle of the answer")

    def garbage(self, what: str = "") -> ModelUnavailable:
        """The server sent something that is no answer."""
        why = f" ({what})" if what else ""
        return ModelUnavailable(
            f"{self._settings.address} sent something that is no answer{why}",
            remedy="" if self._settings.official else "see whether base_url is the address of such a server, with /v1",
        )

    def said(self, message: str, code: str, model: str, status: int = 500) -> ModelError:
        """What an error with a code means."""
        words = self._words(message)
        if code in EMPTY:
            return ModelMisconfigured(f"the account is empty: {words}", remedy="see to the billing of the account")
        if code in TOO_LONG or (status in {400, 413, 422} and LENGTHY.search(message)):
            return PromptTooLong(f"the prompt is too long for {model}: {words}")
        if code in REFUSED:
            return ContentRefused(f"{self._settings.address} refuses what it was asked: {words}")
        if status == 429 or code == "rate_limit_exceeded":
            return ModelThrottled(f"{self._settings.address} is asked too often: {words}")
        if status < 500 and status not in {408, 409}:
            return ModelError(
                f"{self._settings.address} does not take the request{f' for {model}' if model else ''}: {words}"
            )
        return ModelUnavailable(f"{self._settings.address} failed: {words}")

    def _status(self, error: openai.APIStatusError, model: str) -> ModelError:
        if error.status_code == 401:
            return ModelMisconfigured(
                f"{self._settings.address} refuses the key",
                remedy="see which one it gets by `butler keys list`, and set it by `butler keys set openai`",
            )
        if error.status_code == 404 and model:
            return self._unknown(model)
        if error.status_code == 404 and not isinstance(error.body, dict):
            return ModelMisconfigured(
                f"{self._settings.address} has nothing there", remedy="see whether base_url ends with /v1"
            )
        said = self.said(error.message.partition(" - ")[2] or error.message, error.code or "", model, error.status_code)
        wait = _wait(error.response.headers, self._clock)
        if wait is not None and isinstance(said, ModelUnavailable):
            return ModelThrottled(str(said), retry_after=wait)
        if error.status_code == 403 and type(said) is ModelError:
            return ModelMisconfigured(str(said), remedy="see what the key's project may use")
        return said

    def _unknown(self, model: str) -> ModelMisconfigured:
        there = "`butler models` lists those that the key may use"
        if not self._settings.official:
            there = "name one that it has (`butler models` lists them), and see whether base_url ends with /v1"
        return ModelMisconfigured(f"{self._settings.address} knows no model {model!r}", remedy=there)

    def _unreachable(self, error: openai.APIConnectionError) -> ModelUnavailable:
        cause = error.__cause__ or error
        why = self._words(str(cause)) or type(cause).__name__
        return ModelUnavailable(
            f"{self._settings.address} is not there or broke off: {why}",
            remedy="" if self._settings.official else "start the server, or correct base_url under [providers.openai]",
        )

    def _words(self, message: str) -> str:
        """A server's own words: one line, no longer than shown, without the key."""
        line = " ".join(message.split())
        if self._settings.key:
            line = line.replace(self._settings.key, "***")
        return line if len(line) <= SHOWN else f"{line[: SHOWN - 1]}…"


def _wait(headers: Any, clock: Clock) -> float | None:
    """Seconds that a server asks to wait; ``None`` if it does not say."""
    for name, each in (("retry-after-ms", 0.001), ("retry-after", 1.0)):
        with contextlib.suppress(KeyError, ValueError):
            seconds = float(headers[name]) * each
            return max(0.0, seconds) if math.isfinite(seconds) else None
    with contextlib.suppress(KeyError, ValueError):
        return max(0.0, (parsedate_to_datetime(headers["retry-after"]) - clock.now()).total_seconds())
    return None

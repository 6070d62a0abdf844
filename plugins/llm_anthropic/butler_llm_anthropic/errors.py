"""What went wrong at Anthropic, in the host's words: whether to try again, and what to do."""

from __future__ import annotations

from typing import Final

import anthropic
from butler import (
    ContentRefused,
    ModelError,
    ModelMisconfigured,
    ModelThrottled,
    ModelUnavailable,
    PromptTooLong,
)

WHO: Final = "Anthropic"
_SPENT: Final = {"enforced_spend_limit_reached", "contract_spend_limit_reached"}
_TYPES: Final = {
    "authentication_error": 401, "billing_error": 402, "permission_error": 403, "not_found_error": 404,
    "request_too_large": 413, "rate_limit_error": 429, "timeout_error": 504, "overloaded_error": 529, "api_error": 500,
    "invalid_request_error": 400,
}  # fmt: skip
"""An error inside a stream comes under status 200: its type says what it is."""


def explained(error: Exception, model: str, where: str, key: str = "") -> ModelError:
    """The host's error for one of the SDK, or of what it read from ``where``. ``key`` never shows in it."""
    if isinstance(error, anthropic.APIStatusError):
        return _refusal(error, model, key)
    if isinstance(error, anthropic.APITimeoutError):
        return ModelUnavailable(f"{WHO} at {where} did not answer in time")
    if isinstance(error, anthropic.APIConnectionError):
        return ModelUnavailable(
            f"{WHO} cannot be reached at {where}", remedy="see whether this machine is online, and what base_url says"
        )
    return ModelUnavailable(f"{WHO} broke off or answered with something else ({type(error).__name__})")


def _refusal(error: anthropic.APIStatusError, model: str, key: str) -> ModelError:
    status = error.status_code if error.status_code >= 400 else _TYPES.get(str(error.type), 500)
    said = _said(error, key)
    if status in {401, 402, 403, 404} or error.error_code in _SPENT or "credit balance" in said:
        return _misconfigured(status, said, model)
    if status == 413 or (status == 400 and ("prompt is too long" in said or "exceed context limit" in said)):
        return PromptTooLong(f"the prompt is too long for {model} ({said})")
    if status == 429 or (status >= 500 and "retry-after" in error.response.headers):
        return ModelThrottled(f"{WHO} asks to wait ({said})", retry_after=_seconds(error))
    if status in {408, 409} or status >= 500:
        return ModelUnavailable(f"{WHO} fails ({status}: {said})")
    if "content filtering policy" in said:
        return ContentRefused(f"{WHO} refuses to answer that ({said})")
    return ModelError(f"{WHO} does not take the request ({status}: {said})")


def _misconfigured(status: int, said: str, model: str) -> ModelMisconfigured:
    if status == 404:
        return ModelMisconfigured(
            f"{WHO} has no model {model}", remedy="correct its name under [personas.NAME]; `butler doctor` lists them"
        )
    if status == 401:
        return ModelMisconfigured(
            f"{WHO} refuses the key",
            remedy='`butler keys set anthropic`, and key = "env:ANTHROPIC_API_KEY" under [providers.anthropic]',
        )
    if status == 403:
        return ModelMisconfigured(f"the key may not do that at {WHO} ({said})", remedy="use another key, or widen it")
    return ModelMisconfigured(
        f"{WHO} is not paid for ({said})", remedy="look at billing and spend limits in Anthropic's console"
    )


def _said(error: anthropic.APIStatusError, key: str) -> str:
    text = " ".join(str(error.api_message or error.message).split())[:300]
    return text.replace(key, "***") if key else text


def _seconds(error: anthropic.APIStatusError) -> float:
    """How long it asks to wait; 0 if it does not say so in seconds."""
    try:
        return max(0.0, float(error.response.headers.get("retry-after", "0")))
    except ValueError:
        return 0.0

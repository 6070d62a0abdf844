"""What went wrong at Ollama, in one line with what to do."""

from __future__ import annotations

import re
from collections.abc import Sequence

import httpx
import ollama
from butler import ModelError, ModelMisconfigured, ModelThrottled, ModelUnavailable, PromptTooLong, ToolCall, ToolSpec

_BROKEN_CALL = re.compile(r"error parsing tool call: raw='(.*)', err=", re.DOTALL)


class Throttled(Exception):
    """The server asks to wait; the SDK's own error does not say how long."""

    def __init__(self, said: str, seconds: str) -> None:
        super().__init__(said)
        self.seconds = float(seconds) if seconds.replace(".", "", 1).isdigit() else 0.0


async def heed(response: httpx.Response) -> None:
    """Read what the SDK does not hand on. Raises ``Throttled``."""
    if response.status_code == 429:
        await response.aread()
        raise Throttled(" ".join(response.text.split())[:300], response.headers.get("retry-after", ""))


def explained(error: Exception, where: str, model: str = "") -> ModelError:
    """The host's error for one of the SDK, or of what it read."""
    if isinstance(error, ollama.ResponseError):
        return _refusal(error, where, model)
    if isinstance(error, Throttled):
        return ModelThrottled(f"Ollama asks to wait ({error})", retry_after=error.seconds)
    if isinstance(error, ConnectionError | httpx.ConnectError | httpx.ConnectTimeout):
        return ModelUnavailable(
            f"Ollama is not running at {where}",
            remedy="start it (`ollama serve`), or say where it is: base_url under [providers.ollama]",
        )
    if isinstance(error, httpx.TimeoutException):
        return ModelUnavailable(f"Ollama at {where} did not answer in time")
    return ModelUnavailable(f"Ollama at {where} broke off or answered with something else ({type(error).__name__})")


def _refusal(error: ollama.ResponseError, where: str, model: str) -> ModelError:
    status, said = error.status_code, " ".join(str(error.error).split())[:300]
    if status in {401, 403}:
        return ModelMisconfigured(
            f"Ollama at {where} refuses the key", remedy="give the right one: `butler keys set ollama`"
        )
    if "file does not exist" in said:
        return ModelMisconfigured(
            f"Ollama's library has no model {model}", remedy="see ollama.com/library for the names"
        )
    if status == 404:
        return ModelMisconfigured(
            f"Ollama has no model {model}",
            remedy=f"get it with `butler ollama pull {model}` (or `ollama pull {model}`)",
        )
    if status == 402:
        return ModelMisconfigured(f"Ollama is not paid for ({said})", remedy="see your account at ollama.com")
    if "context length" in said or "exceeds the available context" in said:
        return PromptTooLong(
            f"the prompt is too long for {model} ({said})", remedy="raise context under [providers.ollama]"
        )
    if "more system memory" in said or "out of memory" in said:
        return ModelError(
            f"{model} does not fit into memory ({said})",
            remedy="take a smaller one, lower context under [providers.ollama], or stop others (`ollama ps`)",
        )
    if status >= 500 or status < 0:
        return ModelUnavailable(f"Ollama fails ({said})")
    return ModelError(f"Ollama does not take the request ({said})")


def broken_call(error: Exception, tools: Sequence[ToolSpec]) -> ToolCall | None:
    """What a model wanted to call, where the server could not read it: its words do not say which tool."""
    found = _BROKEN_CALL.search(str(error.error)) if isinstance(error, ollama.ResponseError) else None
    if found is None or not tools:
        return None
    return ToolCall("broken", tools[0].name if len(tools) == 1 else "", broken=found[1])

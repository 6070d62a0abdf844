"""How OpenAI is helped to find what it has cached: by a key, and by breakpoints behind what stays the same."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from butler import Model, Prompt, Turn

from butler_llm_openai.way import Json

BREAKPOINTS = "breakpoints"
"""The feature of models that cache up to breakpoints, and charge for writing: GPT-5.6 and later."""
LOOKED_AT = 80
"""Breakpoints of a prompt that are looked at, the latest ones."""


def marked(turns: Sequence[Turn], facts: Model) -> frozenset[int]:
    """The turns that a breakpoint is set behind: all that stay the same, so that the longest known beginning is found.

    What the assistant said can have none.
    """
    if BREAKPOINTS not in facts.features:
        return frozenset()
    stable = [index for index, turn in enumerate(turns) if turn.stable and turn.role != "assistant"]
    return frozenset(stable[-LOOKED_AT:])


def options(prompt: Prompt, facts: Model) -> Json:
    """What a request says of the cache besides: without a breakpoint nothing is written, which would cost more."""
    told: Json = {"prompt_cache_key": _hidden(prompt.key)} if prompt.key else {}
    if BREAKPOINTS in facts.features:
        told["prompt_cache_options"] = {"mode": "explicit"}
    return told


def _hidden(key: str) -> str:
    """The same for the same key; short enough, and saying nothing of channels and people."""
    return hashlib.blake2b(key.encode("utf-8", "replace"), digest_size=16).hexdigest()

"""The section ``[providers.anthropic]``: the key, the server, how long the cache lives, how much a model may think."""

from __future__ import annotations

from typing import Literal

from attrs import frozen
from butler import secret

Ttl = Literal["5m", "1h"]


@frozen
class Settings:
    """What ``[providers.anthropic]`` may hold."""

    key: str = secret()
    """The API key, as ``env:ANTHROPIC_API_KEY``. Nothing else is searched for one."""
    base_url: str = ""
    """Another server that speaks Anthropic's protocol; left out: Anthropic's own."""
    cache_ttl: Ttl = "5m"
    """How long the beginning of a prompt (tools and who the persona is) stays in the cache after its last use.

    What is put there for an hour costs twice the input's price, for five minutes 1.25 times.
    """
    history_ttl: Ttl = "5m"
    """The same for the conversation. The beginning lives at least as long."""
    effort: Literal["low", "medium", "high", "xhigh", "max"] = "low"
    """How much a model may think before it answers; left out for models that know no such thing.

    What it thinks is billed as output and counts towards the answer's limit.
    """
    silence: float = 60.0
    """Seconds without a sign of life after which a request is given up."""

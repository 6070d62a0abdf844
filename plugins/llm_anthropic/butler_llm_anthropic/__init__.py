"""Anthropic: personas think with Claude."""

from __future__ import annotations

from butler import Plugin

from butler_llm_anthropic.provider import Anthropic

__all__ = ["LlmAnthropic"]


class LlmAnthropic(Plugin):
    """Brings the provider ``anthropic``; it is served when butler.toml has ``[providers.anthropic]``."""

    provider = Anthropic
    network = ("api.anthropic.com",)

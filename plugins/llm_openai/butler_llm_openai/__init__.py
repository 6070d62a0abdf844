"""OpenAI: its language models, and those of every server that speaks its protocol."""

from __future__ import annotations

from butler import Plugin

from butler_llm_openai.provider import OpenAI

__all__ = ["LlmOpenai"]


class LlmOpenai(Plugin):
    """Brings the provider ``openai``; it is served when butler.toml has ``[providers.openai]``."""

    provider = OpenAI
    network = ("api.openai.com",)

"""Anthropic: personas think with Claude."""

from __future__ import annotations

from butler import Check, ModelError, Plugin

from butler_llm_anthropic.provider import Anthropic

__all__ = ["LlmAnthropic"]


class LlmAnthropic(Plugin):
    """Brings the provider ``anthropic``; it is served when butler.toml has ``[providers.anthropic]``."""

    provider = Anthropic

    async def checks(self) -> list[Check]:
        """Whether the key works, and which models it may use."""
        provider = self.host.provider
        if provider is None:
            return []
        try:
            models = await provider.models()
        except ModelError as error:
            return [Check("anthropic", "fail", str(error.args[0]), error.remedy)]
        return [Check("anthropic", "ok", f"the key works; models: {', '.join(models[:8])}{' …' if models[8:] else ''}")]

"""A stand-in for Anthropic's API: messages, token counts and models, with a cache of marked prefixes."""

from butler.testing.providers.anthropic.server import Anthropic, Claude

STAND_IN = Anthropic

__all__ = ["Anthropic", "Claude"]

"""A stand-in for OpenAI's API and for servers that are compatible with it."""

from butler.testing.providers.openai.server import OpenAI

STAND_IN = OpenAI

__all__ = ["OpenAI"]

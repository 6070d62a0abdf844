"""A stand-in for Ollama: chat, embeddings, and everything about models that lie on a machine."""

from butler.testing.providers.ollama.server import Local, Ollama

STAND_IN = Ollama

__all__ = ["Local", "Ollama"]

"""/usage: who asked how much of which persona and model, what it cost, and its limits (CORE-21)."""

from butler_core.usage.feature import Usage

__all__ = ["Usage"]

"""``/serverstats``: how a guild is doing, in a card and in pictures (CORE-17)."""

from butler_core.stats.feature import Stats

__all__ = ["Stats"]

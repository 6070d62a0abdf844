"""Karma: people give each other, and things, points."""

from butler_karma.plugin import Karma

__all__ = ["Karma"]

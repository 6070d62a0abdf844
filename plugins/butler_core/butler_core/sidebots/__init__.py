"""Side bots: personas that are called in, talk among themselves, or break a silence (CORE-23, CORE-24, CORE-25)."""

from butler_core.sidebots.feature import SideBots

__all__ = ["SideBots"]

"""``/top`` and ``/me``: who was how active, day by day on the guild's clock (CORE-20)."""

from butler_core.counting.feature import Counting

__all__ = ["Counting"]

"""Check-ins with those who have been silent, and ``/inactive`` (CORE-12)."""

from butler_core.reaching.feature import Reaching

__all__ = ["Reaching"]

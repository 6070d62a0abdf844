"""New members are welcomed: by direct message, in the welcome channel, in a thread there (CORE-1, CORE-2, CORE-4)."""

from butler_core.welcome.feature import Welcome

__all__ = ["Welcome"]

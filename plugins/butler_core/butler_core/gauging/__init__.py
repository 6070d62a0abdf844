"""``/gauge``: people are asked how they feel about something, and nobody's answer is shown by name (CORE-13)."""

from butler_core.gauging.feature import Gauging

__all__ = ["Gauging"]

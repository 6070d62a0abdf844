"""Weather, time in a place, a calculator: for people by command, for models as tools (CORE-10)."""

from butler_core.weather.feature import Weather

__all__ = ["Weather"]

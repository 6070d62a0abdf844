"""Open-Meteo's APIs as they answer, for places that a test makes up."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from attrs import field, frozen
from butler.testing import Asked, Pages, WebAnswer


@frozen
class Town:
    """A place with its weather."""

    name: str
    latitude: float
    longitude: float
    timezone: str
    country: str = ""
    admin1: str = ""
    postcodes: tuple[str, ...] = ()
    temperature: float = 20.0
    code: int = 0
    days: tuple[tuple[int, float, float, float | None], ...] = field(default=((0, 24.0, 12.0, 5.0),))
    """Code, highest, lowest, chance of rain."""


class Weathers(Pages):
    """The server. ``toml`` is what a host needs to reach it; close it, or use it as a context manager."""

    def __init__(self, *towns: Town) -> None:
        self.towns = list(towns)
        self.broken: Any = None
        """What it answers instead of weather; an ``int`` is a status."""
        super().__init__()

    @property
    def toml(self) -> str:
        """The lines of butler.toml that lead there."""
        return (
            f'[host]\nfetch_allow = ["{self.address}"]\n'
            f'[plugins.butler_core]\nopen_meteo_url = "{self.url}"\nopen_meteo_places_url = "{self.url}"\n'
        )

    # --- what it answers ----------------------------------------------------------------------------------

    def answer(self, asked: Asked) -> WebAnswer:
        """As the service does."""
        self.asked.append(asked)
        status, told = self._told(asked.path, asked.query)
        return WebAnswer(told, status, "application/json; charset=utf-8")

    def _told(self, path: str, asked: Mapping[str, str]) -> tuple[int, Any]:
        if self.broken is not None:
            return (self.broken, {"error": True}) if isinstance(self.broken, int) else (200, self.broken)
        if path == "/v1/search":
            return 200, self._search(asked)
        if path == "/v1/forecast":
            return self._forecast(asked)
        return 404, {"error": True, "reason": "Not Found"}

    def _search(self, asked: Mapping[str, str]) -> dict[str, Any]:
        wanted = asked.get("name", "").casefold()
        found = [each for each in self.towns if wanted == each.name.casefold() or wanted in each.postcodes]
        results = [
            {
                "id": number, "name": each.name, "latitude": each.latitude, "longitude": each.longitude,
                "timezone": each.timezone, "country": each.country, "admin1": each.admin1,
            }
            for number, each in enumerate(found, 1)
        ]  # fmt: skip
        return {"results": results, "generationtime_ms": 0.5} if results else {"generationtime_ms": 0.5}

    def _forecast(self, asked: Mapping[str, str]) -> tuple[int, Any]:
        try:
            where = (float(asked["latitude"]), float(asked["longitude"]))
        except (KeyError, ValueError):
            return 400, {"error": True, "reason": "Parameter 'latitude' and 'longitude' must be given"}
        town = min(self.towns, key=lambda each: abs(each.latitude - where[0]) + abs(each.longitude - where[1]))
        hot = asked.get("temperature_unit") == "fahrenheit"
        current = {
            "temperature_2m": _degrees(town.temperature, hot),
            "apparent_temperature": _degrees(town.temperature - 2, hot),
            "relative_humidity_2m": 60, "weather_code": town.code, "wind_speed_10m": 15.0,
        }  # fmt: skip
        told: dict[str, Any] = {"latitude": where[0], "longitude": where[1], "timezone": town.timezone}
        if "current" in asked:
            told["current"] = {key: value for key, value in current.items() if key in asked["current"].split(",")}
        if "daily" in asked:
            told["daily"] = _daily(town, hot)
        return 200, told


def _daily(town: Town, hot: bool) -> dict[str, list[Any]]:
    days = list(enumerate(town.days, 1))
    return {
        "time": [f"2030-01-{number:02}" for number, _ in days],
        "weather_code": [code for _, (code, _, _, _) in days],
        "temperature_2m_max": [_degrees(high, hot) for _, (_, high, _, _) in days],
        "temperature_2m_min": [_degrees(low, hot) for _, (_, _, low, _) in days],
        "precipitation_probability_max": [rain for _, (_, _, _, rain) in days],
    }


def _degrees(celsius: float, hot: bool) -> float:
    return celsius * 9 / 5 + 32 if hot else celsius

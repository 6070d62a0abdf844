"""Open-Meteo's forecast and geocoding APIs, which need no key."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from butler_core.weather.sky import CODES, UNITS, Day, NoPlace, NoWeather, Place, Sky

NAME = "Open-Meteo"
_NOW = "temperature_2m,apparent_temperature,relative_humidity_2m,weather_code,wind_speed_10m"
_DAILY = "weather_code,temperature_2m_max,temperature_2m_min,precipitation_probability_max"
DAYS = 3


class OpenMeteo:
    """Asks it through the host's ``web``."""

    def __init__(self, web: Any, url: str, places_url: str) -> None:
        self._web = web
        self._url = url.rstrip("/")
        self._places_url = places_url.rstrip("/")

    async def find(self, text: str) -> Place:
        """A place by its name or ZIP. Raises ``NoPlace``, or ``WebError``."""
        name = text.partition(",")[0].strip()[:100]
        asked = {"name": name, "count": "10", "language": "en", "format": "json"}
        told = await self._web.json(f"{self._places_url}/v1/search", params=asked) if len(name) > 1 else {}
        found = told.get("results") if isinstance(told, Mapping) else None
        if not isinstance(found, list) or not found:
            raise NoPlace(text)
        best = next((each for each in found if _fits(each, text)), found[0])
        try:
            return _place(best)
        except (KeyError, TypeError, ValueError) as error:
            raise NoWeather(f"{NAME} answered with a place that is none") from error

    async def sky(self, place: Place, units: str) -> Sky:
        """The weather there. Raises ``WebError``."""
        asked = {
            "latitude": f"{place.latitude:.4f}", "longitude": f"{place.longitude:.4f}", "current": _NOW,
            "daily": _DAILY, "timezone": "auto", "forecast_days": str(DAYS),
        }  # fmt: skip
        if units == "imperial":
            asked |= {"temperature_unit": "fahrenheit", "wind_speed_unit": "mph"}
        told = await self._web.json(f"{self._url}/v1/forecast", params=asked)
        try:
            return _sky(place, told, units)
        except (KeyError, TypeError, ValueError, IndexError) as error:
            raise NoWeather(f"{NAME} answered with something that is no weather") from error


def _fits(found: Any, text: str) -> bool:
    """“Paris, Texas”: what stands behind the comma is the country or region."""
    _, comma, behind = text.partition(",")
    wanted = behind.strip().casefold()
    if not comma or not wanted or not isinstance(found, Mapping):
        return not comma
    return wanted in {str(found.get(key, "")).casefold() for key in ("country", "country_code", "admin1", "admin2")}


def _place(found: Mapping[str, Any]) -> Place:
    names = dict.fromkeys(str(found.get(key, "")) for key in ("name", "admin1", "country"))
    name = ", ".join(filter(None, names))[:120]
    return Place(name, _number(found["latitude"]), _number(found["longitude"]), str(found.get("timezone", "")))


def _sky(place: Place, told: Mapping[str, Any], units: str) -> Sky:
    now = told["current"]
    daily = told.get("daily") or {"time": []}
    days = [
        Day(
            str(date)[:10], _said(daily["weather_code"][at]), _number(daily["temperature_2m_max"][at]),
            _number(daily["temperature_2m_min"][at]), _maybe(daily["precipitation_probability_max"][at]),
        )
        for at, date in enumerate(daily["time"][:DAYS])
    ]  # fmt: skip
    return Sky(
        place, _said(now["weather_code"]), _number(now["temperature_2m"]), _number(now["apparent_temperature"]),
        _number(now["relative_humidity_2m"]), _number(now["wind_speed_10m"]), UNITS[units], NAME, tuple(days),
    )  # fmt: skip


def _said(code: Any) -> str:
    return CODES.get(int(code), f"weather code {int(code)}")


def _number(value: Any) -> float:
    number = float(value)
    if not math.isfinite(number):
        raise ValueError(value)
    return number


def _maybe(value: Any) -> float | None:
    return None if value is None else _number(value)

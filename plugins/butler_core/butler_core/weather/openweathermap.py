"""OpenWeatherMap's geocoding and weather APIs, with a key."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from butler_core.weather.sky import UNITS, NoPlace, NoWeather, Place, Sky

NAME = "OpenWeatherMap"
_ZIP = re.compile(r"\d[\w -]{2,9}(?:,\s*[a-zA-Z]{2})?")
_MS_IN_KMH = 3.6


class OpenWeatherMap:
    """Asks it through the host's ``web``."""

    def __init__(self, web: Any, url: str, key: str) -> None:
        self._web = web
        self._url = url.rstrip("/")
        self._key = key

    async def find(self, text: str) -> Place:
        """A place by its name or ZIP. Raises ``NoPlace``, or ``WebError``."""
        by = "zip" if _ZIP.fullmatch(text.strip()) else "direct"
        asked = {"zip" if by == "zip" else "q": text.strip()[:100], "appid": self._key}
        told = await self._web.json(f"{self._url}/geo/1.0/{by}", params=asked)
        found = told[0] if isinstance(told, list) and told else told
        if not isinstance(found, Mapping) or "lat" not in found:
            raise NoPlace(text)
        names = dict.fromkeys(str(found.get(key, "")) for key in ("name", "state", "country"))
        return Place(", ".join(filter(None, names))[:120], float(found["lat"]), float(found["lon"]))

    async def sky(self, place: Place, units: str) -> Sky:
        """The weather there, without the days to come. Raises ``WebError``."""
        asked = {"lat": f"{place.latitude:.4f}", "lon": f"{place.longitude:.4f}", "units": units, "appid": self._key}
        told = await self._web.json(f"{self._url}/data/2.5/weather", params=asked)
        try:
            main, wind = told["main"], float(told["wind"]["speed"])
            return Sky(
                place, str(told["weather"][0]["description"])[:60], float(main["temp"]), float(main["feels_like"]),
                float(main["humidity"]), wind * _MS_IN_KMH if units == "metric" else wind, UNITS[units], NAME,
            )  # fmt: skip
        except (KeyError, TypeError, ValueError, IndexError) as error:
            raise NoWeather(f"{NAME} answered with something that is no weather") from error

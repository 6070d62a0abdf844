"""Where the weather comes from."""

from __future__ import annotations

from typing import Literal

import attrs
from butler import host_wide, secret


@attrs.frozen(slots=False)
class WeatherSettings:
    """Sources, and in what it is measured."""

    weather_source: Literal["open-meteo", "openweathermap"] = host_wide("open-meteo")
    """Who is asked: Open-Meteo, which needs no key, or OpenWeatherMap."""
    weather_units: Literal["metric", "imperial"] = "metric"
    """In what it is said: °C and km/h, or °F and mph."""
    weather_persona: str = "Gale"
    """Who tells it where nobody else is named; empty: the facts alone."""
    open_meteo_url: str = host_wide("https://api.open-meteo.com")
    """Where Open-Meteo's forecasts are."""
    open_meteo_places_url: str = host_wide("https://geocoding-api.open-meteo.com")
    """Where Open-Meteo finds places by name or ZIP."""
    openweathermap_url: str = host_wide("https://api.openweathermap.org")
    """Where OpenWeatherMap is."""
    openweathermap_key: str = secret()
    """Its key, as ``env:NAME``."""

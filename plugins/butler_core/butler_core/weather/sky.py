"""What weather is, whoever tells it: a place, what it is like there now, and the days to come."""

from __future__ import annotations

from attrs import frozen
from butler import BadArgument, WebError


class NoWeather(WebError):
    """A service answered something that is no weather."""


class NoPlace(BadArgument):
    """There is no such place."""

    def __init__(self, place: str) -> None:
        super().__init__(f"I know no place “{place[:60]}”", remedy="give a city, or a ZIP code")


@frozen
class Place:
    """Somewhere on earth; ``zone`` is the name of its time zone, if it is known."""

    name: str
    latitude: float
    longitude: float
    zone: str = ""


@frozen
class Units:
    """How temperatures and speeds are written."""

    degrees: str
    speed: str


UNITS = {"metric": Units("°C", "km/h"), "imperial": Units("°F", "mph")}


@frozen
class Day:
    """A day's forecast; chances are in percent, ``None`` where nobody says."""

    date: str
    sky: str
    high: float
    low: float
    rain: float | None = None


@frozen
class Sky:
    """The weather somewhere."""

    place: Place
    sky: str
    temperature: float
    feels: float
    humidity: float
    wind: float
    units: Units
    source: str
    days: tuple[Day, ...] = ()

    @property
    def now(self) -> str:
        """What it is like now, in a line."""
        feels = f" (feels like {self.feels:.0f})" if round(self.feels) != round(self.temperature) else ""
        return (
            f"{self.sky}, {self.temperature:.0f} {self.units.degrees}{feels}, "
            f"humidity {self.humidity:.0f} %, wind {self.wind:.0f} {self.units.speed}"
        )

    @property
    def coming(self) -> list[tuple[str, str]]:
        """Each day, and what it will be like."""
        return [(day.date, self._day(day)) for day in self.days]

    def _day(self, day: Day) -> str:
        rain = "" if day.rain is None else f", rain {day.rain:.0f} %"
        return f"{day.sky}, {day.low:.0f} to {day.high:.0f} {self.units.degrees}{rain}"

    @property
    def text(self) -> str:
        """All of it, for a model."""
        lines = [f"Weather in {self.place.name} now: {self.now}."]
        return "\n".join([*lines, *(f"{date}: {about}." for date, about in self.coming), f"Source: {self.source}."])


CODES = {
    0: "clear", 1: "mostly clear", 2: "partly cloudy", 3: "overcast", 45: "fog", 48: "freezing fog",
    51: "light drizzle", 53: "drizzle", 55: "heavy drizzle", 56: "light freezing drizzle", 57: "freezing drizzle",
    61: "light rain", 63: "rain", 65: "heavy rain", 66: "light freezing rain", 67: "freezing rain",
    71: "light snow", 73: "snow", 75: "heavy snow", 77: "snow grains", 80: "light showers", 81: "showers",
    82: "violent showers", 85: "light snow showers", 86: "heavy snow showers", 95: "thunderstorm",
    96: "thunderstorm with hail", 99: "thunderstorm with heavy hail",
}  # fmt: skip
"""The WMO's weather codes, as Open-Meteo uses them."""

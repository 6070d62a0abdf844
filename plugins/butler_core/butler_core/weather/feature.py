"""Whom to ask for the weather, and in whose voice it is told."""

from __future__ import annotations

import datetime as dt
import zoneinfo
from collections.abc import Collection, Sequence
from typing import ClassVar

from butler import QUOTE_RULE, Call, CommandError, ModelError, Persona, Turn, WebError, quoted

from butler_core.feature import Feature
from butler_core.weather.clocks import told, zone_called
from butler_core.weather.commands import WeatherCommands
from butler_core.weather.open_meteo import OpenMeteo
from butler_core.weather.openweathermap import OpenWeatherMap
from butler_core.weather.settings import WeatherSettings
from butler_core.weather.sky import NoPlace, Sky

TASK = (
    "Tell the people of this channel about the weather below, in your own voice, in at most 90 words. "
    "Keep every number as it stands, and add none."
)


class Weather(Feature):
    """What it is like outside."""

    settings = WeatherSettings
    commands = WeatherCommands
    personas: ClassVar[Sequence[str]] = ("personas/Gale.toml",)
    network: ClassVar[Collection[str]] = (
        "api.open-meteo.com",
        "geocoding-api.open-meteo.com",
        "api.openweathermap.org",
    )

    def source(self, settings: WeatherSettings) -> OpenMeteo | OpenWeatherMap:
        """Who is asked. Raises ``CommandError`` where a key is missing."""
        if settings.weather_source == "open-meteo":
            return OpenMeteo(self.host.web, settings.open_meteo_url, settings.open_meteo_places_url)
        if not settings.openweathermap_key:
            raise CommandError(
                "OpenWeatherMap wants a key, and there is none",
                remedy="set openweathermap_key, or weather_source = \"open-meteo\"",
            )  # fmt: skip
        return OpenWeatherMap(self.host.web, settings.openweathermap_url, settings.openweathermap_key)

    async def sky(self, place: str, settings: WeatherSettings) -> Sky:
        """The weather in a place. Raises ``CommandError`` or ``WebError``."""
        source = self.source(settings)
        try:
            return await source.sky(await source.find(place), settings.weather_units)
        except WebError as error:
            raise self._away("the weather service", error) from error

    async def time(self, place: str, settings: WeatherSettings, now: dt.datetime) -> str:
        """What the clocks show in a place. Raises ``CommandError`` or ``WebError``."""
        zone = zone_called(place)
        if zone:
            return told(zone.rpartition("/")[2].replace("_", " "), zone, now)
        places = OpenMeteo(self.host.web, settings.open_meteo_url, settings.open_meteo_places_url)
        try:
            found = await places.find(place)
        except WebError as error:
            raise self._away("the service that knows places", error) from error
        if found.zone not in zoneinfo.available_timezones():
            raise NoPlace(place)
        return told(found.name, found.zone, now)

    def _away(self, what: str, error: WebError) -> CommandError:
        """What people are told; the log says why."""
        self.host.log.warning("a service did not answer", service=what, reason=str(error))
        return CommandError(f"{what} does not answer just now", remedy="try again in a few minutes")

    def teller(self, name: str, settings: WeatherSettings) -> Persona | None:
        """Who tells it; ``None``: nobody, the facts have to do. Raises ``CommandError`` for somebody unknown."""
        wanted = " ".join((name or settings.weather_persona).split()).casefold()
        for persona in self.host.personas:
            if wanted in (persona.name.casefold(), persona.label.casefold(), *map(str.casefold, persona.handles)):
                return persona if self.host.models.has(persona=persona.name) else None
        if name:
            names = ", ".join(sorted(each.name for each in self.host.personas))
            raise CommandError(f"I know nobody called {name[:40]}", remedy=f"there are: {names}")
        return None

    async def summary(self, sky: Sky, persona: Persona, call: Call) -> str:
        """In that persona's voice; ``""`` where the model fails: then there are the facts."""
        rule = Turn("system", QUOTE_RULE, stable=True)
        turns = (
            Turn("system", persona.prompt, stable=True),
            rule,
            Turn("user", f"{TASK}\n\n{quoted(sky.text, sky.source)}"),
        )
        try:
            said = await self.host.models.complete(
                turns, asker=call.person, place=call.channel, purpose="weather", persona=persona.name,
                max_tokens=400, deadline=30.0,
            )  # fmt: skip
        except ModelError as error:
            self.host.log.warning("the weather was told without a summary", persona=persona.name, reason=str(error))
            return ""
        return said.text.strip()

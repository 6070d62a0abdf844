"""/weather, /time, /calc; and the same as tools for models."""

from __future__ import annotations

from typing import TYPE_CHECKING

from butler import Call, Card, Rank, Reply, command, tool

from butler_core.feature import Commands
from butler_core.weather.calculator import calculate as result_of

if TYPE_CHECKING:
    from butler_core.weather.feature import Weather


class WeatherCommands(Commands):
    """The weather, clocks elsewhere, sums."""

    @property
    def _weather(self) -> Weather:
        from butler_core.weather.feature import Weather  # noqa: PLC0415 - the feature names its commands

        return self.feature(Weather)

    @command(rank=Rank.GUEST, cooldown=3)
    async def weather(self, call: Call, place: str, persona: str = "") -> Reply:
        """Hear the weather, told by a persona where there is a model to think with.

        place: a city or a ZIP code; more than one word in quotation marks
        persona: who tells it; the weatherman, if nobody is named
        Example: /weather Chicago
        Example: /weather "New York" TheButler
        """
        teller = self._weather.teller(persona, call.settings)
        sky = await self._weather.sky(place, call.settings)
        said = await self._weather.summary(sky, teller, call) if teller is not None else ""
        card = Card(f"Weather in {sky.place.name}", sky.now, tuple(sky.coming), footer=f"Source: {sky.source}")
        return Reply(said, card=card, persona=teller.name if teller is not None and said else "")

    @weather.complete("persona")
    async def tellers(self, call: Call, typed: str) -> list[str]:
        """The personas that begin with it."""
        return [each.name for each in self.host.personas if each.name.casefold().startswith(typed.casefold())]

    @command(rank=Rank.GUEST)
    async def time(self, call: Call, *, place: str) -> str:
        """Say what time it is somewhere.

        place: a city, a ZIP code or a time zone
        Example: /time Tokyo
        """
        return await self._weather.time(place, call.settings, self.host.clock.now())

    @command(rank=Rank.GUEST, aliases=("calculate",))
    async def calc(self, call: Call, *, expression: str) -> str:
        """Calculate something.

        expression: numbers, + - * / // % ^, brackets, and functions such as sqrt, log, sin, min, max
        Example: /calc 15% of 80
        """
        return f"{expression.strip()} = **{result_of(expression)}**"

    @tool
    async def get_weather(self, call: Call, place: str) -> str:
        """Look up the weather in a place, now and for the next days.

        place: a city or a ZIP code; a country or region may stand behind a comma
        """
        return (await self._weather.sky(place, call.settings)).text

    @tool
    async def get_time(self, call: Call, place: str) -> str:
        """Look up what time and date it is in a place.

        place: a city, a ZIP code or the name of a time zone
        """
        return await self._weather.time(place, call.settings, self.host.clock.now())

    @tool
    async def calculate(self, call: Call, expression: str) -> str:
        """Calculate an arithmetic expression exactly.

        expression: numbers, + - * / // % ^, brackets, and functions such as sqrt, log, sin, min, max
        """
        return result_of(expression)

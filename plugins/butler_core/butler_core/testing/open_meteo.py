"""Open-Meteo's APIs as they answer, for places that a test makes up."""

from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self
from urllib.parse import parse_qsl, urlsplit

from attrs import field, frozen


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


class Weathers:
    """The server. ``toml`` is what a host needs to reach it; close it, or use it as a context manager."""

    def __init__(self, *towns: Town) -> None:
        self.towns = list(towns)
        self.asked: list[tuple[str, dict[str, str]]] = []
        """Every request, in order: its path and its parameters."""
        self.broken: Any = None
        """What it answers instead of weather; an ``int`` is a status."""
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._server.daemon_threads = False
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), name="open-meteo")
        self._thread.start()

    @property
    def url(self) -> str:
        """Its base URL."""
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    @property
    def toml(self) -> str:
        """The lines of butler.toml that lead there."""
        return (
            f'[host]\nfetch_allow = ["{self.url.removeprefix("http://")}"]\n'
            f'[plugins.butler_core]\nopen_meteo_url = "{self.url}"\nopen_meteo_places_url = "{self.url}"\n'
        )

    def close(self) -> None:
        """Answer no more."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    # --- what it answers ----------------------------------------------------------------------------------

    def answer(self, path: str, asked: dict[str, str]) -> tuple[int, Any]:
        """Status and JSON."""
        if self.broken is not None:
            return (self.broken, {"error": True}) if isinstance(self.broken, int) else (200, self.broken)
        if path == "/v1/search":
            return 200, self._search(asked)
        if path == "/v1/forecast":
            return self._forecast(asked)
        return 404, {"error": True, "reason": "Not Found"}

    def _search(self, asked: dict[str, str]) -> dict[str, Any]:
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

    def _forecast(self, asked: dict[str, str]) -> tuple[int, Any]:
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


def _handler(weathers: Weathers) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:  # the server's own naming
            parts = urlsplit(self.path)
            asked = dict(parse_qsl(parts.query))
            weathers.asked.append((parts.path, asked))
            status, told = weathers.answer(parts.path, asked)
            raw = told.encode() if isinstance(told, str) else json.dumps(told).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json; charset=utf-8")
            self.send_header("Content-Length", str(len(raw)))
            self.end_headers()
            self.wfile.write(raw)

        def log_message(self, format: str, *args: Any) -> None:
            """Tests read what came in ``asked``."""

    return Handler

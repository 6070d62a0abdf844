"""A key that changes while the host runs is used from the next call on (LLM-7)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, ClassVar

import attrs
import pytest
from butler import Completion, Platform, Plugin, Prompt, Provider, Sent, Usage, secret
from butler.config.load import renewed
from butler.services.renewal import LAST_CALL
from butler.testing import House

pytestmark = pytest.mark.spec("LLM-7")

Make = Callable[..., House]


@attrs.frozen
class Settings:
    """[providers.fake]"""

    key: str = secret()
    """A key."""


class Fake(Provider):
    """Says with which key it was asked."""

    name = "fake"
    settings = Settings
    free = True
    closed: ClassVar[list[str]] = []

    async def complete(self, prompt: Prompt) -> Completion:
        assert self.config.key not in self.closed
        return Completion(f"asked with {len(self.config.key)} letters", Usage(1, 1), prompt.model)

    async def close(self) -> None:
        self.closed.append(self.config.key)


class FakePlugin(Plugin):
    """Brings a provider."""

    name = "fakes"
    provider = Fake


@attrs.frozen
class Own:
    """[plugins.weather]"""

    token: str = secret()
    """A token."""


class Weather(Plugin):
    """Has a secret of its own."""

    settings = Own


class Wire(Platform):
    """Connects with a token."""

    name = "wire"
    settings = Own
    connected: ClassVar[list[str]] = []

    async def start(self, receive: Any) -> None:
        self.connected.append(self.config.token)

    async def stop(self) -> None:
        self.connected.append(f"not {self.config.token}")

    def can(self, kind: str) -> bool:
        return False

    async def perform(self, action: Any, key: str) -> Sent:
        raise NotImplementedError

    create_account = remove_account = perform  # type: ignore[assignment]


class WirePlugin(Plugin):
    """Brings a platform."""

    name = "wires"
    platform = Wire


TOML = """
[providers.fake]
key = "env:FAKE_KEY"
[platforms.wire]
token = "env:WIRE_TOKEN"
[plugins.weather]
token = "env:WEATHER_TOKEN"
[personas.TheButler]
prompt = "x"
model = "fake:m"
"""


def renew(house: House, environ: Mapping[str, str]) -> Any:
    return house.run(house.host.renewal.take(renewed(house.host.config, environ, None)))


@pytest.fixture
def house(make_house: Make) -> House:
    Fake.closed.clear()
    Wire.connected.clear()
    return make_house([FakePlugin, Weather, WirePlugin], toml=TOML)


ALL = {"FAKE_KEY": "12345678", "WIRE_TOKEN": "wire-token", "WEATHER_TOKEN": "weather-token"}


def test_what_could_not_come_up_without_its_key_comes_up_with_it(house: House) -> None:
    assert {"fakes", "weather", "wires"}.isdisjoint(house.host.lifecycle.plugins)
    done = renew(house, ALL)
    assert (done.names, done.problems) == (["plugins.fakes", "plugins.weather", "plugins.wires"], [])
    assert house.host.lifecycle.problems == {}
    assert house.say("ann", "butler, hello") == ["asked with 8 letters"]
    assert house.plugin("weather").settings_for().token == "weather-token"
    assert Wire.connected == ["wire-token"]


def test_a_changed_key_is_used_from_the_next_call_on_and_the_old_client_is_closed_later(house: House) -> None:
    renew(house, ALL)
    done = renew(house, {**ALL, "FAKE_KEY": "1234567890"})
    assert done.names == ["providers.fake"]
    assert house.say("ann", "butler, hello") == ["asked with 10 letters"]
    assert Fake.closed == []  # somebody may be talking through it
    house.advance(seconds=LAST_CALL + 1)
    assert Fake.closed == ["12345678"]
    house.stop()
    assert Fake.closed == ["12345678", "1234567890"]


def test_a_host_that_stops_meanwhile_closes_both(house: House) -> None:
    renew(house, ALL)
    renew(house, {**ALL, "FAKE_KEY": "1234567890"})
    house.stop()
    assert sorted(Fake.closed) == ["12345678", "1234567890"]


def test_a_platform_connects_anew(house: House) -> None:
    renew(house, ALL)
    assert renew(house, {**ALL, "WIRE_TOKEN": "another"}).names == ["platforms.wire"]
    assert Wire.connected == ["wire-token", "not wire-token", "another"]


def test_a_plugin_has_its_new_settings_without_being_started_anew(house: House) -> None:
    renew(house, ALL)
    before = house.plugin("weather")
    assert renew(house, {**ALL, "WEATHER_TOKEN": "another"}).names == ["plugins.weather"]
    assert house.plugin("weather") is before
    assert before.settings_for().token == "another"


def test_what_did_not_change_is_left_alone(house: House) -> None:
    renew(house, ALL)
    provider = house.host.lifecycle.providers["fake"]
    done = renew(house, ALL)
    assert (done.names, done.problems) == ([], [])
    assert house.host.lifecycle.providers["fake"] is provider


def test_a_key_that_was_taken_away_is_used_no_more_and_that_is_told(house: House) -> None:
    renew(house, ALL)
    done = renew(house, {name: value for name, value in ALL.items() if name != "FAKE_KEY"})
    assert "FAKE_KEY is not set" in done.problems[0]
    assert "fake" not in house.host.lifecycle.providers
    assert "asked with" not in "".join(house.say("ann", "butler, hello"))
    assert renew(house, ALL).names == ["providers.fake"]
    assert house.say("ann", "butler, hello again") == ["asked with 8 letters"]


def test_old_and_new_keys_are_known_as_secrets(house: House) -> None:
    renew(house, ALL)
    renew(house, {**ALL, "FAKE_KEY": "1234567890"})
    assert house.host.config.secrets.scrub("12345678 1234567890 wire-token") == "*** *** ***"

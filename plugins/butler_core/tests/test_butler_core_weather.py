"""Weather over real sockets, time elsewhere, and a calculator that nobody can abuse (CORE-10)."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator

import pytest
from butler import BadArgument
from butler.testing import House, Pages
from butler_core import ButlerCore
from butler_core.testing import Town, Weathers
from butler_core.weather.calculator import calculate
from hypothesis import given, settings
from hypothesis import strategies as st

MakeHouse = Callable[..., House]
pytestmark = pytest.mark.spec("CORE-10")
TOWNS = (
    Town("Chicago", 41.85, -87.65, "America/Chicago", "United States", "Illinois", ("60601",), -8.0, 73),
    Town("Paris", 48.85, 2.35, "Europe/Paris", "France", days=((61, 18.0, 9.0, 80.0), (3, 17.0, 8.0, None))),
    Town("Paris", 33.66, -95.55, "America/Chicago", "United States", "Texas", temperature=35.0),
)


@pytest.fixture
def weathers() -> Iterator[Weathers]:
    with Weathers(*TOWNS) as weathers:
        yield weathers


@pytest.fixture
def house(make_house: MakeHouse, weathers: Weathers) -> House:
    return make_house([ButlerCore], toml=weathers.toml + "questions_shown = false\n")


# --- the weather -----------------------------------------------------------------------------------------


def test_the_weatherman_tells_it_and_the_facts_stand_below(house: House) -> None:
    house.model.say("Darlings, bring a coat!")
    (said,) = house.say("ann", "/weather Chicago")
    assert said.startswith("Darlings, bring a coat!")
    assert "**Weather in Chicago, Illinois, United States**" in said
    assert "snow, -8 °C (feels like -10), humidity 60 %, wind 15 km/h" in said
    assert "Source: Open-Meteo" in said
    assert house.shown[-1].persona == "Gale"
    assert "snow, -8 °C" in house.model.asked


def test_without_a_model_there_are_the_facts_alone(make_house: MakeHouse, weathers: Weathers) -> None:
    house = make_house([ButlerCore], toml=weathers.toml + "[personas.TheButler]\nmodel = 'offline'\n")
    (said,) = house.say("ann", "/weather 60601")
    assert said.startswith("**Weather in Chicago")
    assert house.shown[-1].persona == ""


def test_where_the_model_fails_there_are_the_facts(house: House) -> None:
    house.model.fail(9)
    assert house.say("ann", "/weather Chicago")[0].startswith("**Weather in Chicago")


def test_a_persona_may_be_named(house: House) -> None:
    house.model.say("It snows, sir.")
    house.say("ann", "/weather Chicago TheButler")
    assert house.shown[-1].persona == "TheButler"
    house.advance(seconds=10)
    assert "nobody called Bert" in house.say("ann", "/weather Chicago Bert")[0]


def test_what_stands_behind_a_comma_chooses_among_places_of_one_name(house: House) -> None:
    house.model.rule("", "Hm.")
    assert "Paris, France" in house.say("ann", '/weather "Paris"')[0]
    assert "2030-01-01**: light rain, 9 to 18 °C, rain 80 %" in house.shown[-1].text
    house.advance(seconds=10)
    assert "35 °C" in house.say("ann", '/weather "Paris, Texas"')[0]


def test_a_guild_may_have_it_in_fahrenheit(house: House) -> None:
    house.model.rule("", "Hm.")
    house.set("butler_core.weather_units", "imperial", guild="den")
    assert "18 °F" in house.say("ann", "/weather Chicago")[0]


def test_a_place_that_is_none_is_named(house: House) -> None:
    assert "no place “Atlantis”" in house.say("ann", "/weather Atlantis")[0]


@pytest.mark.parametrize(
    "broken", [500, 429, "no json", {"current": {}}, {"results": [{"name": 1}]}, [], {"results": 7}]
)
def test_a_service_that_answers_nonsense_is_said_and_no_fault(house: House, weathers: Weathers, broken: object) -> None:
    weathers.broken = broken
    (said,) = house.say("ann", "/weather Chicago")
    assert "does not answer just now" in said or "no place" in said
    assert house.misdeeds == []


def test_a_model_may_look_up_the_weather(house: House) -> None:
    house.model.call("get_weather", place="Chicago")
    house.model.say("It snows.")
    assert house.say("ann", "butler, do I need a coat in Chicago?") == ["It snows."]
    assert "Weather in Chicago, Illinois, United States now: snow" in house.model.asked


def test_openweathermap_is_asked_with_a_key(make_house: MakeHouse) -> None:
    told = {
        "weather": [{"description": "light rain"}], "main": {"temp": 7.2, "feels_like": 7.0, "humidity": 81},
        "wind": {"speed": 10.0},
    }  # fmt: skip
    places = [{"name": "Chicago", "lat": 41.85, "lon": -87.65, "state": "Illinois", "country": "US"}]
    with Pages({"/geo/1.0/direct": places, "/data/2.5/weather": told}) as pages:
        toml = (
            f'[host]\nfetch_allow = ["{pages.address}"]\n[plugins.butler_core]\nweather_source = "openweathermap"\n'
            f'openweathermap_url = "{pages.url}"\nopenweathermap_key = "sesame"\nweather_persona = ""\n'
        )
        house = make_house([ButlerCore], toml=toml)
        assert "light rain, 7 °C, humidity 81 %, wind 36 km/h" in house.say("ann", "/weather Chicago")[0]
        assert pages.asked[-1].query["appid"] == "sesame"
    assert not [line for line in house.logs if "sesame" in str(line)]


def test_openweathermap_without_a_key_says_so(make_house: MakeHouse) -> None:
    house = make_house([ButlerCore], toml='[plugins.butler_core]\nweather_source = "openweathermap"\n')
    assert "wants a key" in house.say("ann", "/weather Chicago")[0]


# --- time ------------------------------------------------------------------------------------------------


def test_the_time_of_a_city_is_known_without_asking_anybody(house: House, weathers: Weathers) -> None:
    assert "In Tokyo it is 18:00" in house.say("ann", "/time Tokyo")[0]
    assert "In UTC it is 09:00" in house.say("ann", "/time utc")[0]
    assert weathers.asked == []


def test_the_time_of_another_place_is_looked_up(house: House) -> None:
    assert "In Paris, Texas, United States it is 03:00" in house.say("ann", "/time Paris, Texas")[0]
    house.model.call("get_time", place="60601")
    house.model.say("Three.")
    house.say("ann", "butler, how late is it in 60601?")
    assert "In Chicago, Illinois, United States it is 03:00" in house.model.asked


# --- sums ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "result"),
    [
        ("2 * (3 + 4)", "14"),
        ("15% of 80", "12"),
        ("-2^2", "-4"),
        ("2**3**2", "512"),
        ("7 // 2 + 7 % 2", "4"),
        ("1/3", "0.333333333333"),
        ("sqrt(2) * sqrt(2)", "2"),
        ("max(1, 2, 3) - min(4, 5)", "-1"),
        ("0.1 + 0.2", "0.3"),
        ("2^100", "1267650600228229401496703205376"),
        ("1e300 * 10", "1e+301"),
        ("3 × 4 ÷ 2", "6"),
        ("--2", "2"),
        ("pi", "3.14159265359"),
    ],
)
def test_sums_are_right(text: str, result: str) -> None:
    assert calculate(text) == result


@pytest.mark.parametrize(
    "text",
    [
        "", "2 +", "1/0", "9**9**9", "2^99999", "(" * 90 + "1" + ")" * 90, "-" * 400, "1e308 * 10", "sqrt(-1)", "0^-1",
        "__import__('os').system('ls')", "().__class__", "lambda: 1", "[1]*9", "x", "1 2", "sqrt", "sqrt()", "2(3)",
        "'a'*9", "1 if 1 else 2", "open", "exp(1000)", "(-8)^0.5", "9" * 299 + "^9", "\x00", "１+\ud800",
        "round(1,2,3)",        "2^" * 60 + "2", "log(0)", "abs(-1, 2)", "1;2", "a.b", "@", "1_000",
    ],
)  # fmt: skip
def test_what_is_no_sum_is_refused_in_words(text: str) -> None:
    with pytest.raises(BadArgument):
        calculate(text)


@settings(max_examples=300, deadline=None)
@given(st.text(alphabet="0123456789+-*/%^().,esqrtpimaxln ", max_size=320))
def test_whatever_is_typed_there_is_a_number_or_a_reason(text: str) -> None:
    with contextlib.suppress(BadArgument):
        assert len(calculate(text)) < 400


def test_the_calculator_is_a_command_and_a_tool(house: House) -> None:
    assert house.say("ann", "/calc 2 * 21") == ["2 * 21 = **42**"]
    assert "cannot calculate with “x”" in house.say("ann", "/calc 2 * x")[0]
    house.model.call("calculate", expression="6 * 7")
    house.model.say("42, of course.")
    house.say("ann", "butler, what is six times seven?")
    assert "42" in house.model.asked

"""The JSON Schema says the same as the reader: what one takes the other takes."""

from __future__ import annotations

import datetime as dt
import enum
import json
import tomllib
from typing import Any, Literal

import pytest
from attrs import field, frozen
from butler.config import Classes, ConfigProblems, schema, structure
from butler.config.describing import descriptions
from butler.model import Rank
from butler.setting import host_wide, limit, secret
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]


class Mood(enum.Enum):
    CALM = "calm"
    WILD = "wild"


@frozen
class Level:
    name: str
    points: int = 0


@frozen
class Karma:
    """How much people may give."""

    per_hour: int = limit(10)  # how much one person may give in an hour
    pause: dt.timedelta = dt.timedelta(minutes=30)
    """How long one waits
    before giving again."""
    mood: Mood = Mood.CALM
    kind: Literal["open", "closed"] = "open"
    top: int | None = None
    names: list[str] = field(factory=list)
    pair: tuple[int, str] = (1, "a")
    ranks: dict[str, Rank] = field(factory=dict)
    levels: list[Level] = field(factory=list)
    model: str | list[str] = ""
    token: str = secret("nothing")
    place: str = host_wide("here")


@frozen
class Matrix:
    homeserver: str
    port: int = 8008


@frozen
class Spec:
    prompt: str = ""
    settings: dict[str, Any] = field(factory=dict)


CLASSES = Classes(plugins={"karma": Karma}, platforms={"matrix": Matrix}, persona=Spec)
SCHEMA = schema(CLASSES)
VALIDATOR = Draft202012Validator(SCHEMA)

GOOD = """
[host]
timezone = "Europe/Berlin"
roles = { "1" = "manager" }
trace_days = "env:DAYS"
[platforms.matrix]
homeserver = "http://x"
[plugins.karma]
enabled = true
pause = "1h"
token = "env:T"
levels = [{ name = "a", points = 3 }]
[personas.TheButler]
prompt = "hello"
[personas.TheButler.settings.karma]
per_hour = 3
[guilds."discord:1"]
timezone = "UTC"
[guilds."discord:1".plugins.karma]
per_hour = 3
[guilds."discord:1".channels."discord:2".plugins.karma]
enabled = false
[guilds."discord:1".personas.TheButler]
prompt = "hi"
"""


def faults(text: str) -> list[str]:
    return [".".join(map(str, error.absolute_path)) for error in VALIDATOR.iter_errors(tomllib.loads(text))]


@pytest.mark.spec("HOST-28")
def test_the_schema_is_one_and_takes_a_whole_configuration() -> None:
    Draft202012Validator.check_schema(SCHEMA)
    json.dumps(SCHEMA, allow_nan=False)
    assert faults(GOOD) == []


@pytest.mark.spec("HOST-28")
@pytest.mark.parametrize(
    ("text", "where"),
    [
        ("[hots]", ""), ("[host]\ndatabse = 'x'", "host"), ("[host]\ntrace_days = 'x'", "host.trace_days"),
        ("[platforms.matrix]", "platforms.matrix"), ("[platforms.irc]", "platforms"), ("[plugins.krama]", "plugins"),
        ("[plugins.karma]\nenabled = 1", "plugins.karma.enabled"),
        ("[plugins.karma]\nmood = 'x'", "plugins.karma.mood"),
        ("[guilds.a]\ndata = 'x'", "guilds.a"), ("[guilds.a.plugins.karma]\ntoken = 'x'", "guilds.a.plugins.karma"),
        ("[guilds.a.plugins.karma]\nplace = 'x'", "guilds.a.plugins.karma"),
        ("[personas.a.settings.karma]\nplace = 'x'", "personas.a.settings.karma"),
        ("[plugins.karma]\nlevels = [{}]", "plugins.karma.levels"),
    ],
)  # fmt: skip
def test_the_schema_refuses_what_the_reader_refuses(text: str, where: str) -> None:
    assert where in faults(text)


def test_fields_carry_their_comment_and_default_and_no_secret() -> None:
    karma = SCHEMA["properties"]["plugins"]["properties"]["karma"]
    assert karma["description"] == "How much people may give."
    assert karma["properties"]["per_hour"]["description"] == "how much one person may give in an hour"
    assert karma["properties"]["pause"]["description"] == "How long one waits before giving again."
    assert karma["properties"]["pause"]["default"] == "30m"
    assert karma["properties"]["mood"]["default"] == "calm"
    assert "default" not in karma["properties"]["token"]
    assert "default" not in karma["properties"]["top"]


def test_a_class_without_source_has_no_descriptions() -> None:
    made: dict[str, Any] = {}
    exec("import attrs\n@attrs.frozen\nclass Made:\n    a: int = 1  # one\n", made)
    assert descriptions(made["Made"]) == {}


values = st.one_of(
    st.integers(-5, 5), st.booleans(), st.floats(allow_nan=False, allow_infinity=False, width=16),
    st.sampled_from(["1h", "calm", "CALM", "open", "manager", "x", ""]),
    st.lists(st.one_of(st.integers(0, 3), st.sampled_from(["a", "b"])), max_size=3),
    st.dictionaries(
        st.sampled_from(["name", "points", "x"]), st.one_of(st.integers(0, 3), st.just("manager")), max_size=2
    ),
)  # fmt: skip


@pytest.mark.spec("HOST-28")
@settings(max_examples=300, deadline=None)
@given(
    st.sampled_from(["per_hour", "mood", "kind", "top", "names", "pair", "ranks", "levels", "model", "token"]), values
)
def test_reader_and_schema_agree_on_every_value(name: str, value: Any) -> None:
    try:
        structure(Karma, {name: value})
        read = True
    except ConfigProblems:
        read = False
    valid = VALIDATOR.is_valid({"plugins": {"karma": {name: value}}})
    if (
        valid != read
    ):  # the schema lists the usual spelling; the reader is kind to capitals, and 1.0 is no integer to it
        assert (read and value in ("CALM",)) or (valid and isinstance(value, float) and value.is_integer())

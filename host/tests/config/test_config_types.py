"""Values become what a settings class says, strictly, with every misfit named by key and expectation."""

from __future__ import annotations

import datetime as dt
import enum
import re
from pathlib import Path
from typing import Any, Literal

import attrs
import pytest
from attrs import field, frozen, validators
from butler.config import ConfigProblems, structure
from butler.config.durations import duration_text, read_duration
from butler.config.structure import settings_fields
from butler.config.text import Text
from butler.errors import ContractError
from butler.model import Rank
from butler.setting import secret
from hypothesis import given, settings
from hypothesis import strategies as st


class Colour(enum.Enum):
    RED = "red"
    BLUE = "blue"


class Socket:
    pass


@frozen
class Wrong:
    socket: Socket | None = None


@frozen
class Inner:
    name: str
    size: int = 1


@frozen
class Everything:
    count: int = field(default=1, validator=validators.ge(0))
    on: bool = False
    share: float = 1.0
    pause: dt.timedelta = dt.timedelta(minutes=1)
    names: list[str] = field(factory=list)
    ids: frozenset[int] = frozenset()
    pair: tuple[int, str] = (1, "a")
    many: tuple[int, ...] = ()
    ranks: dict[str, Rank] = field(factory=dict)
    colour: Colour = Colour.RED
    choice: Literal["ask", "any", 3] = "ask"
    top: int | None = None
    model: str | list[str] = ""
    inner: Inner | None = None
    inners: list[Inner] = field(factory=list)
    folder: Path = Path()
    quiet: str = "22:00-06:00"
    at: dt.time = dt.time(1)
    anything: Any = None


def problems(cls: type, values: dict[str, Any]) -> list[str]:
    with pytest.raises(ConfigProblems) as caught:
        structure(cls, values)
    return [str(problem) for problem in caught.value.problems]


@pytest.mark.parametrize(
    ("name", "given_as", "expected"),
    [
        ("count", 3, 3), ("on", True, True), ("share", 2, 2.0), ("pause", "1h 30m", dt.timedelta(minutes=90)),
        ("pause", 90, dt.timedelta(seconds=90)), ("names", ["a"], ["a"]), ("ids", [1, 1], frozenset({1})),
        ("pair", [2, "b"], (2, "b")), ("many", [1, 2, 3], (1, 2, 3)), ("ranks", {"x": "Manager"}, {"x": Rank.MANAGER}),
        ("colour", "BLUE", Colour.BLUE), ("choice", 3, 3), ("top", 5, 5), ("model", "a", "a"), ("model", ["a"], ["a"]),
        ("inner", {"name": "q"}, Inner("q")), ("inners", [{"name": "q", "size": 2}], [Inner("q", 2)]),
        ("folder", "a/b", Path("a/b")), ("at", "12:30", dt.time(12, 30)), ("at", dt.time(2), dt.time(2)),
        ("anything", {"k": [1]}, {"k": [1]}),
    ],
)  # fmt: skip
def test_a_value_becomes_what_the_field_says(name: str, given_as: Any, expected: Any) -> None:
    assert getattr(structure(Everything, {name: given_as}), name) == expected


@pytest.mark.spec("HOST-28")
@pytest.mark.parametrize(
    ("name", "given_as", "message"),
    [
        ("count", "5", 'count: expected a whole number, not "5"'),
        ("count", True, "count: expected a whole number, not true"),
        ("count", 1.0, "count: expected a whole number, not 1.0"),
        ("count", -3, "count: must be >= 0: -3"),
        ("count", 1 << 70, "count: expected a whole number, not 1180591620717411303424"),
        ("on", 1, "on: expected true or false, not 1"),
        ("share", float("nan"), "share: expected a number, not nan"),
        ("pause", "1y", 'pause: expected a duration such as "30m" or "6h", not "1y"'),
        ("pause", -1, 'pause: expected a duration such as "30m" or "6h", not -1'),
        ("names", "abc", 'names: expected a list of texts, not "abc"'),
        ("names", ["a", 2], "names[1]: expected text, not 2"),
        ("pair", [1], "pair: expected 2 values, not 1"),
        (
            "ranks",
            {"a b": "boss"},
            'ranks."a b": expected one of "guest", "member", "manager", "admin", "owner", not "boss"',
        ),
        ("colour", "green", 'colour: expected one of "red", "blue", not "green"'),
        ("choice", "ayn", 'choice: expected one of "ask", "any", 3, not "ayn"'),
        ("top", "5", 'top: expected a whole number, not "5"'),
        ("model", 3, "model: expected text or a list of texts, not 3"),
        ("model", ["a", 3], "model[1]: expected text, not 3"),
        ("inner", {"nam": "q"}, 'inner.nam: unknown key, did you mean "name"?'),
        ("inners", [{"name": "z", "size": "2"}], 'inners[0].size: expected a whole number, not "2"'),
        ("folder", 3, "folder: expected a path, not 3"),
        ("at", "25:00", 'at: expected a time of day, not "25:00"'),
        ("colr", "red", 'colr: unknown key, did you mean "colour"?'),
    ],
)
def test_a_misfit_says_what_was_expected(name: str, given_as: Any, message: str) -> None:
    assert problems(Everything, {name: given_as})[0] == message


def test_a_missing_key_is_named() -> None:
    assert problems(Inner, {}) == ["name: missing, give it as name = …"]


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        ("count", "3", 3), ("on", "on", True), ("on", "FALSE", False), ("share", "2.5", 2.5), ("share", "2", 2.0),
        ("pause", "90s", dt.timedelta(seconds=90)), ("names", "a, b", ["a", "b"]), ("names", '["a, b"]', ["a, b"]),
        ("ids", "1,2", frozenset({1, 2})), ("ranks", '{"x" = "owner"}', {"x": Rank.OWNER}),
        ("ranks", '{"x": "owner"}', {"x": Rank.OWNER}), ("colour", "blue", Colour.BLUE), ("choice", "3", 3),
        ("top", "none", None), ("top", "7", 7), ("model", "a", "a"), ("model", '["a", "b"]', ["a", "b"]),
        ("folder", "x", Path("x")), ("anything", "k", "k"), ("inner", '{"name": "q"}', Inner("q")),
    ],
)  # fmt: skip
@pytest.mark.spec("HOST-31")
def test_a_text_is_parsed_by_the_type_of_its_field(name: str, text: str, expected: Any) -> None:
    value = getattr(structure(Everything, {name: Text(text, "BUTLER_X")}), name)
    assert value == expected
    assert not isinstance(value, Text)


@pytest.mark.spec("HOST-23")
def test_no_message_shows_what_a_variable_or_a_secret_field_holds() -> None:
    @frozen
    class Account:
        token: str = secret(validator=validators.max_len(3))
        port: int = field(default=1, validator=validators.lt(10))

    texts = [
        *problems(Account, {"token": "swordfish"}),
        *problems(Account, {"token": 12345678}),
        *problems(Account, {"port": Text("swordfish", "PORT", hidden=True)}),
        *problems(Account, {"port": Text("4711", "PORT", hidden=True)}),
    ]
    assert len(texts) == 4
    assert not re.search("swordfish|12345678|4711", " ".join(texts))


def test_checks_that_span_fields_are_told_for_the_whole() -> None:
    @frozen
    class Range:
        low: int = 0
        high: int = 10

        def __attrs_post_init__(self) -> None:
            if self.low > self.high:
                raise ValueError("low is above high")

    assert problems(Range, {"low": 11}) == ["low is above high"]
    assert structure(Range, {"low": 11, "high": 12}) == Range(11, 12)


def test_a_validator_that_looks_at_other_fields_is_asked_once_all_are_there() -> None:
    @frozen
    class Range:
        low: int = 0
        high: int = field(default=10)

        @high.validator
        def _above(self, _: Any, value: int) -> None:
            if value < self.low:
                raise ValueError("high is below low")

    assert problems(Range, {"low": 5, "high": 3}) == ["high is below low"]
    assert structure(Range, {"low": 1, "high": 3}) == Range(1, 3)


def test_a_type_that_no_file_can_hold_is_told_to_the_author() -> None:
    with pytest.raises(ContractError, match=r"cannot be of the type .*Socket"):
        structure(Wrong, {"socket": 1})
    with pytest.raises(ContractError, match="is no attrs class"):
        settings_fields(Socket)


def test_a_type_that_cannot_be_resolved_is_told_to_the_author() -> None:
    class Hidden:
        pass

    @frozen
    class Local:
        hidden: Hidden | None = None

    with pytest.raises(ContractError, match=r"'Hidden' is not defined.*not under TYPE_CHECKING"):
        structure(Local, {"hidden": 1})


@settings(max_examples=200, deadline=None)
@given(st.sampled_from([f.name for f in attrs.fields(Everything)]), st.text(max_size=20))
def test_no_text_leads_to_anything_but_a_value_or_a_problem(name: str, text: str) -> None:
    found: tuple[Any, ...] = ()
    try:
        structure(Everything, {name: Text(text, "BUTLER_X")})
    except ConfigProblems as error:
        found = error.problems
    assert all(problem.path[0] == name for problem in found)


@given(st.integers(0, 10_000_000))
def test_a_duration_is_read_back_as_it_is_written(seconds: int) -> None:
    duration = dt.timedelta(seconds=seconds)
    assert read_duration(duration_text(duration)) == duration

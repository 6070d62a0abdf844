"""Each key of a TOML text is found on the line on which it stands."""

from __future__ import annotations

import re
import tomllib
from typing import Any

import pytest
import tomlkit
from butler.config.locate import lines_of
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

TRICKY = '''\
title = "a # [no] = table"   # [not.a.table]
multi = """
[plugins.fake]
x = 1
quotes: "" and \\""" end"""" # four: one belongs to the text
after = 1
literal = \'\'\'
key = "no"
\'\'\'
"quoted key" . 'other.key' = 2
dates = 1979-05-27 07:32:00
list = [ # comment ]
  1,
  [ "]", 2 ],
  { a = 1, "b c" = [ 3, 4 ] },
]
inline = { x.y = 1, z = "}" }

[ plugins . karma ]
per_hour=10
  [plugins.karma.deep]
  value = true
[guilds."discord:1234".plugins.karma]
enabled = false
[[items]]
name = 1
[items.sub]
x = 1
[[items.list]]
y = 1
[[items]]
name = 2
[[items.list]]
y = 2
[[items.list]]
y = 3
'''


def paths_in(value: Any, path: tuple[str | int, ...] = ()) -> set[tuple[str | int, ...]]:
    found = {path} if path else set()
    items: Any = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in items:
        found |= paths_in(item, (*path, key))
    return found


@pytest.mark.spec("HOST-28")
def test_strings_comments_and_brackets_never_shift_a_line() -> None:
    lines = lines_of(TRICKY)
    expected = {
        ("title",): 1, ("multi",): 2, ("after",): 6, ("literal",): 7, ("quoted key", "other.key"): 10,
        ("dates",): 11, ("list", 0): 13, ("list", 1): 14, ("list", 1, 1): 14, ("list", 2, "b c", 1): 15,
        ("inline", "x", "y"): 17, ("inline", "z"): 17, ("plugins", "karma"): 19,
        ("plugins", "karma", "per_hour"): 20, ("plugins", "karma", "deep", "value"): 22,
        ("guilds", "discord:1234"): 23, ("guilds", "discord:1234", "plugins", "karma", "enabled"): 24,
        ("items", 0, "name"): 26, ("items", 0, "sub", "x"): 28, ("items", 0, "list", 0, "y"): 30,
        ("items", 1): 31, ("items", 1, "list", 0, "y"): 34, ("items", 1, "list", 1, "y"): 36,
    }  # fmt: skip
    assert {path: lines[path] for path in expected} == expected
    assert set(lines) == paths_in(tomllib.loads(TRICKY))


def test_windows_line_ends_count_as_one_line() -> None:
    assert lines_of("a = 1\r\n\r\n[b]\r\nc = '''\r\nx'''\r\nd = 1\r\n") == {
        ("a",): 1, ("b",): 3, ("b", "c"): 4, ("b", "d"): 6,
    }  # fmt: skip


keys = st.text(st.sampled_from("ab.#=[]{}\"'\\ ü\n"), min_size=1, max_size=4)
leaves = st.one_of(st.integers(10_000, 99_999), st.text(st.sampled_from("a#=[]{}\"'\\\n,"), max_size=8), st.booleans())
values = st.recursive(
    leaves,
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(keys, inner, max_size=3)),
    max_leaves=12,
)


def numbers_in(value: Any, path: tuple[str | int, ...] = ()) -> dict[tuple[str | int, ...], int]:
    if isinstance(value, int) and not isinstance(value, bool):
        return {path: value}
    items: Any = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return {p: number for key, item in items for p, number in numbers_in(item, (*path, key)).items()}


@pytest.mark.spec("HOST-28")
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.dictionaries(keys, values, max_size=5))
def test_every_path_that_tomllib_reads_has_the_line_of_its_value(document: dict[str, Any]) -> None:
    text = tomlkit.dumps(document)
    read = tomllib.loads(text)
    found = lines_of(text)
    assert set(found) == paths_in(read)
    lines = text.split("\n")
    for path, number in numbers_in(read).items():
        assert re.search(rf"\b{number}\b", lines[found[path] - 1])


@settings(max_examples=200, deadline=None)
@given(st.text(st.sampled_from("ab1=.[]{}\"'\\#,\n "), max_size=60))
def test_a_text_that_is_no_toml_ends_the_scan_and_one_that_is_gets_all_its_paths(text: str) -> None:
    found = lines_of(text) if _scans(text) else {}
    try:
        read = tomllib.loads(text)
    except ValueError:
        return
    assert set(found) == paths_in(read)


def _scans(text: str) -> bool:
    try:
        lines_of(text)
    except tomllib.TOMLDecodeError:  # a key that only looks like one; load() has refused the text before
        return False
    return True

"""Run-time changes go back into butler.toml; comments and order stay."""

from __future__ import annotations

import copy
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from butler.config import Change, Config, ConfigProblems, export, load
from butler.errors import ConfigError
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

Read = Callable[..., Config]

TEXT = '''\
# The house.
[host]
data = "data"     # where everything is
timezone = "UTC"

[guilds."discord:1".plugins.karma]   # their own
per_hour = 3

# Plugins, in order of importance.
[plugins.karma]
# as the council decided
per_hour = 10   # ten
enabled = true

[personas.Luna]
prompt = """
several
lines"""
'''


def change(level: Any, place: str, plugin: str, key: str, value: Any) -> Change:
    return Change(level, place, plugin, key, value, "ann", 0.0)


@pytest.mark.spec("HOST-3")
def test_only_the_changed_values_change(read: Read) -> None:
    text = export(
        read(TEXT),
        [
            change("host", "", "karma", "per_hour", 5),
            change("host", "", "host", "timezone", "Europe/Berlin"),
            change("guild", "discord:1", "karma", "per_hour", 2),
        ],
    )
    assert text == TEXT.replace("= 10 ", "= 5 ").replace('"UTC"', '"Europe/Berlin"').replace("= 3", "= 2")


@pytest.mark.spec("HOST-3")
def test_what_was_not_there_is_added_at_its_level(read: Read) -> None:
    changes = [
        change("host", "", "polls", "enabled", False),
        change("guild", "discord:2", "host", "timezone", "Europe/Rome"),
        change("channel", "discord:9", "karma", "enabled", False),
        change("persona", "Luna", "karma", "per_hour", 1),
        change("host", "", "host", "roles", {"1": "admin"}),
    ]
    text = export(read(TEXT), changes, lambda channel: {"discord:9": "discord:1"}[channel])
    found = tomllib.loads(text)
    assert found["plugins"]["polls"] == {"enabled": False}
    assert found["guilds"]["discord:2"] == {"timezone": "Europe/Rome"}
    assert found["guilds"]["discord:1"]["channels"] == {"discord:9": {"plugins": {"karma": {"enabled": False}}}}
    assert found["personas"]["Luna"]["settings"] == {"karma": {"per_hour": 1}}
    assert found["host"]["roles"] == {"1": "admin"}
    for line in TEXT.splitlines():
        assert line in text.splitlines()


@pytest.mark.spec("HOST-3")
def test_a_new_key_stands_among_its_own_and_a_new_table_below_everything(read: Read) -> None:
    text = export(
        read(TEXT), [change("guild", "discord:1", "karma", "top", 3), change("host", "", "polls", "enabled", False)]
    )
    assert text == TEXT.replace("per_hour = 3\n", "per_hour = 3\ntop = 3\n") + "\n[plugins.polls]\nenabled = false\n"


@pytest.mark.spec("HOST-3")
def test_what_the_file_has_no_place_for_stays_in_the_store(read: Read) -> None:
    changes = [
        change("person", "discord:7", "karma", "per_hour", 1),
        change("persona", "Spawned", "karma", "per_hour", 1),
        change("channel", "discord:99", "karma", "per_hour", 1),
        change("host", "", "karma", "top", None),
    ]
    assert export(read(TEXT), changes) == TEXT


def test_a_file_whose_form_forbids_it_is_not_damaged(read: Read) -> None:
    with pytest.raises(ConfigError, match=r"plugins\.karma\.per_hour cannot be written: plugins\.karma is no table"):
        export(read("[plugins]\nkarma = 3\n"), [change("host", "", "karma", "per_hour", 1)])


def test_a_text_that_would_say_something_else_is_never_returned(read: Read, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tomlkit.dumps", lambda document: "[plugins]\n")
    with pytest.raises(ConfigError, match="cannot be written"):
        export(read(TEXT), [change("host", "", "karma", "per_hour", 1)])


def test_a_host_without_a_file_gets_one(read: Read) -> None:
    text = export(load(None, {}), [change("guild", "discord:1", "karma", "enabled", False)])
    assert tomllib.loads(text) == {"guilds": {"discord:1": {"plugins": {"karma": {"enabled": False}}}}}


FORMS = [
    TEXT,
    "",
    "[plugins.karma]\nper_hour = 1",
    "host.timezone = 'UTC'\nplugins.karma.per_hour = 1 # one\n[guilds]\n",
    "plugins = { karma = { per_hour = 1 }, polls = {} } # inline\n",
    '[plugins.karma]\nper_hour = 1\n[host]\ndata = "x"\n[plugins.polls]\nenabled = true\n[guilds."a"]\n# empty\n',
    '[guilds."discord:1".plugins.karma]\nx = 1\n[plugins]\n[plugins.karma]\n[guilds."discord:1"]\nx = "UTC" # c\n',
    '[guilds]\n"discord:1".plugins.karma.per_hour = 1\n"discord:2" = { timezone = "UTC" }\n[personas.Luna]\n',
]
changes = st.builds(
    change,
    level=st.sampled_from(["host", "guild", "channel", "persona"]),
    place=st.sampled_from(["discord:1", "discord:2"]),
    plugin=st.sampled_from(["host", "karma", "polls"]),
    key=st.sampled_from(["enabled", "per_hour", "timezone"]),
    value=st.one_of(
        st.booleans(), st.integers(0, 9), st.sampled_from(["", 'a "b" # c', "two\nlines"]),
        st.lists(st.integers(0, 3), max_size=2),
        st.dictionaries(st.sampled_from(["a", "b:c"]), st.integers(0, 3), max_size=2),
    ),
)  # fmt: skip


def expected(document: dict[str, Any], made: list[Change], config: Config) -> dict[str, Any]:
    """The naive way: set it in the plain values."""
    for each in made:
        if each.level == "persona" and "Luna" not in config.personas:
            continue
        tail = [each.key] if each.plugin == "host" else ["plugins", each.plugin, each.key]
        path = {
            "host": ["host", *tail] if each.plugin == "host" else tail,
            "guild": ["guilds", each.place, *tail],
            "channel": ["guilds", "discord:1", "channels", each.place, *tail],
            "persona": ["personas", "Luna", "settings", each.plugin, each.key],
        }[each.level]
        table = document
        for part in path[:-1]:
            table = table.setdefault(part, {})
        table[path[-1]] = copy.deepcopy(each.value)
    return document


@pytest.mark.spec("HOST-3")
@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.sampled_from(FORMS), st.lists(changes, max_size=5))
def test_whatever_the_files_form_the_written_file_says_what_holds(
    tmp_path: Path, text: str, made: list[Change]
) -> None:
    (tmp_path / "butler.toml").write_text(text)
    config = load(tmp_path / "butler.toml", {})
    made = [Change(c.level, _place(c), c.plugin, c.key, c.value, c.who, c.at) for c in made]
    written = export(config, made, lambda channel: "discord:1")
    assert tomllib.loads(written) == expected(tomllib.loads(text), made, config)
    comments = [line.partition("#")[2] for line in text.splitlines() if "#" in line]
    assert all(comment in written for comment in comments)


def _place(made: Change) -> str:
    return {"host": "", "persona": "Luna"}.get(made.level, made.place)


def test_what_is_wrong_in_the_changes_does_not_hide_in_the_file(read: Read, tmp_path: Path) -> None:
    text = export(read(TEXT), [change("host", "", "host", "timezone", "Nowhere/Land")])
    (tmp_path / "butler.toml").write_text(text)
    with pytest.raises(ConfigProblems, match="unknown time zone"):
        load(tmp_path / "butler.toml", {})

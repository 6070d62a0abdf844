"""A configuration is read with everything that is wrong in it said at once, by file, line and key."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from butler.config import Config, ConfigProblems, load
from butler.errors import ConfigError
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

Read = Callable[..., Config]

GOOD = """\
[host]
data = "data"
timezone = "Europe/Berlin"
operators = ["discord:1"]

[platforms.matrix]
homeserver = "http://127.0.0.1:8008"
password = "env:MATRIX_PASSWORD"

[plugins.karma]
enabled = true
per_hour = 10

[personas.TheButler]
model = "offline"

[guilds."discord:1234"]
timezone = "UTC"
[guilds."discord:1234".plugins.karma]
enabled = false
[guilds."discord:1234".channels."discord:9".plugins.karma]
per_hour = 3
"""


def said(error: ConfigProblems) -> list[str]:
    return [str(problem) for problem in error.problems]


def test_without_a_file_the_defaults_hold() -> None:
    config = load(None, {})
    assert config.host.data == "data"
    assert config.host.database == "sqlite"
    assert config.host.accept_invites == config.host.new_guilds == "ask"
    assert (config.host.trace_days, config.host.message_days) == (14, 90)
    assert config.where("host", "data") == "default"
    assert config.problems == ()


def test_a_whole_file_is_taken_apart_into_sections(read: Read) -> None:
    config = read(GOOD, {"MATRIX_PASSWORD": "swordfish"})
    assert config.host.timezone == "Europe/Berlin"
    assert config.platforms["matrix"]["homeserver"] == "http://127.0.0.1:8008"
    assert config.plugins["karma"].enabled is True
    assert config.plugins["karma"].values == {"per_hour": 10}
    guild = config.guilds["discord:1234"]
    assert guild.values == {"timezone": "UTC"}
    assert guild.plugins["karma"].enabled is False
    assert guild.channels["discord:9"].plugins["karma"].values == {"per_hour": 3}
    assert config.problems == ()
    assert config.where("plugins", "karma", "per_hour") == "butler.toml:12"
    assert config.where("guilds", "discord:1234", "timezone") == "butler.toml:18"


@pytest.mark.spec("HOST-28")
def test_everything_that_is_wrong_is_said_in_one_go(read: Read) -> None:
    with pytest.raises(ConfigProblems) as caught:
        read(
            'guilds = 3\n[host]\ndatabse = "sqlite"\ntrace_days = "many"\ntimezone = "Europe/Berln"\n'
            'operators = ["ann"]\nlog_level = "loud"\nmessage_days = 0\nnew_guilds = 3\ndatabase = "mysql://x"\n[plugin.x]\n'
        )
    assert said(caught.value) == [
        "butler.toml:1: guilds: expected a table, not 3; write [guilds] and its keys below",
        'butler.toml:3: host.databse: unknown key, did you mean "database"?',
        'butler.toml:4: host.trace_days: expected a whole number, not "many"',
        'butler.toml:5: host.timezone: unknown time zone, did you mean "Europe/Berlin"?',
        'butler.toml:6: host.operators: expected ids that begin with their platform, such as "discord:1234", not "ann"',
        'butler.toml:7: host.log_level: expected one of "debug", "info", "warning", "error", not "loud"',
        "butler.toml:8: host.message_days: expected 1 or more, not 0",
        'butler.toml:9: host.new_guilds: expected one of "allowlist", "ask", "any", not 3',
        'butler.toml:10: host.database: expected "sqlite", or an address that begins with postgresql:// or sqlite:///',
        'butler.toml:11: plugin: unknown section, did you mean "plugins"?',
    ]


@pytest.mark.spec("HOST-28")
@pytest.mark.parametrize(
    ("text", "where", "what"),
    [
        ("[host]\ndata = \n", "butler.toml:2", "Invalid value"),
        ('[host]\ndata = "a"\ndata = "b"\n', "butler.toml:3", "Cannot overwrite a value"),
        ("[host]\n\n[host]\n", "butler.toml:3", "Cannot declare"),
        ('x = """\nno end\n', "butler.toml:3", "Unterminated string"),
        ("a = " + "[" * 5000, "butler.toml:1", "nested too deeply"),
        ("a = " + "9" * 5000, "butler.toml:1", "integer string conversion"),
    ],
)
def test_wrong_toml_is_one_line_with_its_place(read: Read, text: str, where: str, what: str) -> None:
    with pytest.raises(ConfigProblems) as caught:
        read(text)
    (problem,) = caught.value.problems
    assert problem.where == where
    assert what in problem.what
    assert problem.remedy


@pytest.mark.spec("HOST-28")
def test_a_file_in_another_encoding_is_named_with_its_line(tmp_path: Path) -> None:
    (tmp_path / "butler.toml").write_bytes(b'[host]\ndata = "\xff\xfe"\n')
    with pytest.raises(ConfigProblems, match=r"butler.toml:2: is no UTF-8 text; save it as UTF-8"):
        load(tmp_path / "butler.toml", {})


def test_a_file_that_is_not_there_is_named_with_a_remedy(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"none\.toml cannot be read .*butler init"):
        load(tmp_path / "none.toml", {})


def test_a_byte_order_mark_and_windows_line_ends_are_read(tmp_path: Path) -> None:
    (tmp_path / "butler.toml").write_bytes(b'\xef\xbb\xbf[host]\r\ndata = "here"\r\n')
    config = load(tmp_path / "butler.toml", {})
    assert config.host.data == "here"
    assert config.where("host", "data") == "butler.toml:2"


@pytest.mark.spec("HOST-28")
def test_what_is_wrong_outside_of_the_hosts_section_keeps_the_host_running(read: Read) -> None:
    config = read(
        "[platforms]\nx = 3\n[plugins]\nkarma = true\n[plugins.echo]\nenabled = 'maybe'\n"
        '[guilds."discord:1"]\ntimezon = "UTC"\nmessage_days = -1\ndata = "x"\nlanguage = "de"\n'
    )
    *told, last = [str(problem) for problem in config.problems]
    assert told == [
        "butler.toml:2: platforms.x: expected a table, not 3; write [platforms.x] and its keys below",
        "butler.toml:4: plugins.karma: expected a table, not true; write [plugins.karma] and its keys below",
        'butler.toml:6: plugins.echo.enabled: expected true or false, not "maybe"',
        'butler.toml:8: guilds."discord:1".timezon: unknown key, did you mean "timezone"?',
        'butler.toml:9: guilds."discord:1".message_days: expected 1 or more, not -1',
    ]
    assert last.startswith('butler.toml:10: guilds."discord:1".data: unknown key, expected one of: ')
    assert "message_days" in last
    assert config.guilds["discord:1"].values == {"language": "de"}
    assert config.plugins["echo"].enabled is False


@pytest.mark.spec("HOST-28")
def test_a_section_for_something_that_is_not_installed_gets_the_nearest_name(read: Read) -> None:
    config = read("[plugins.krama]\nenabled = true\n[plugins.polls]\n")
    (problem,) = config.strangers("plugins", ["karma", "polls"])
    assert str(problem) == 'butler.toml:1: plugins.krama: unknown plugin, did you mean "karma"?'


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.one_of(st.binary(max_size=200), st.text(max_size=200).map(lambda text: text.encode("utf-8", "replace"))))
def test_random_bytes_are_a_configuration_or_an_error_with_a_line(tmp_path: Path, raw: bytes) -> None:
    """HOST-28."""
    _loads_or_says_where(tmp_path, raw)


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_a_damaged_configuration_loads_or_names_a_line(tmp_path: Path, data: st.DataObject) -> None:
    """HOST-28: parts of a good file cut out, doubled and replaced."""
    text = GOOD
    for _ in range(data.draw(st.integers(1, 4))):
        start = data.draw(st.integers(0, len(text)))
        end = data.draw(st.integers(start, min(len(text), start + 12)))
        piece = data.draw(
            st.sampled_from(["", "=", "[", "]", "[[", '"', "'''", "\n", "{}", "3", "env:", "#", ".", "true"])
        )
        text = text[:start] + piece + text[end:]
    _loads_or_says_where(tmp_path, text.encode())


def _loads_or_says_where(folder: Path, raw: bytes) -> None:
    (folder / "butler.toml").write_bytes(raw)
    try:
        config = load(folder / "butler.toml", {})
    except ConfigProblems as error:
        problems = error.problems
    else:
        problems = config.problems
    for problem in problems:
        assert re.fullmatch(r"butler\.toml:[1-9]\d*", problem.where), problem
        assert problem.what

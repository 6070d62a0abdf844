"""Variables: `.env`, ``env:NAME`` and ``BUTLER_SECTION__KEY``, each named where it is wrong, never shown."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from typing import Any

import pytest
from attrs import frozen
from butler.config import Config, ConfigProblems
from butler.config.render import env_quoted
from butler.setting import secret
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

Read = Callable[..., Config]


@frozen
class Account:
    user: str = ""
    password: str = secret()
    port: int = 8008


def account(config: Config) -> Account:
    return config.structure(Account, config.platforms["matrix"], "platforms.matrix")


@pytest.mark.spec("HOST-31")
def test_the_nearer_source_wins(read: Read) -> None:
    text = "[host]\ntrace_days = 1\nmessage_days = 1\naudit_days = 1\n"
    dotenv = "# a comment\nBUTLER_HOST__MESSAGE_DAYS=2\nBUTLER_HOST__AUDIT_DAYS=2\n"
    config = read(text, {"BUTLER_HOST__AUDIT_DAYS": "3"}, dotenv)
    host = config.host
    assert (host.trace_days, host.message_days, host.audit_days, host.language) == (1, 2, 3, "en")
    assert [config.where("host", key) for key in ("trace_days", "message_days", "audit_days", "language")] == [
        "butler.toml:2", ".env:2 BUTLER_HOST__MESSAGE_DAYS", "environment BUTLER_HOST__AUDIT_DAYS", "default",
    ]  # fmt: skip


@pytest.mark.spec("HOST-31")
def test_a_variable_is_parsed_by_the_type_of_its_field(read: Read) -> None:
    config = read("", {"BUTLER_PLATFORMS__MATRIX__PORT": "80", "BUTLER_HOST__OPERATORS": "discord:1, matrix:@a:b"})
    assert account(config) == Account(port=80)
    assert config.host.operators == ["discord:1", "matrix:@a:b"]


@pytest.mark.spec("HOST-31")
def test_a_wrong_variable_is_named(read: Read) -> None:
    with pytest.raises(ConfigProblems) as caught:
        read("", {"BUTLER_HOST__TRACE_DAYS": "many", "BUTLER_HOST__DATABSE": "x"}, "BUTLER_HOST__MESSAGE_DAYS=0\n")
    assert sorted(map(str, caught.value.problems)) == [
        ".env:1 BUTLER_HOST__MESSAGE_DAYS: host.message_days: expected 1 or more, not 0",
        'environment BUTLER_HOST__DATABSE: host.databse: unknown key, did you mean "database"?',
        'environment BUTLER_HOST__TRACE_DAYS: host.trace_days: expected a whole number, not "many"',
    ]


@pytest.mark.spec("HOST-31")
@pytest.mark.parametrize(
    ("name", "what"),
    [
        ("BUTLER_HSOT__DATA", "names no section, did you mean BUTLER_HOST__…?"),
        ("BUTLER_PLUGINS__KARMA", "names no key, expected BUTLER_PLUGINS__NAME__KEY"),
        ("BUTLER_HOST__", "names no key, expected BUTLER_HOST__KEY"),
        ("BUTLER_HOST__DATA__X", "host.data: is a value, not a table, so that nothing can be set below it"),
    ],
)
def test_a_variable_that_names_nothing_is_told_and_costs_nothing(read: Read, name: str, what: str) -> None:
    config = read('[host]\ndata = "here"\n', {name: "x", "BUTLER_REQUIRE_ALL": "1", "BUTLER_MATRIX_PASSWORD": "y"})
    assert [str(problem) for problem in config.problems] == [f"environment {name}: {what}"]
    assert config.host.data == "here"


@pytest.mark.spec("HOST-31")
def test_a_variable_finds_keys_that_its_name_cannot_spell(read: Read) -> None:
    text = '[guilds."discord:1234"]\ntimezone = "UTC"\n[personas.TheButler]\nmodel = "a"\n'
    config = read(
        text, {"BUTLER_GUILDS__DISCORD_1234__TIMEZONE": "Europe/Rome", "BUTLER_PERSONAS__THEBUTLER__MODEL": "b"}
    )
    assert config.guilds["discord:1234"].values == {"timezone": "Europe/Rome"}
    assert config.personas["TheButler"]["model"] == "b"
    assert set(config.personas) == {"TheButler"}


def test_a_plugin_is_switched_by_a_variable(read: Read) -> None:
    config = read("", {"BUTLER_PLUGINS__KARMA__ENABLED": "no"})
    assert config.plugins["karma"].enabled is False


@pytest.mark.spec("HOST-31")
def test_env_names_a_variable_of_the_environment_or_else_of_the_file(read: Read) -> None:
    text = '[platforms.matrix]\nuser = "env:MX_USER"\npassword = "env:MX_PASSWORD"\n'
    config = read(text, {"MX_USER": "from outside"}, "MX_USER=from file\nexport MX_PASSWORD='sword $HOME #fish'\n")
    assert account(config) == Account("from outside", "sword $HOME #fish")


def test_no_variable_is_written_into_the_process(read: Read) -> None:
    before = dict(os.environ)
    read('[platforms.matrix]\npassword = "env:MX_PASSWORD"\n', {}, "MX_PASSWORD=swordfish\nBUTLER_HOST__DATA=x\n")
    assert dict(os.environ) == before


@pytest.mark.spec("HOST-28")
@pytest.mark.parametrize("env", [{}, {"MX_PASSWORD": ""}])
def test_a_missing_variable_is_named_with_key_and_line(read: Read, env: dict[str, str]) -> None:
    config = read('[platforms.matrix]\nuser = "a"\npassword = "env:MX_PASSWORD"\n', env)
    with pytest.raises(ConfigProblems) as caught:
        account(config)
    assert str(caught.value) == (
        "butler.toml:3: platforms.matrix.password: the variable MX_PASSWORD is not set; "
        "`butler keys set MX_PASSWORD`, or set it in the environment"
    )


@pytest.mark.spec("HOST-28")
def test_a_missing_variable_of_the_host_stops_it(read: Read) -> None:
    with pytest.raises(ConfigProblems, match=r"butler\.toml:2: host\.database: the variable DB is not set"):
        read('[host]\ndatabase = "env:DB"\n')


def test_lines_of_the_env_file_that_are_none_are_named_without_their_text(read: Read) -> None:
    config = read("", {}, "GOOD=1\nswordfish is = the word\n")
    (problem,) = config.problems
    assert str(problem) == ".env:2: not understood, expected NAME=value"


@pytest.mark.spec("HOST-23")
def test_a_secret_shows_in_no_repr_and_no_error(read: Read) -> None:
    text = '[platforms.matrix]\npassword = "env:MX_PASSWORD"\nport = "env:MX_PASSWORD"\n'
    config = read(text, {"MX_PASSWORD": "swordfish", "BUTLER_PROVIDERS__OPENAI__KEY": "sk-12345678"})
    with pytest.raises(ConfigProblems) as caught:
        account(config)
    shown = [
        repr(config), str(caught.value), repr(config.platforms), repr(config.providers), repr(config.secrets),
        repr(config.resolved(config.platforms["matrix"])), json.dumps(config.platforms), repr(config.variables),
        repr(config.structure(Account, {"password": "env:MX_PASSWORD"}, "platforms.matrix")),
    ]  # fmt: skip
    assert "swordfish" not in " ".join(shown)
    assert "sk-12345678" not in " ".join(shown)
    assert config.secrets.scrub("swordfish and sk-12345678") == "*** and ***"


@pytest.mark.spec("HOST-23")
def test_a_secret_that_was_written_into_the_file_is_known_as_one_once_it_is_used(read: Read) -> None:
    config = read('[platforms.matrix]\npassword = "in the clear"\n[host]\ndatabase = "postgresql://a:pass word@b/c"\n')
    account(config)
    assert config.secrets.scrub("in the clear, pass word") == "***, ***"
    assert "pass word" not in repr(config)


keys = st.text(st.sampled_from("ABZ_09"), max_size=6)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.dictionaries(
        st.lists(
            st.one_of(keys, st.sampled_from(["HOST", "PLUGINS", "GUILDS", "KARMA", "ENABLED", "DATA"])), max_size=5
        ).map(lambda parts: "BUTLER_" + "__".join(parts)),
        st.text(max_size=8),
        max_size=5,
    )
)
def test_random_variables_are_taken_or_named(read: Read, env: dict[str, str]) -> None:
    """HOST-31."""
    try:
        problems: Any = read("[plugins.karma]\nenabled = true\n", env).problems
    except ConfigProblems as error:
        problems = error.problems
    for problem in problems:
        assert problem.where.removeprefix("environment ") in env


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(st.characters(blacklist_categories=["Cs"], blacklist_characters="\r\0"), min_size=1, max_size=30))
def test_whatever_is_written_into_the_env_file_is_read_back(read: Read, value: str) -> None:
    config = read('[platforms.matrix]\nuser = "env:X"\n', {}, f"A=1\nX={env_quoted(value)}\nB=2\n")
    assert config.variables.get("X") == value
    assert config.variables.get("B") == "2"

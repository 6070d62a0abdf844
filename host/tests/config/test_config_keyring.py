"""Secrets that the system's keyring holds, through its real library and a backend in memory (LLM-7)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from butler.config import Config, ConfigProblems, load
from butler.config.keyring import SERVICE, Keyring
from butler.config.load import renewed
from butler.errors import ConfigError

pytestmark = pytest.mark.spec("LLM-7")


def of(tmp_path: Path, text: str, environ: dict[str, str] | None = None) -> Config:
    file = tmp_path / "butler.toml"
    file.write_text(text)
    return load(file, environ or {})


def key_of(config: Config) -> str:
    return str(config.resolved(config.providers["x"])["key"])


TEXT = '[providers.x]\nkey = "keyring:x-key"\n'


def test_a_reference_to_the_keyring_gives_what_it_holds(tmp_path: Path, backend: Any) -> None:
    backend.held[SERVICE, "x-key"] = "from the keyring"
    config = of(tmp_path, TEXT)
    assert key_of(config) == "from the keyring"
    assert config.missing(config.providers["x"], ("providers", "x")) == []
    assert config.secrets.scrub("it is from the keyring!") == "it is ***!"


def test_it_is_asked_once(tmp_path: Path, backend: Any) -> None:
    """It may ask its owner each time."""
    backend.held[SERVICE, "x-key"] = "from the keyring"
    config = of(tmp_path, TEXT)
    for _ in range(3):
        key_of(config)
    assert backend.asked == 1


def test_a_variable_may_say_that_the_keyring_holds_it(tmp_path: Path, backend: Any) -> None:
    backend.held[SERVICE, "A"] = "from the keyring"
    assert key_of(of(tmp_path, '[providers.x]\nkey = "env:X"\n', {"X": "keyring:A"})) == "from the keyring"
    assert key_of(of(tmp_path, "", {"BUTLER_PROVIDERS__X__KEY": "keyring:A"})) == "from the keyring"


def test_what_the_keyring_does_not_hold_is_named_with_key_line_and_remedy(tmp_path: Path, backend: Any) -> None:
    config = of(tmp_path, TEXT)
    (problem,) = config.missing(config.providers["x"], ("providers", "x"))
    assert str(problem) == (
        "butler.toml:2: providers.x.key: the keyring holds no x-key; "
        "`butler keys set x-key --keyring`, or name a variable: env:x-key"
    )


def test_a_keyring_that_is_locked_is_said_to_be_so_and_costs_nothing_else(tmp_path: Path, backend: Any) -> None:
    backend.locked = True
    config = of(tmp_path, TEXT)
    (problem,) = config.missing(config.providers["x"], ("providers", "x"))
    assert "cannot be read (the system's keyring does not work here (KeyringLocked))" in str(problem)
    assert "canary" not in str(problem)
    with pytest.raises(ConfigError, match="KeyringLocked") as caught:
        Keyring().put("x-key", "canary")
    assert "canary" not in str(caught.value)
    assert caught.value.__suppress_context__


def test_without_its_library_the_keyring_is_said_to_be_missing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "keyring", None)
    config = of(tmp_path, TEXT)
    (problem,) = config.missing(config.providers["x"], ("providers", "x"))
    assert "its library is not installed" in str(problem)


def test_nothing_is_asked_where_nothing_names_it(tmp_path: Path, backend: Any) -> None:
    of(tmp_path, '[providers.x]\nkey = "env:X"\n', {"X": "x"})
    assert backend.asked == 0


def test_a_renewed_configuration_has_what_is_said_now_and_knows_what_was_secret(tmp_path: Path, backend: Any) -> None:
    backend.held[SERVICE, "x-key"] = "the old secret"
    old = of(tmp_path, TEXT)
    backend.held[SERVICE, "x-key"] = "the new secret"
    (tmp_path / "butler.toml").write_text("[host]\nbroken = meanwhile")
    fresh = renewed(old, {"BUTLER_PLATFORMS__Y__TOKEN": "a token"}, None)
    assert key_of(fresh) == "the new secret"
    assert fresh.platforms["y"] == {"token": "a token"}
    assert fresh.secrets is old.secrets
    assert old.secrets.scrub("the old secret, the new secret, a token") == "***, ***, ***"
    assert "y" not in renewed(fresh, {}, None).platforms


def test_a_renewed_configuration_that_is_wrong_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigProblems, match="timezone"):
        renewed(of(tmp_path, ""), {"BUTLER_HOST__TIMEZONE": "Nowhere"}, None)

"""What `butler init` writes is a configuration that loads, with comments, and no secret in butler.toml."""

from __future__ import annotations

from pathlib import Path

import pytest
from attrs import frozen
from butler.config import Answers, Classes, HostSettings, load, render_default
from butler.config.structure import settings_fields
from butler.setting import secret


@frozen
class Matrix:
    homeserver: str
    """Where the server answers."""
    password: str = secret()
    rooms: int = 3  # how many rooms it joins


@frozen
class Karma:
    per_hour: int = 10  # how much one person may give in an hour


CLASSES = Classes(platforms={"matrix": Matrix}, plugins={"karma": Karma})


def written(folder: Path, answers: Answers) -> tuple[str, str]:
    toml, env = render_default(answers, CLASSES)
    (folder / "butler.toml").write_text(toml)
    (folder / ".env").write_text(env)
    return toml, env


@pytest.mark.spec("HOST-26")
def test_the_answers_are_read_back_with_secrets_from_the_env_file(tmp_path: Path) -> None:
    toml, env = written(
        tmp_path,
        Answers(
            host={"timezone": "Europe/Berlin", "operators": ["matrix:@ann:x"]},
            platforms={"matrix": {"homeserver": "http://x", "password": 'it\'s "$HOME" \\ #1'}},
            plugins={"karma": {"enabled": True}},
            personas={"Luna": {"prompt": "several\nlines", "model": ["a:b", "offline"]}},
        ),
    )
    config = load(tmp_path / "butler.toml", {}, tmp_path / ".env")
    assert config.problems == ()
    assert config.host == HostSettings(timezone="Europe/Berlin", operators=["matrix:@ann:x"])
    matrix = config.structure(Matrix, config.platforms["matrix"], "platforms.matrix")
    assert matrix == Matrix("http://x", 'it\'s "$HOME" \\ #1')
    assert config.personas["Luna"] == {"prompt": "several\nlines", "model": ["a:b", "offline"]}
    assert "$HOME" not in toml
    assert 'password = "env:BUTLER_MATRIX_PASSWORD"' in toml
    assert "BUTLER_MATRIX_PASSWORD=" in env


@pytest.mark.spec("HOST-26")
def test_every_key_stands_there_with_what_it_is_for(tmp_path: Path) -> None:
    toml, _ = written(tmp_path, Answers(platforms={"matrix": {"homeserver": "http://x"}}, plugins={"karma": {}}))
    assert 'homeserver = "http://x"  # Where the server answers.' in toml
    assert "# rooms = 3  # how many rooms it joins" in toml
    assert "# per_hour = 10  # how much one person may give in an hour" in toml
    for name, each in settings_fields(HostSettings).items():
        assert each.default is None or f"# {name} = " in toml


@pytest.mark.spec("HOST-26")
def test_the_commented_defaults_are_right_once_uncommented(tmp_path: Path) -> None:
    toml, _ = written(tmp_path, Answers())
    bare = "\n".join(
        line.removeprefix("# ") if " = " in line and '"env:' not in line else line for line in toml.splitlines()
    )
    (tmp_path / "butler.toml").write_text(bare)
    assert load(tmp_path / "butler.toml", {}).host == HostSettings()


def test_a_secret_that_is_in_the_environment_already_keeps_its_name(tmp_path: Path) -> None:
    toml, env = written(tmp_path, Answers(platforms={"matrix": {"homeserver": "x", "password": "env:MINE"}}))
    assert 'password = "env:MINE"' in toml
    assert "MINE" not in env

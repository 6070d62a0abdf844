"""`butler matrix registration` (LUNA-5)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from butler import PlatformError
from butler_luna_matrix.cli import command
from butler_luna_matrix.registration import load
from click.testing import CliRunner

USER = "@butler:example.org"


class Desk:
    """What the host gives to a command."""

    def __init__(self, folder: Path, **settings: Any) -> None:
        self._folder = folder
        self._settings = settings

    def section(self, table: str, kind: type) -> Any:
        assert table == "platforms.matrix"
        return kind(**self._settings)

    def folder(self, plugin: str) -> Path:
        return self._folder / plugin


@pytest.mark.spec("LUNA-5")
def test_the_registration_is_written_for_this_user_only_and_says_what_to_do(tmp_path: Path) -> None:
    desk = Desk(tmp_path, user=USER, listen="127.0.0.1:7777", namespace="persona.")
    done = CliRunner().invoke(command, ["registration"], obj=desk)
    path = tmp_path / "luna_matrix" / "registration.yaml"
    assert (done.exit_code, path.stat().st_mode & 0o777) == (0, 0o600)
    assert "app_service_config_files" in done.output
    whole = json.loads(path.read_text())
    assert (whole["url"], whole["sender_localpart"]) == ("http://127.0.0.1:7777", "butler")
    assert whole["namespaces"]["users"] == [{"exclusive": True, "regex": r"@persona\..*:example\.org"}]
    for token in (whole["as_token"], whole["hs_token"]):
        assert len(token) >= 32
        assert token not in done.output


@pytest.mark.spec("LUNA-5")
def test_one_that_is_there_is_kept_unless_told_otherwise(tmp_path: Path) -> None:
    desk = Desk(tmp_path, user=USER)
    CliRunner().invoke(command, ["registration"], obj=desk)
    before = load(tmp_path / "luna_matrix" / "registration.yaml")
    done = CliRunner().invoke(command, ["registration"], obj=desk)
    assert isinstance(done.exception, PlatformError)
    assert load(tmp_path / "luna_matrix" / "registration.yaml") == before
    CliRunner().invoke(command, ["registration", "--force"], obj=desk)
    assert load(tmp_path / "luna_matrix" / "registration.yaml").as_token != before.as_token


@pytest.mark.spec("LUNA-5")
def test_without_a_full_user_id_it_says_what_to_set(tmp_path: Path) -> None:
    done = CliRunner().invoke(command, ["registration"], obj=Desk(tmp_path))
    assert "set user = " in str(done.exception)


@pytest.mark.spec("LUNA-6", "LUNA-9")
@pytest.mark.parametrize(
    ("typed", "line"),
    [
        (["spawn", "Scout", "You", "are a scout."], 'spawn "Scout" You are a scout.'),
        (
            ["spawn", 'Sir "X"', "--room", "!r:s", "--card", "teacher"],
            r'spawn "Sir \"X\"" --room "!r:s" --card "teacher"',
        ),
        (["spawn", "--repair"], "spawn --repair"),
        (["despawn", "Scout"], 'despawn "Scout"'),
    ],
)
def test_spawn_and_despawn_are_the_consoles(tmp_path: Path, typed: list[str], line: str) -> None:
    desk = Desk(tmp_path)
    desk.console = lambda given: f"did {given}"  # type: ignore[attr-defined]
    assert CliRunner().invoke(command, typed, obj=desk).output == f"did {line}\n"

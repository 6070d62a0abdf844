"""``butler init``: butler.toml and .env from answers, nothing overwritten unasked."""

from __future__ import annotations

import stat
import sys
import tomllib
from pathlib import Path
from typing import Any

import pexpect
import pytest
from butler.errors import BadArgument
from butler.faces.init import Given, time_zone, write

MATRIX = (
    "--platform",
    "matrix",
    "--set",
    "platforms.matrix.user=@b:x",
    "--set",
    "platforms.matrix.homeserver=http://x",
)


@pytest.mark.spec("HOST-26")
def test_what_was_answered_holds_and_secrets_stand_in_a_file_of_their_own(place: Any) -> None:
    (place.folder / ".env").write_text("BUTLER_MATRIX_PASSWORD='hunter22 #x'\n")
    secret = ("--set", "platforms.matrix.password=env:BUTLER_MATRIX_PASSWORD")
    done = place.butler("init", *MATRIX, *secret, "--set", "host.language=de")
    assert done.returncode == 0, done.stderr
    text = (place.folder / "butler.toml").read_text()
    assert "hunter22" not in text
    assert tomllib.loads(text)["platforms"]["matrix"] == {
        "user": "@b:x", "homeserver": "http://x", "password": "env:BUTLER_MATRIX_PASSWORD",
    }  # fmt: skip
    lines = {line["key"]: line for line in place.json("config", "show")}
    assert lines["host.language"]["value"] == "de"
    assert [check for check in place.json("doctor") if check["name"] == "secrets" and check["level"] != "ok"] == []


@pytest.mark.spec("HOST-26")
def test_every_key_stands_there_with_what_it_is_for(place: Any) -> None:
    place.butler("init", "--yes")
    text = (place.folder / "butler.toml").read_text()
    assert '# timezone = "UTC"  # The time zone' in text
    assert not (place.folder / ".env").exists()
    assert place.butler("run", said="thank you\n").returncode == 0


@pytest.mark.spec("HOST-26")
def test_an_existing_file_is_not_touched_unless_forced(place: Any) -> None:
    path = place.folder / "butler.toml"
    path.write_text("# mine\n")
    done = place.butler("init", "--yes")
    assert (done.returncode, path.read_text()) == (1, "# mine\n")
    assert "--force" in done.stderr
    assert place.butler("init", "--yes", "--force").returncode == 0
    assert "# mine" not in path.read_text()


@pytest.mark.spec("HOST-26")
def test_secrets_that_are_there_already_are_kept(tmp_path: Path) -> None:
    env = tmp_path / ".env"
    env.write_text("OTHER=1\nBUTLER_MATRIX_PASSWORD=old\n")
    told = write(tmp_path, "", "BUTLER_MATRIX_PASSWORD=new\n", overwrite=False)
    assert "was kept" in told[-1]
    assert env.read_text() == "OTHER=1\nBUTLER_MATRIX_PASSWORD=old\n"


@pytest.mark.spec("HOST-26")
def test_a_secret_in_the_command_is_refused_and_the_better_way_said(place: Any) -> None:
    done = place.butler("init", *MATRIX, "--set", "platforms.matrix.password=hunter22")
    assert (done.returncode, "hunter22" in done.stdout + done.stderr) == (1, False)
    assert "take that one back" in done.stderr
    assert "BUTLER_PLATFORMS__MATRIX__PASSWORD" in done.stderr
    assert list(place.folder.iterdir()) == []


def test_a_platform_that_is_not_installed_is_refused_with_those_that_are(place: Any) -> None:
    done = place.butler("init", "--platform", "irc")
    assert (done.returncode, "installed are: " in done.stderr) == (1, True)
    assert list(place.folder.iterdir()) == []


def test_a_value_that_is_wrong_is_refused_before_anything_is_written(place: Any) -> None:
    done = place.butler("init", "--yes", "--set", "host.timezone=Europe/Berlim")
    assert (done.returncode, 'did you mean "Europe/Berlin"?' in done.stderr) == (1, True)
    assert list(place.folder.iterdir()) == []


@pytest.mark.parametrize("wrong", ["x", "x=1", "host=1", "platforms.matrix=1", "nowhere.a.b=1", "=1", ""])
def test_a_key_of_the_wrong_form_is_refused_with_the_right_one(wrong: str) -> None:
    with pytest.raises(BadArgument, match=r"SECTION\.NAME\.KEY=VALUE"):
        Given().put(wrong)


def test_the_time_zone_of_this_machine_is_found_by_name() -> None:
    assert time_zone({"TZ": ":Europe/Berlin"}) == "Europe/Berlin"
    assert time_zone({})


@pytest.mark.spec("HOST-26")
def test_at_a_terminal_it_asks_and_shows_no_secret(place: Any) -> None:
    child = pexpect.spawn(
        sys.executable, ["-m", "butler", "init"], cwd=str(place.folder), env=place.environment, encoding="utf-8",
        timeout=60, dimensions=(40, 120),
    )  # fmt: skip
    seen = ""
    answers = {"Use matrix": "y", "homeserver": "http://x", "user:": "@b:x", "password": "hunter22", "admin_token": "",
               "Use ": "n",
               "Time zone": "", "Your own id": "@ann:x"}  # fmt: skip
    while (found := child.expect([*answers, pexpect.EOF])) < len(answers):
        seen += child.before + child.after
        child.sendline(list(answers.values())[found])
    seen += child.before
    child.close()
    assert child.exitstatus == 0, seen
    assert "hunter22" not in seen
    config = tomllib.loads((place.folder / "butler.toml").read_text())
    assert config["host"]["operators"] == ["matrix:@ann:x"]
    assert "hunter22" in (place.folder / ".env").read_text()
    assert stat.S_IMODE((place.folder / ".env").stat().st_mode) == 0o600


@pytest.mark.spec("HOST-26")
def test_an_answer_may_be_a_list() -> None:
    given = Given()
    given.put('platforms.matrix.invites_from=["example.org", "@ann:here"]')
    assert given.values["platforms"]["matrix"]["invites_from"] == ["example.org", "@ann:here"]
    with pytest.raises(BadArgument, match="cannot be read"):
        given.put("platforms.matrix.invites_from=[oops")

"""The command line: help at once, errors as one line, lists for people and for scripts."""

from __future__ import annotations

import importlib
import json
import subprocess
import sys
from typing import Any

import pytest
from butler.engine.loader import Found, discover
from butler.errors import CommandError
from butler.faces.cli import COMMANDS, told


@pytest.mark.spec("HOST-27")
@pytest.mark.parametrize("name", COMMANDS)
def test_the_list_of_commands_says_what_each_says_of_itself(name: str) -> None:
    command = importlib.import_module(f"butler.faces.cli.{name}").command
    assert command.name == name
    assert command.get_short_help_str(limit=500) == COMMANDS[name]


def test_help_imports_neither_the_host_nor_the_terminal() -> None:
    program = (
        "import sys; sys.argv = ['butler', '--help']\n"
        "from butler.faces.cli import main\n"
        "try: main()\n"
        "except SystemExit: pass\n"
        "heavy = ('butler.host', 'prompt_toolkit', 'rich', 'copier', 'apscheduler')\n"
        "print([name for name in heavy if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"
    assert "run      " in done.stdout


@pytest.mark.spec("HOST-28")
def test_a_wrong_configuration_is_one_line_with_file_line_key_and_the_nearest_name(place: Any) -> None:
    place.folder.joinpath("butler.toml").write_text('[host]\ndata = "data"\ndatabse = "sqlite"\n')
    for command in (["run"], ["plugins", "list"], ["why", "last"], ["config", "show"]):
        done = place.butler(*command)
        assert (done.returncode, done.stdout) == (1, "")
        assert done.stderr == 'error: butler.toml:3: host.databse: unknown key, did you mean "database"?\n'


def test_wrong_usage_ends_with_two_and_says_how(place: Any) -> None:
    done = place.butler("rnu")
    assert (done.returncode, "butler --help" in done.stderr, "did you mean 'run'?" in done.stderr) == (2, True, True)
    assert place.butler("why").returncode == 2


def test_a_fault_of_our_own_says_how_to_see_it_instead_of_a_traceback() -> None:
    assert "BUTLER_DEBUG=1" in told(KeyError("x"))
    assert told(CommandError("no", remedy="do this")) == "no; do this"
    assert told(FileNotFoundError(2, "No such file or directory", "a.toml")) == "a.toml: No such file or directory"


@pytest.mark.spec("HOST-27")
def test_commands_act_on_the_data_while_no_host_runs_and_on_the_host_while_one_does(place: Any) -> None:
    place.butler("run", said="thank you\n")
    assert place.butler("plugins", "disable", "karma").stdout == "karma is disabled for the host\n"
    assert _karma(place)["enabled"] is False
    place.start("--no-console")
    assert (_karma(place)["enabled"], _karma(place)["running"]) == (False, False)
    assert place.butler("plugins", "enable", "karma").stdout == "karma is enabled for the host\n"
    assert (_karma(place)["enabled"], _karma(place)["running"]) == (True, True)
    assert place.butler("plugins", "disable", "karma", "--guild", "console:house").returncode == 0
    assert _karma(place, "--guild", "console:house")["enabled"] is False
    assert _karma(place)["enabled"] is True
    assert place.json("why", "last")["text"] == "thank you"
    (line,) = [each for each in place.json("config", "show") if each["key"] == "plugins.karma.enabled"]
    assert line["value"] is True
    assert line["source"].startswith("host by cli:")


def _karma(place: Any, *options: str) -> Any:
    (row,) = [row for row in place.json("plugins", "list", *options) if row["name"] == "karma"]
    return row


def test_looking_leaves_nothing_behind_where_nothing_was(place: Any) -> None:
    place.butler("plugins", "list")
    place.butler("personas", "list")
    done = place.butler("why", "last")
    assert (done.returncode, done.stderr) == (1, "error: nothing was said yet; say something first\n")
    assert list(place.folder.iterdir()) == []


def test_what_is_not_there_is_refused_with_what_is(place: Any) -> None:
    done = place.butler("plugins", "enable", "karmaa")
    assert (done.returncode, "installed are: " in done.stderr) == (1, True)
    done = place.butler("personas", "show", "Nobody")
    assert (done.returncode, "there are: TheButler" in done.stderr) == (1, True)
    assert place.butler("why", "matrix:$none").returncode == 1


@pytest.mark.spec("HOST-28")
def test_the_schema_knows_every_installed_section(place: Any) -> None:
    schema = json.loads(place.butler("config", "schema").stdout)
    assert "karma" in schema["properties"]["plugins"]["properties"]
    assert {"console", "matrix"} <= set(schema["properties"]["platforms"]["properties"])


@pytest.mark.spec("HOST-3")
def test_config_show_names_the_source_of_every_value_and_masks_secrets(place: Any) -> None:
    place.folder.joinpath("butler.toml").write_text('[platforms.matrix]\nuser = "@b:x"\npassword = "env:PW"\n')
    place.folder.joinpath(".env").write_text("PW=hunter22\nBUTLER_HOST__LANGUAGE=de\n")
    done = place.butler("config", "show", "--sources")
    lines = {line.split()[0]: line for line in done.stdout.splitlines()}
    assert lines["host.language"].endswith("BUTLER_HOST__LANGUAGE")
    assert lines["platforms.matrix.user"].endswith("butler.toml:2")
    assert lines["host.timezone"].endswith("default")
    assert "hunter22" not in done.stdout + done.stderr


@pytest.mark.spec("HOST-3")
def test_config_export_writes_what_was_changed_at_run_time_into_the_file(place: Any) -> None:
    place.folder.joinpath("butler.toml").write_text("# mine\n[plugins.karma]\nenabled = true  # of course\n")
    place.butler("plugins", "disable", "karma")
    assert place.butler("config", "export", "--write").returncode == 0
    text = place.folder.joinpath("butler.toml").read_text()
    assert "# mine" in text
    assert "enabled = false" in text


@pytest.mark.spec("OPS-1")
def test_why_explains_the_last_message_with_what_was_sent(place: Any) -> None:
    place.butler("run", said="thank you\n/whoami\n")
    told = place.butler("why", "last").stdout
    assert "It was a command." in told
    assert "Butler said" in told or "host said" in told
    record = place.json("why", "last")
    assert (record["outcome"], record["text"], record["sent"][0]["state"]) == ("command", "/whoami", "delivered")
    by_reply = place.json("why", record["sent"][0]["id"])
    assert by_reply["message"] == record["message"]


@pytest.mark.spec("HOST-23")
def test_logs_can_be_read_by_level_and_as_json(place: Any) -> None:
    place.butler("run", said="hello\n")
    assert "plugin is up" in place.butler("logs").stdout
    assert place.butler("logs", "--level", "error").stdout == ""
    lines = place.butler("logs", "--json").stdout.splitlines()
    assert all(json.loads(line)["level"] for line in lines)
    done = place.butler("logs", "--since", "yesterday")
    assert (done.returncode, "2026-07-01T12:00" in done.stderr) == (1, True)


@pytest.mark.spec("HOST-22")
def test_export_and_forget_print_what_was_kept_and_the_receipt(place: Any) -> None:
    place.butler("run", said="thank you\n")
    kept = json.loads(place.butler("export", "console:you").stdout)
    assert "thank you" in json.dumps(kept)
    done = place.butler("forget", "console:you")
    assert done.returncode == 1  # nobody said yes
    done = place.butler("forget", "console:you", "--yes")
    assert (done.returncode, done.stdout.splitlines()[0]) == (0, "Everything is forgotten.")
    assert "thank you" not in place.butler("export", "console:you").stdout


@pytest.mark.spec("HOST-2", "HOST-27")
def test_plugins_check_names_what_is_wrong_with_any_of_them_and_leaves_nothing_behind(
    place: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert place.butler("plugins", "check").returncode == 0
    there = discover()
    broken = Found("broken", "butler-broken", "1.0", "butler_broken_that_is_not_there:Broken")
    monkeypatch.setattr("butler.engine.loader.discover", lambda: {**there, "broken": broken})
    done = place.butler("plugins", "check")
    assert done.returncode == 1
    assert "karma (butler-karma" in done.stdout
    (line,) = [line for line in done.stdout.splitlines() if line.startswith("broken")]
    assert "butler-broken 1.0" in line
    assert "reinstall or upgrade butler-broken" in line
    assert "broken" in place.butler("plugins", "list").stdout
    assert list(place.folder.iterdir()) == []


@pytest.mark.spec("HOST-28")
def test_plugins_check_reads_the_settings_that_are_given(place: Any) -> None:
    place.folder.joinpath("butler.toml").write_text('[plugins.karma]\nper_hour = "many"\n')
    done = place.butler("plugins", "check")
    assert (done.returncode, "butler.toml:2: plugins.karma.per_hour" in done.stdout) == (1, True)

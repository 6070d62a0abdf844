"""``butler keys``: set, listed and removed without ever being shown (LLM-7, HOST-27)."""

from __future__ import annotations

import stat
import sys
from pathlib import Path
from typing import Any

import pexpect
import pytest

pytestmark = pytest.mark.spec("LLM-7", "HOST-27", "HOST-31")

CANARY = "sk-canary-Zq9+/x"
PLUGIN = '''
import attrs
from butler import Completion, Model, Plugin, Provider, Usage, secret


@attrs.frozen
class Settings:
    """[providers.fake]"""

    key: str = secret()


class Fake(Provider):
    """Says its key's length."""

    name = "fake"
    settings = Settings

    async def complete(self, prompt):
        return Completion(f"my key has {len(self.config.key)} letters", Usage(1, 1), prompt.model)


class FakePlugin(Plugin):
    """Brings it."""

    provider = Fake
'''
TOML = '[providers.anthropic]\nkey = "env:ANTHROPIC_API_KEY"\n'


def row(place: Any, name: str) -> dict[str, Any]:
    found: dict[str, Any] = next(each for each in place.json("keys", "list") if each["name"] == name)
    return found


def test_a_key_is_set_from_standard_input_listed_and_removed(place: Any) -> None:
    done = place.butler("keys", "set", "anthropic", said=f"{CANARY}\n")
    name = "BUTLER_PROVIDERS__ANTHROPIC__KEY"
    assert (done.returncode, done.stderr) == (0, "")
    env = place.folder / ".env"
    assert env.read_text() == f"{name}={CANARY}\n"
    assert stat.S_IMODE(env.stat().st_mode) == 0o600
    assert row(place, name) == {
        "name": name, "state": "set", "source": ".env:1", "used_by": ["providers.anthropic.key"]
    }  # fmt: skip
    listed = place.butler("keys", "list")
    assert CANARY not in done.stdout + listed.stdout + listed.stderr
    assert place.butler("keys", "remove", "providers.anthropic.key").returncode == 0
    assert env.read_text() == ""
    assert row(place, name)["state"] == "missing"


def test_the_name_that_the_file_refers_to_is_set(place: Any) -> None:
    (place.folder / "butler.toml").write_text(TOML)
    for given in ("anthropic", "providers.anthropic", "providers.anthropic.key", "ANTHROPIC_API_KEY"):
        (place.folder / ".env").unlink(missing_ok=True)
        assert place.butler("keys", "set", given, said=CANARY).returncode == 0
        assert (place.folder / ".env").read_text() == f"ANTHROPIC_API_KEY={CANARY}\n"
    assert row(place, "ANTHROPIC_API_KEY")["used_by"] == ["providers.anthropic.key"]


@pytest.mark.parametrize(
    "arguments",
    [
        ["anthropic", CANARY],
        [CANARY],
        [f"ANTHROPIC_API_KEY={CANARY}"],
        [f"anthropic={CANARY}"],
        [],
        ["--", CANARY, CANARY],
    ],
)
def test_a_key_on_the_command_line_is_refused_and_not_repeated(place: Any, arguments: list[str]) -> None:
    done = place.butler("keys", "set", *arguments, said="other")
    assert done.returncode == 1
    assert CANARY not in done.stdout + done.stderr
    assert not (place.folder / ".env").exists()


@pytest.mark.parametrize("said", ["", "  \n", "a\0b", "x" * 30_000])
def test_what_is_no_key_is_refused(place: Any, said: str) -> None:
    done = place.butler("keys", "set", "anthropic", said=said)
    assert done.returncode == 1
    assert done.stderr.startswith("error: ")
    assert not (place.folder / ".env").exists()


def test_a_wrong_name_gets_the_nearest_one(place: Any) -> None:
    assert "did you mean providers.anthropic.key?" in place.butler("keys", "set", "providers.anthropc.key").stderr


def test_every_other_line_of_the_file_stays_as_it_is(place: Any) -> None:
    env = place.folder / ".env"
    before = "# mine\nexport OTHER='a b'  # note\nANTHROPIC_API_KEY=old\n\nLAST=\"x\\ny\""
    env.write_text(before)
    env.chmod(0o644)
    place.butler("keys", "set", "ANTHROPIC_API_KEY", said="new one $HOME 'q' \\n")
    text = env.read_text()
    assert text == before.replace("ANTHROPIC_API_KEY=old", "ANTHROPIC_API_KEY='new one $HOME \\'q\\' \\\\n'")
    assert stat.S_IMODE(env.stat().st_mode) == 0o600
    place.butler("keys", "set", "NEW_TOKEN", said="two\nlines")
    assert env.read_text() == f"{text}\nNEW_TOKEN='two\nlines'\n"
    place.butler("keys", "remove", "NEW_TOKEN")
    place.butler("keys", "remove", "ANTHROPIC_API_KEY")
    assert env.read_text() == before.replace("ANTHROPIC_API_KEY=old\n", "") + "\n"


def test_what_is_set_is_read_back_as_it_was(place: Any) -> None:
    from butler.config.environment import read_variables

    for value in ("a'b\"c", "$HOME ${X} `id`", "back\\slash\\", "#no comment", "ümläut = =", "a\nb", "\\'", "x" * 5000):
        assert place.butler("keys", "set", "SOME_KEY", said=value).returncode == 0
        assert read_variables({}, place.folder / ".env")[0].get("SOME_KEY") == value


def test_a_link_stays_a_link(place: Any) -> None:
    real = place.folder / "elsewhere"
    real.write_text("A=1\n")
    (place.folder / ".env").symlink_to(real)
    place.butler("keys", "set", "SOME_KEY", said=CANARY)
    assert (place.folder / ".env").is_symlink()
    assert real.read_text() == f"A=1\nSOME_KEY={CANARY}\n"


def test_a_key_in_the_environment_is_said_to_go_before(place: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    (place.folder / "butler.toml").write_text(TOML)
    monkeypatch.setenv("ANTHROPIC_API_KEY", "from the environment")
    assert row(place, "ANTHROPIC_API_KEY")["source"] == "environment"
    assert "goes before" in place.butler("keys", "set", "anthropic", said=CANARY).stdout
    place.butler("keys", "remove", "anthropic")
    done = place.butler("keys", "remove", "anthropic")
    assert done.returncode == 1
    assert "is not kept in" in done.stderr


def test_a_key_that_stands_in_the_file_is_named_and_never_shown(place: Any) -> None:
    (place.folder / "butler.toml").write_text(f'[providers.anthropic]\nkey = "{CANARY}"\n')
    found = row(place, "providers.anthropic.key")
    assert (found["state"], found["source"]) == ("set", "butler.toml:2 (in the clear)")


def test_what_nothing_refers_to_is_set_with_a_word_about_that(place: Any) -> None:
    assert 'write "env:SOME_KEY"' in place.butler("keys", "set", "SOME_KEY", said=CANARY).stdout


def test_a_keyring_that_is_not_there_is_said_to_be_so_and_nothing_is_kept(place: Any, no_backend: None) -> None:
    done = place.butler("keys", "set", "anthropic", "--keyring", said=CANARY)
    assert done.returncode == 1
    assert "keyring does not work here" in done.stderr
    assert not (place.folder / ".env").exists()


def test_a_key_is_kept_in_the_keyring_and_the_file_says_so(place: Any, backend: Any) -> None:
    (place.folder / "butler.toml").write_text(TOML)
    done = place.butler("keys", "set", "anthropic", "--keyring", said=CANARY)
    assert done.returncode == 0
    assert backend.held == {("butler", "ANTHROPIC_API_KEY"): CANARY}
    assert (place.folder / ".env").read_text() == "ANTHROPIC_API_KEY=keyring:ANTHROPIC_API_KEY\n"
    assert row(place, "ANTHROPIC_API_KEY")["source"] == "keyring"
    assert place.butler("keys", "remove", "anthropic").returncode == 0
    assert backend.held == {}
    assert row(place, "ANTHROPIC_API_KEY")["state"] == "missing"


def test_a_file_that_names_the_keyring_needs_no_variable(place: Any, backend: Any) -> None:
    (place.folder / "butler.toml").write_text('[providers.anthropic]\nkey = "keyring:mine"\n')
    assert place.butler("keys", "set", "anthropic", said=CANARY).returncode == 0
    assert backend.held == {("butler", "mine"): CANARY}
    assert not (place.folder / ".env").exists()
    assert row(place, "mine") == {
        "name": "mine", "state": "set", "source": "keyring", "used_by": ["providers.anthropic.key"]
    }  # fmt: skip


def test_a_terminal_is_asked_and_shows_nothing(place: Any) -> None:
    child = pexpect.spawn(
        sys.executable, ["-m", "butler", "keys", "set", "anthropic"], cwd=str(place.folder), env=place.environment,
        encoding="utf-8", timeout=60,
    )  # fmt: skip
    child.expect("BUTLER_PROVIDERS__ANTHROPIC__KEY: ")
    child.sendline(CANARY)
    child.expect(pexpect.EOF)
    assert CANARY not in child.before
    child.close()
    assert child.exitstatus == 0
    assert CANARY in (place.folder / ".env").read_text()


def test_a_running_host_uses_a_changed_key_at_once(place: Any, tmp_path_factory: pytest.TempPathFactory) -> None:
    """It was started without one, so that the plugin could not even come up."""
    package = tmp_path_factory.mktemp("plugin")
    _install(package)
    place.environment["PYTHONPATH"] = str(package)
    (place.folder / "butler.toml").write_text(
        '[providers.fake]\nkey = "env:FAKE_KEY"\n[personas.TheButler]\nmodel = "fake:m"\n'
    )
    process = place.start()

    def said() -> bytes:
        assert process.stdin
        assert process.stdout
        process.stdin.write(b"hello\n")
        process.stdin.flush()
        return process.stdout.readline()

    assert b"letters" not in said()
    for key in ("12345678", "1234567890"):
        done = place.butler("keys", "set", "FAKE_KEY", said=key)
        assert "the running host uses it now" in done.stdout, done.stderr
        line = said()
        while b"letters" not in line:
            assert process.stdout
            line = process.stdout.readline()
        assert b"my key has %d letters" % len(key) in line
    log = (place.data / "logs" / "butler.log").read_text()
    assert "keys were read anew" in log
    assert "12345678" not in log


def _install(folder: Path) -> None:
    """A package as pip leaves it, where this process's own CLI does not look."""
    (folder / "butler_fake.py").write_text(PLUGIN)
    info = folder / "butler_fake-1.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: butler-fake\nVersion: 1\n")
    (info / "entry_points.txt").write_text("[butler]\nfake = butler_fake:FakePlugin\n")

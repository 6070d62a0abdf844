"""No key in any log, record, export, backup, error or answer: canaries in every place where a key can be given.

A plugin that could not be worse says its keys in everything that it may say or raise. Then every byte that was
written and printed is looked through, for each key as it is and in the forms in which texts travel.
"""

from __future__ import annotations

import base64
import gzip
import io
import json
import os
import signal
import subprocess
import tarfile
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote, quote_plus

import pytest
from butler.errors import ButlerError
from butler.faces import desk
from butler.faces.control_client import ask

pytestmark = pytest.mark.spec("HOST-23", "LLM-7")

CANARIES = {
    "environment": "sk-Canary-env-4f9a2b7c",
    "dotenv": "sk Canary+dot/env=51c8",
    "override": 'sk-Canary"over\\ride-77ab',
    "file_override": "sk-Canary-özil-%41-90dd",
    "keyring": "sk-Canary-keyring-1e2f3a",
    "literal": "sk-Canary-literal-88ac01",
    "stranger": "sk-Canary-stranger-55be12",
    "runtime": "sk-Canary-runtime-63ff90",
    "later": "sk-Canary-later-abc0192",
}

PLUGIN = '''
import asyncio
import threading

import attrs
import structlog
from butler import (
    NO, Call, Check, Completion, CommandError, ModelMisconfigured, ModelUnavailable, NotReady, Platform, PlatformError,
    Plugin, Provider, Reply, Usage, Vote, command, hookimpl, job, secret, tool,
)

log = structlog.get_logger("butler.leaky")


@attrs.frozen
class ProviderSettings:
    key: str = secret()
    other: str = secret()


@attrs.frozen
class PlatformSettings:
    token: str = secret()
    literal: str = secret()


@attrs.frozen
class Settings:
    from_keyring: str = secret()
    from_variable: str = secret()


class LeakyProvider(Provider):
    name = "leaky"
    settings = ProviderSettings

    @property
    def said(self):
        return f"Incorrect API key provided: {self.config.key} and {self.config.other}"

    async def complete(self, prompt):
        kind = prompt.turns[-1].text.rpartition(" ")[2]
        if kind == "misconfigured":
            raise ModelMisconfigured(self.said, remedy=f"not {self.config.key}")
        if kind == "unavailable":
            raise ModelUnavailable(self.said, remedy=self.config.other)
        raise ZeroDivisionError(self.said, {"key": self.config.key})

    async def models(self):
        raise ModelMisconfigured(self.said, remedy=self.config.key)


class LeakyPlatform(Platform):
    name = "leaky"
    settings = PlatformSettings

    async def start(self, receive):
        log.warning("connecting", url=f"https://x/?access_token={self.config.token}", header=self.config.literal)
        raise NotReady(f"401 for {self.config.token}", remedy=self.config.literal)

    async def stop(self):
        raise PlatformError(f"cannot stop {self.config.token}")

    def can(self, action, channel=None):
        return False

    async def health(self):
        return [Check("platform leaky", "fail", f"refused {self.config.token}", f"other than {self.config.literal}")]

    async def perform(self, action, key):
        raise PlatformError(self.config.token)

    create_account = remove_account = perform


class Leaky(Plugin):
    """Says its keys wherever it can."""

    provider = LeakyProvider
    platform = LeakyPlatform
    settings = Settings

    @property
    def mine(self):
        told = self.settings_for()
        runtime = "sk-Canary-" + "runtime-63ff90"
        return f"{told.from_keyring} {told.from_variable} {runtime}"

    async def start(self):
        self.host.keep_secret("sk-Canary-" + "runtime-63ff90")
        log.info("started with " + self.mine, api_key=self.mine, deep={"list": [self.mine]})

    async def checks(self):
        return [Check("leaky", "warn", self.mine, self.mine)]

    @hookimpl
    async def on_message(self, message):
        log.error("saw it", text=self.mine)
        if "raise" in message.text:
            raise ValueError(self.mine)
        if "thread" in message.text:
            thread = threading.Thread(target=self.broken)
            thread.start()
            await asyncio.to_thread(thread.join)
        if "task" in message.text:
            asyncio.get_running_loop().create_task(self.raising())

    def broken(self):
        raise RuntimeError(self.mine)

    async def raising(self):
        raise RuntimeError(self.mine)

    @hookimpl
    async def should_reply(self, message, persona):
        return Vote(NO, self.mine)

    @command
    async def leak(self, call: Call, how: str) -> str:
        """Leak.

        how: in which way
        """
        if how == "command":
            raise CommandError(self.mine, remedy=self.mine)
        if how == "job":
            await self.host.jobs.run(self.work)
        if how == "web":
            await self.host.web.get(f"http://127.0.0.1:1/?key={self.mine}")
        raise KeyError(self.mine)

    @job
    async def work(self) -> None:
        raise RuntimeError(self.mine)

    async def export_person(self, person):
        raise RuntimeError(self.mine)

    async def stop(self):
        raise RuntimeError(self.mine)
'''

TOML = f"""
[host]
data = "data"
log_level = "debug"
[providers.leaky]
key = "env:LEAKY_KEY"
other = "env:LEAKY_OTHER"
[platforms.leaky]
literal = "{CANARIES["literal"]}"
[plugins.leaky]
from_keyring = "keyring:leaky"
[plugins.not_installed]
api_key = "{CANARIES["stranger"]}"
[personas.TheButler]
prompt = "You are TheButler."
model = ["leaky:model"]
"""

BACKEND = f"""
from keyring.backend import KeyringBackend


class Canary(KeyringBackend):
    priority = 0.5

    def get_password(self, service, username):
        return {CANARIES["keyring"]!r} if username == "leaky" else None

    set_password = delete_password = None
"""

SAID = (
    "hello misconfigured", "hello unavailable", "hello zero", "please raise", "a thread", "a task",
    "/leak command", "/leak job", "/leak web", "/leak other", "hello misconfigured", "/why",
)  # fmt: skip


class Seen:
    """Everything that was printed and written."""

    def __init__(self) -> None:
        self.pieces: list[tuple[str, bytes]] = []

    def printed(self, what: str, raw: bytes) -> None:
        self.pieces.append((what, raw))

    def files(self, folder: Path, without: set[Path]) -> None:
        for path in sorted(folder.rglob("*")):
            if path.is_file() and path not in without:
                for name, raw in _unpacked(str(path.relative_to(folder)), path.read_bytes()):
                    self.pieces.append((name, raw))

    def leaks(self) -> list[str]:
        found = []
        for what, raw in self.pieces:
            for name, canary in CANARIES.items():
                found += [f"{name} ({form}) in {what}" for form, coded in _forms(canary) if coded in raw]
        return found


def _unpacked(name: str, raw: bytes) -> Iterator[tuple[str, bytes]]:
    """A file, and what is packed inside of it."""
    yield name, raw
    if raw[:2] == b"\x1f\x8b":
        yield from _unpacked(f"{name}!", gzip.decompress(raw))
    elif raw[:2] == b"PK":
        with zipfile.ZipFile(io.BytesIO(raw)) as archive:
            for inner in archive.namelist():
                yield from _unpacked(f"{name}!{inner}", archive.read(inner))
    elif raw[257:262] == b"ustar":
        with tarfile.open(fileobj=io.BytesIO(raw)) as archive:
            for member in archive.getmembers():
                if (file := archive.extractfile(member)) is not None:
                    yield from _unpacked(f"{name}!{member.name}", file.read())


def _forms(canary: str) -> Iterator[tuple[str, bytes]]:
    raw = canary.encode()
    yield "plain", raw
    yield "json", json.dumps(canary)[1:-1].encode()
    yield "quoted", quote(canary, safe="").encode()
    yield "form", quote_plus(canary).encode()
    yield "repr", repr(canary)[1:-1].encode()
    yield "hex", raw.hex().encode()
    for shift in range(3):
        coded = base64.b64encode(b"\0" * shift + raw)
        yield f"base64+{shift}", coded[(0, 2, 3)[shift] : (shift + len(raw)) * 8 // 6]


@pytest.fixture
def folder(place: Any, backend: Any, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A place with every canary in it, and the plugin installed for its processes."""
    package = tmp_path_factory.mktemp("plugin")
    (package / "butler_leaky.py").write_text(PLUGIN)
    (package / "canary_keyring.py").write_text(BACKEND)
    info = package / "butler_leaky-1.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: butler-leaky\nVersion: 1\n")
    (info / "entry_points.txt").write_text("[butler]\nleaky = butler_leaky:Leaky\n")
    place.folder.joinpath("butler.toml").write_text(TOML)
    quoted = CANARIES["file_override"]
    place.folder.joinpath(".env").write_text(
        f"LEAKY_OTHER='{CANARIES['dotenv']}'\nBUTLER_PLUGINS__LEAKY__FROM_VARIABLE='{quoted}'\n"
    )
    place.environment |= {"PYTHONPATH": str(package), "PYTHON_KEYRING_BACKEND": "canary_keyring.Canary"}
    place.variables |= {
        "LEAKY_KEY": CANARIES["environment"],
        "BUTLER_PLATFORMS__LEAKY__TOKEN": CANARIES["override"],
    }
    backend.held["butler", "leaky"] = CANARIES["keyring"]
    monkeypatch.syspath_prepend(package)
    found: Path = place.folder
    return found


def ran(place: Any, seen: Seen, *arguments: str, said: str = "") -> subprocess.CompletedProcess[str]:
    done: subprocess.CompletedProcess[str] = place.butler(*arguments, said=said)
    seen.printed(f"butler {' '.join(arguments)}", f"{done.stdout}\n{done.stderr}".encode())
    return done


def answer(socket: Path, verb: str, args: dict[str, Any]) -> bytes:
    """What a running host answers, or the error."""
    try:
        return json.dumps(ask(socket, verb, args)).encode()
    except ButlerError as error:
        return str(error).encode()


def kept_apart(folder: Path) -> set[Path]:
    """Where keys belong."""
    return {folder / ".env", folder / "butler.toml"}


def test_no_key_is_written_or_printed_by_a_host_whose_plugin_says_its_keys_everywhere(place: Any, folder: Path) -> None:
    seen = Seen()
    process = place.start()
    for line in SAID:
        process.stdin.write(line.encode() + b"\n")
    process.stdin.flush()
    socket = folder / "data" / "control.sock"
    place.until(lambda: b"a job failed" in (folder / "data" / "logs" / "butler.log").read_bytes())
    for verb in ("status", "plugins.list", "personas.list", "doctor", "config.changes", "keys.renew"):
        seen.printed(f"control {verb}", answer(socket, verb, {}))
    for verb, args in (("plugins.enable", {"name": "nobody"}), ("export", {"person": "console:you"})):
        seen.printed(f"control {verb}", answer(socket, verb, args))
    for command in ("doctor", "backup running.butler", "keys list", "why last"):
        ran(place, seen, *command.split())
    ran(place, seen, "keys", "set", "LEAKY_KEY", said=CANARIES["later"])
    process.send_signal(signal.SIGKILL)
    seen.printed("run", b"".join(process.communicate()))
    place.variables["LEAKY_KEY"] = CANARIES["later"]
    ran(place, seen, "run", said="hello zero\nplease raise\n/leak command\n")
    for command in (
        "doctor", "doctor --json", "config show", "config show --sources", "config show --json", "config export",
        "why last", "why last --json", "logs", "plugins list", "plugins list --json", "plugins check", "personas list",
        "personas show TheButler", "export console:you", "keys list --json", "backup stopped.butler", "usage",
        "plugins disable leaky", "plugins enable leaky", "config schema", "forget -y console:you",
    ):  # fmt: skip
        done = ran(place, seen, *command.split())
        assert "Traceback" not in done.stdout + done.stderr, command
    assert ran(place, seen, "config", "export").returncode == 0
    seen.files(folder, kept_apart(folder))
    log = (folder / "data" / "logs" / "butler.log").read_bytes()
    assert log.count(b"***") > 20  # it did say them
    for happened in (b"plugin failed", b"a thread failed", b"a job failed", b"was never retrieved", b"connecting"):
        assert happened in log
    assert not seen.leaks(), "\n".join(seen.leaks())


BROKEN = {
    "no TOML": '[providers.leaky]\nkey = "CANARY\n',
    "a table": '[providers]\ntoken = "CANARY"\n',
    "a section": 'password = "CANARY"\n[host]\n',
    "a wrong type": '[host]\ntrace_days = "CANARY"\napi_key = "CANARY"\n',
    "an address": '[host]\ndatabase = "postgresql://me:CANARY@127.0.0.1:1/x"\n',
    "a half address": '[host]\ndatabase = "postgresql://me:CANARY/x@127.0.0.1:port/x"\n',
    "a wrong address": '[host]\ndatabase = "mysql://me:CANARY@127.0.0.1:1/x"\n',
    "a wrong key": '[providers.leaky]\nkeyy = "CANARY"\nkey = ["CANARY"]\n[plugins.leaky]\nfrom_keyring = 7\n',
    "a guild": '[guilds."discord:1".plugins.leaky]\nfrom_keyring = "CANARY"\ntoken = "CANARY"\n',
}


@pytest.mark.parametrize("text", BROKEN.values(), ids=BROKEN)
def test_no_key_is_told_by_a_configuration_that_is_wrong(
    place: Any, folder: Path, text: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = Seen()
    (folder / "butler.toml").write_text(text.replace("CANARY", CANARIES["literal"]))
    monkeypatch.setattr(desk, "REACHING", 0.3)
    commands = ["config show --sources", "config export", "keys list", "plugins check"]
    for command in commands if "postgresql" in text else ["run", "doctor", *commands]:
        ran(place, seen, *command.split(), said="hello\n")
    seen.files(folder, kept_apart(folder))
    assert not seen.leaks(), "\n".join(seen.leaks())


def test_a_backup_of_a_folder_that_holds_the_secrets_leaves_them_out(place: Any, folder: Path) -> None:
    """``data = "."``: everything lies in one place."""
    seen = Seen()
    (folder / "butler.toml").write_text(TOML.replace('data = "data"', 'data = "."'))
    ran(place, seen, "run", said="hello\n")
    (folder / "sub").mkdir()
    (folder / "sub" / ".env.old").write_text(CANARIES["dotenv"])
    assert ran(place, seen, "backup", "all.butler").returncode == 0
    seen.files(folder, {*kept_apart(folder), folder / "sub" / ".env.old"})
    assert not seen.leaks(), "\n".join(seen.leaks())
    with tarfile.open(folder / "all.butler") as archive:
        names = archive.getnames()
    assert "store.zip" in names
    assert not [name for name in names if ".env" in name or name == "butler.toml"]


def test_no_key_gets_into_a_child_process_or_the_environment(place: Any, folder: Path) -> None:
    """What stands in .env, in the file and in the keyring stays out of the process's own environment."""
    process = place.start()
    environment = Path(f"/proc/{process.pid}/environ").read_bytes()
    for name in ("dotenv", "file_override", "keyring", "literal", "stranger"):
        assert CANARIES[name].encode() not in environment
    assert os.environ.get("LEAKY_OTHER") is None

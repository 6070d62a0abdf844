"""A Synapse of its own: made, started, stopped, killed, removed. Part of :mod:`butler_luna_matrix.testing`."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import urllib.error
import urllib.request
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import attrs

from butler_luna_matrix.registration import Registration, write
from butler_luna_matrix.testing.person import Person

_FREE = {"per_second": 100000, "burst_count": 100000}
_LIMITS = {
    **dict.fromkeys(
        ("rc_message", "rc_registration", "rc_joins_per_room", "rc_admin_redaction", "rc_room_creation",
         "rc_3pid_validation", "rc_media_create", "rc_reports", "rc_user_directory"), _FREE),
    "rc_login": dict.fromkeys(("address", "account", "failed_attempts"), _FREE),
    "rc_joins": dict.fromkeys(("local", "remote"), _FREE),
    "rc_invites": dict.fromkeys(("per_room", "per_user", "per_issuer"), _FREE),
}  # fmt: skip


SERVICES = 40
"""So many application services a homeserver knows from its start."""


@attrs.frozen
class Service:
    """An application service that the homeserver knows: its registration file and what the settings are set to."""

    file: Path
    user: str
    namespace: str
    listen: str


class Synapse:
    """A Synapse of its own on loopback, its data in memory where the machine has ``/dev/shm``.

    ``start``, ``stop`` (as an administrator would) and ``kill`` (as a power cut would) may be repeated: address and
    data stay. ``close`` ends it and removes the data.
    """

    def __init__(self, server_name: str = "butler.test", *, sender: str = "") -> None:
        """``sender``: the user name of the one application service that it knows; else there are many without names."""
        memory = Path("/dev/shm")  # noqa: S108 - a folder of our own is made in it
        self.folder = Path(tempfile.mkdtemp(prefix="butler-synapse-", dir=memory if memory.is_dir() else None))
        self.server_name = server_name
        self.port = _free_port()
        self.secret = secrets.token_hex(16)
        self._process: subprocess.Popen[bytes] | None = None
        names = [(sender, "luna_")] if sender else [(f"butler-as{n}", f"as{n}_") for n in range(SERVICES)]
        self._services = [self._registered(*each) for each in names]
        self._configure()

    @property
    def address(self) -> str:
        """What ``[platforms.matrix] homeserver`` is set to."""
        return f"http://127.0.0.1:{self.port}"

    def user_id(self, name: str) -> str:
        """``@name:server``."""
        return f"@{name}:{self.server_name}"

    def start(self, within: float = 60.0) -> None:
        """Start it and return when it answers. Raises ``RuntimeError`` with its last lines when it does not."""
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as ready:
            ready.bind(str(self.folder / "ready"))
            ready.settimeout(0.25)
            command = [sys.executable, "-m", "synapse.app.homeserver", "--config-path", str(self.folder / "conf.yaml")]
            with (self.folder / "output").open("ab") as output:
                self._process = subprocess.Popen(  # noqa: S603 - our own command
                    command,
                    cwd=self.folder,
                    stdout=output,
                    stderr=output,
                    stdin=subprocess.DEVNULL,
                    env={**os.environ, "NOTIFY_SOCKET": str(self.folder / "ready"), "SYNAPSE_CACHE_FACTOR": "0.5"},
                )
            try:
                self._await_ready(ready, rounds=int(within * 4))
            finally:
                (self.folder / "ready").unlink()

    def _await_ready(self, ready: socket.socket, rounds: int) -> None:
        """Synapse tells service managers when it takes requests; here we are the service manager."""
        for _ in range(rounds):
            if self._process is None or self._process.poll() is not None:
                break
            try:
                if b"READY=1" in ready.recv(4096):
                    return
            except TimeoutError:
                continue
        self.kill()
        raise RuntimeError("Synapse did not start:\n" + (self.folder / "output").read_text("utf-8")[-3000:])

    def stop(self) -> None:
        """End it in an orderly way; data and address stay."""
        self._end(signal.SIGTERM)

    def kill(self) -> None:
        """End it without warning; data and address stay."""
        self._end(signal.SIGKILL)

    def _end(self, how: signal.Signals) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        process.send_signal(how)
        try:
            process.wait(15)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def close(self) -> None:
        """End it and remove everything that it kept."""
        self.kill()
        shutil.rmtree(self.folder, ignore_errors=True)

    def __enter__(self) -> Self:
        try:
            self.start()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def register(self, name: str, password: str = "", *, admin: bool = False) -> str:
        """Make an account (password: ``NAME-password`` unless given); returns its id. One that exists is kept."""
        password = password or f"{name}-password"
        nonce = self._admin("/_synapse/admin/v1/register")["nonce"]
        mac = hmac.new(self.secret.encode(), digestmod=hashlib.sha1)
        mac.update("\0".join((nonce, name, password, "admin" if admin else "notadmin")).encode())
        account = {"nonce": nonce, "username": name, "password": password, "admin": admin, "mac": mac.hexdigest()}
        self._admin("/_synapse/admin/v1/register", account)
        return self.user_id(name)

    def person(self, name: str, *, admin: bool = False) -> Person:
        """Somebody new who talks here: ``async with server.person("ann") as ann``."""
        self.register(name, admin=admin)
        return Person(self.address, self.user_id(name), f"{name}-password")

    def _admin(self, path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.address + path, data, {"Content-Type": "application/json"})  # noqa: S310
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310 - loopback
                found: dict[str, Any] = json.load(answer)
        except urllib.error.HTTPError as error:
            found = json.load(error)
            if found.get("errcode") != "M_USER_IN_USE":
                raise RuntimeError(f"Synapse refuses {path}: {found}") from None
        return found

    def service(self) -> Service:
        """An application service that nobody used yet; there are :data:`SERVICES`."""
        return self._services.pop()

    def _registered(self, sender: str, prefix: str) -> Service:
        listen = f"127.0.0.1:{_free_port()}"
        registration = Registration.new(self.user_id(sender), prefix, listen)
        path = self.folder / f"{sender}.yaml"
        write(path, attrs.evolve(registration, id=sender))
        return Service(path, self.user_id(sender), prefix, listen)

    def _configure(self) -> None:
        key = base64.b64encode(secrets.token_bytes(32)).decode().rstrip("=")
        (self.folder / "signing.key").write_text(f"ed25519 a_test {key}\n")
        handler = {"class": "logging.StreamHandler", "level": "ERROR"}
        logs = {"version": 1, "handlers": {"console": handler}, "root": {"handlers": ["console"], "level": "ERROR"}}
        (self.folder / "log.yaml").write_text(json.dumps(logs))
        # YAML takes JSON
        (self.folder / "conf.yaml").write_text(json.dumps(self._settings()))

    def _settings(self) -> dict[str, Any]:
        listener = {
            "port": self.port,
            "type": "http",
            "bind_addresses": ["127.0.0.1"],
            "resources": [{"names": ["client", "media"]}],
        }
        return {
            "server_name": self.server_name,
            "listeners": [listener],
            "database": {"name": "sqlite3", "args": {"database": str(self.folder / "homeserver.db")}},
            "signing_key_path": str(self.folder / "signing.key"),
            "log_config": str(self.folder / "log.yaml"),
            "media_store_path": str(self.folder / "media"),
            "registration_shared_secret": self.secret,
            "macaroon_secret_key": secrets.token_hex(16),
            "form_secret": secrets.token_hex(16),
            "report_stats": False,
            "app_service_config_files": [str(service.file) for service in self._services],
            "bcrypt_rounds": 4,
            "presence": {"enabled": False},
            "user_directory": {"enabled": False},
            "trusted_key_servers": [],
            "suppress_key_server_warning": True,
            "filter_timeline_limit": -1,
            "federation_domain_whitelist": [],
            **_LIMITS,
        }


def _free_port() -> int:
    """One below those that the machine gives to connections that go out: it stays free until it is listened at."""
    while True:
        port = 12_000 + secrets.randbelow(18_000)
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port

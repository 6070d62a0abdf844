"""``butler matrix try``: a homeserver on this machine for as long as it lasts, with Luna in a room, and a prompt."""

from __future__ import annotations

import asyncio
import importlib.util
import json
import secrets
import subprocess
import sys
from pathlib import Path

import click
from butler import PlatformError

from butler_luna_matrix.admin import FILE, log_in
from butler_luna_matrix.settings import Settings
from butler_luna_matrix.testing.synapse import Service, Synapse

SERVER = "localhost"
CONFIG = """
[host]
data = {data}
persona = "Luna"
operators = ["matrix:@ann:localhost"]

[platforms.matrix]
homeserver = {address}
user = "@luna:localhost"
accounts = "service"
listen = {listen}
registration = {file}
accept_invites = "any"
disposable = ["localhost"]

[personas.Luna]
handles = ["lunabot"]
prompt = "You are Luna, who looks after this server and knows everybody on it. You answer in one or two sentences."
greeting = "Good evening."
examples = [
    ["are you there", "Always. The moon only looks away."],
    ["who are you", "I am Luna. I bring others to life here, and see them off again."],
]
"""
FIRST = """
create_channel Hall
add_participant Hall ann --join
spawn Ada --room Hall --card teacher
list_participants Hall
talk ann Hall Luna, are you there?
talk ann Hall Ada, explain photosynthesis
"""


def run() -> int:
    """Until the prompt is left; everything is removed then. Raises ``PlatformError`` where Synapse is missing."""
    if importlib.util.find_spec("synapse") is None:
        raise PlatformError("there is no Synapse on this machine", remedy="pip install matrix-synapse")
    click.echo("starting a homeserver ...")
    with Synapse(SERVER, sender="luna") as server:
        password = secrets.token_urlsafe(9)
        server.register("ann", password)
        file = _configured(server, server.service())
        butler = [sys.executable, "-m", "butler", "console", "--config", str(file)]
        click.echo(
            f"it answers at {server.address}; with any Matrix client you are @ann:localhost, password {password}"
        )
        begun = subprocess.run(butler, input=FIRST, text=True, check=False).returncode  # noqa: S603 - our own command
        if begun or not sys.stdin.isatty():
            return begun
        click.echo("\nYour turn: help lists the commands, exit ends it all. For example:")
        click.echo("  talk ann Hall Luna, who are you?")
        click.echo("  spawn Scout --room Hall You are a scout who answers in one sentence.\n")
        return subprocess.run(butler, check=False).returncode  # noqa: S603 - our own command


def _configured(server: Synapse, service: Service) -> Path:
    """butler.toml and the administrator's login, beside the homeserver's own files."""
    data = server.folder / "butler"
    values = {"data": data, "address": server.address, "listen": service.listen, "file": service.file}
    text = CONFIG.format(**{key: json.dumps(str(value)) for key, value in values.items()})
    file = server.folder / "butler.toml"
    file.write_text(text, encoding="utf-8")
    password = secrets.token_urlsafe(24)
    admin = server.register("admin", password, admin=True)
    asyncio.run(log_in(Settings(server.address, service.user), admin, password, data / "luna_matrix" / FILE))
    return file

"""``butler matrix``: what is done with Matrix on the command line."""

from __future__ import annotations

from pathlib import Path

import click
from butler import Desk, PlatformError

from butler_luna_matrix.registration import Registration, write
from butler_luna_matrix.settings import Settings


@click.group()
def command() -> None:
    """Personas on Matrix: the registration of the application service, spawn and despawn."""


@command.command()
@click.option("--force", is_flag=True, help="Make it anew, with other tokens.")
@click.pass_obj
def registration(desk: Desk, force: bool) -> None:
    """Write the registration file by which a homeserver knows this host as an application service.

    Name it in the homeserver's app_service_config_files, and restart the homeserver.
    """
    settings = desk.section("platforms.matrix", Settings)
    if not settings.user.startswith("@") or ":" not in settings.user:
        raise PlatformError(
            "there is no full user id to register", remedy='set user = "@butler:…" under [platforms.matrix]'
        )
    path = desk.folder("luna_matrix") / settings.registration
    if force:
        path.unlink(missing_ok=True)
    try:
        write(path, Registration.new(settings.user, settings.namespace, settings.listen))
    except FileExistsError:
        raise PlatformError(
            f"{path} is there already", remedy="use it, or make it anew with --force (the homeserver needs a restart)"
        ) from None
    click.echo(_next(path, settings))


def _next(path: Path, settings: Settings) -> str:
    lines = [
        f"{path} is written. Now:",
        "1. in the homeserver's configuration (homeserver.yaml):",
        "       app_service_config_files:",
        f"         - {path}",
        "2. restart the homeserver",
    ]
    if settings.accounts != "service":
        lines.append('3. under [platforms.matrix] in butler.toml: accounts = "service"')
    return "\n".join(lines)

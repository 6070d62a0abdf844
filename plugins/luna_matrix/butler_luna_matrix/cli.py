"""``butler matrix``: what is done with Matrix on the command line."""

from __future__ import annotations

import asyncio
from pathlib import Path

import click
from butler import Desk, PlatformError

from butler_luna_matrix.registration import Registration, registration_file, write
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
    path = registration_file(desk.folder("luna_matrix"), settings)
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


@command.command("try")
def try_it() -> None:
    """Try all of it on this machine: a homeserver that lives as long as this does, a room with Luna, a prompt."""
    from butler_luna_matrix.trial import run  # noqa: PLC0415 - starts a homeserver

    raise SystemExit(run())


@command.command()
@click.argument("user")
@click.option("--password", default="", help="env:NAME; left out, it is asked for.")
@click.pass_obj
def admin(desk: Desk, user: str, password: str) -> None:
    """Log in as USER, an administrator of the homeserver, and keep the token for the console's commands.

    The token is kept like the host's own login: readable by you alone. The password is not kept.
    """
    from butler_luna_matrix.admin import FILE, log_in  # noqa: PLC0415 - nio takes half a second to import
    from butler_luna_matrix.users_console import secret_of  # noqa: PLC0415

    settings = desk.section("platforms.matrix", Settings)
    secret = secret_of(password) or click.prompt(f"password of {user}", hide_input=True)
    path = desk.folder("luna_matrix") / FILE
    asyncio.run(log_in(settings, user, secret, path))
    click.echo(f"{user} administers {settings.homeserver}; the token is in {path}")


@command.command()
@click.argument("name", default="")
@click.argument("prompt", nargs=-1)
@click.option("--room", default="", help="The room's id or alias (default: a new one).")
@click.option("--card", default="", help="A card that ships (teacher, math, story, lore) or a TOML file.")
@click.option("--traits", default="", help="Numbers from 0 to 1: openness=0.8,patience=1.")
@click.option("--invite", default="", help="Who is asked to the new room.")
@click.option("--repair", is_flag=True, help="End what an interrupted spawn or despawn left.")
@click.pass_obj
def spawn(
    desk: Desk, name: str, prompt: tuple[str, ...], room: str, card: str, traits: str, invite: str, repair: bool
) -> None:
    """Bring a persona to life: NAME, and PROMPT says who it is."""
    card = str(Path(card).resolve()) if card and Path(card).is_file() else card
    given = {"room": room, "card": card, "traits": traits, "invite": invite}
    options = [f"--{key} {_quoted(value)}" for key, value in given.items() if value]
    words = ["spawn", *([_quoted(name)] if name else []), *options, *(["--repair"] if repair else []), *prompt]
    click.echo(desk.console(" ".join(words)))


@command.command()
@click.argument("name")
@click.pass_obj
def despawn(desk: Desk, name: str) -> None:
    """Have a persona leave for good; its account is deactivated."""
    click.echo(desk.console(f"despawn {_quoted(name)}"))


def _quoted(text: str) -> str:
    escaped = text.replace('"', '\\"')
    return f'"{escaped}"'

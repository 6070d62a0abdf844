"""Logging in once, and coming back with the same device ever after (LUNA-1)."""

from __future__ import annotations

import asyncio
import json
import os
from pathlib import Path

import nio
import structlog
from attrs import asdict, field, frozen
from butler import Lost, NotReady, PlatformError

from butler_luna_matrix.connection import Connection, TokenRejected
from butler_luna_matrix.settings import Settings

log = structlog.get_logger("butler.luna_matrix")


@frozen
class Session:
    """A login that the homeserver knows. The device stays the same, so that transaction ids keep their meaning."""

    homeserver: str
    user: str
    device: str
    token: str = field(repr=False)


def load(path: Path) -> Session | None:
    """The kept session, or ``None`` where there is none that can be read."""
    try:
        return Session(**json.loads(path.read_text("utf-8")))
    except (FileNotFoundError, ValueError, TypeError):
        return None


def keep(path: Path, session: Session) -> None:
    """Keep a session so that only this user of the machine can read it, whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(path.name + ".new")
    draft.unlink(missing_ok=True)
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        json.dump(asdict(session), file)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)


async def log_in(connection: Connection, settings: Settings, path: Path) -> None:
    """Take up the kept session, or make one with the password.

    Raises ``NotReady`` when the homeserver does not answer, ``PlatformError`` when it lets nobody in.
    """
    kept = await asyncio.to_thread(load, path)
    if kept is not None and (kept.homeserver, kept.user) == (settings.homeserver, settings.user):
        connection.restore_login(kept.user, kept.device, kept.token)
        connection.device_id = kept.device
        try:
            await connection.ask("GET", "account", "whoami")
        except TokenRejected:
            log.warning("access token rejected, logging in again", user=settings.user)
        else:
            return
    await renew(connection, settings, path)


async def renew(connection: Connection, settings: Settings, path: Path) -> None:
    """Log in with the password, as the same device as before. Raises as :func:`log_in`."""
    if not settings.password:
        raise PlatformError(
            f"no valid access token for {settings.user} and no password",
            remedy="set [platforms.matrix] password, as env:NAME, and start again",
        )
    try:
        answer = await connection.login(settings.password, device_name=settings.device_name)
    except (NotReady, Lost):
        raise
    except PlatformError as error:
        raise PlatformError(
            f"{settings.homeserver} does not let {settings.user} in: {error}",
            remedy="check [platforms.matrix] user and password",
        ) from None
    if not isinstance(answer, nio.LoginResponse):
        raise PlatformError(
            f"{settings.homeserver} answered the login with something else",
            remedy="check that [platforms.matrix] homeserver is a Matrix homeserver",
        )
    session = Session(settings.homeserver, settings.user, answer.device_id, answer.access_token)
    await asyncio.to_thread(keep, path, session)
    log.info("logged in", user=settings.user, device=answer.device_id)

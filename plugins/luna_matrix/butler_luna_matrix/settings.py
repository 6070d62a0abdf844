"""The section ``[platforms.matrix]``: where to connect, as whom, and whose invitations to follow."""

from __future__ import annotations

from typing import Literal

from attrs import frozen
from butler import secret


@frozen
class Settings:
    """What ``[platforms.matrix]`` may hold. Durations are seconds."""

    homeserver: str = ""
    """The address of the homeserver, ``https://matrix.example.org``."""
    user: str = ""
    """The full id of the bot's account, ``@butler:example.org``."""
    password: str = secret()
    """Needed for the first login, and again when the kept access token is rejected."""
    accounts: Literal["one", "service", "each"] = "one"
    """How personas are users: all through one account (``one``), by an application service that owns a whole
    namespace of users (``service``), or each with a login and a client of its own (``each``).
    """
    namespace: str = "luna_"
    """What the user names of personas begin with."""
    registration: str = "registration.yaml"
    """``service``: the registration file, below the plugin's data folder."""
    listen: str = "127.0.0.1:9009"
    """``service``: where the homeserver reaches the host."""
    admin_token: str = secret()
    """An access token of a server administrator, where ``user`` is none: for accounts (``each``) and the console."""
    disposable: tuple[str, ...] = ()
    """Server names that `purge_and_seed` may empty."""
    device_name: str = "butler"
    """How the login shows in the account's list of devices."""
    token_file: str = "matrix.json"  # noqa: S105 - the file's name
    """Where access token and device id are kept (mode 0600), below the plugin's data folder."""
    accept_invites: Literal["allowlist", "ask", "any"] | None = None
    """Whom to follow into a room: those in ``invites_from``, the same and ask about others, or anybody.

    Left out: as ``[host]`` says, whose ``allow`` counts as well.
    """
    invites_from: tuple[str, ...] = ()
    """User ids (``@ann:example.org``) and server names (``example.org``); ``*`` stands for anything."""
    owners: tuple[str, ...] = ()
    """User ids that rank as owner everywhere, DMs included."""
    bots: tuple[str, ...] = ()
    """User ids that are machines, ``*`` stands for anything (``@bridge_*:example.org``)."""
    notices: bool = True
    """What no persona says (the host's own voice, mentioning nobody) is a notice, which other bots do not answer."""
    read_receipts: bool = True
    """Mark as read what was taken in."""
    timeline_limit: int = 100
    """How many events of a room one sync brings; what is beyond is paged."""
    request_timeout: float = 30.0
    """How long one request may take."""
    poll_timeout: float = 25.0
    """How long the homeserver may hold a sync when nothing happens."""

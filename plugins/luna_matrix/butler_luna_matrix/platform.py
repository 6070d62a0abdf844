"""Matrix as the host sees it: what comes in, what goes out, whether it works (PLAT-1, 2, 3)."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, ClassVar

import structlog
from butler import (
    Action,
    Channel,
    Check,
    Message,
    NotReady,
    Person,
    Persona,
    Platform,
    PlatformError,
    PollResult,
    Receive,
    Scope,
    Sent,
    Unsupported,
)

from butler_luna_matrix import polling
from butler_luna_matrix.homes import account_of
from butler_luna_matrix.ids import native, ours, room_and_root
from butler_luna_matrix.settings import Settings

if TYPE_CHECKING:
    from butler_luna_matrix.account import Account

log = structlog.get_logger("butler.luna_matrix")

ACTIONS = frozenset({
    "send", "edit", "delete", "react", "unreact", "typing", "read", "pin", "unpin", "kick", "ban", "unban", "invite",
    "create_room", "dm", "join", "leave", "topic", "rename", "nickname",
    "file", "picture", "reply", "thread", "history", "members", "poll", "end_poll",
})  # fmt: skip
"""What ``can`` says yes to; how each is done stands in :mod:`butler_luna_matrix.actions`."""

CLOSE_WITHIN = 2.0
"""Seconds for letting go of the homeserver."""


class Matrix(Platform):
    """One homeserver: one account, one for each persona, or an application service; see ``accounts``."""

    name: ClassVar[str] = "matrix"
    settings: ClassVar[type] = Settings
    command_prefix: ClassVar[str] = "!"
    dedupe_window: ClassVar[float] = 24 * 3600.0
    text_limit: ClassVar[int] = 15_000
    """An event holds 64 KiB: so many characters fit whatever they are (four bytes each, or two when quoted)."""

    def __init__(self, host: Any, config: Settings) -> None:
        super().__init__(host, config)
        self._scope: Scope | None = None
        self._account: Account | None = None

    async def start(self, receive: Receive) -> None:
        """Log in, find where to go on, and listen. Raises ``NotReady`` or ``PlatformError``, with nothing left open."""
        config: Settings = self.config
        if not config.homeserver or not config.user.startswith("@") or ":" not in config.user:
            raise PlatformError(
                "matrix has no homeserver or no full user id",
                remedy='set homeserver = "https://…" and user = "@butler:…" under [platforms.matrix]',
            )
        self.account = ours(config.user)
        scope = Scope("matrix", grace=CLOSE_WITHIN)
        try:
            account = await self._way(receive, scope)
            await account.begin()
        except BaseException:
            await scope.close()
            raise
        self._scope, self._account = scope, account

    async def _way(self, receive: Receive, scope: Scope) -> Account:
        """The way of being there that the settings name. nio takes half a second to import: not before it is needed."""
        config: Settings = self.config
        if config.accounts == "service":
            from butler_luna_matrix.registration import load, registration_file  # noqa: PLC0415
            from butler_luna_matrix.service import Service  # noqa: PLC0415

            registration = await asyncio.to_thread(load, registration_file(self.host.data, config))
            return Service(self.host, config, receive, scope, registration)
        from butler_luna_matrix.each import Each  # noqa: PLC0415
        from butler_luna_matrix.single import Single  # noqa: PLC0415

        return (Each if config.accounts == "each" else Single)(self.host, config, receive, scope)

    async def stop(self) -> None:
        """Stop listening and let go of the connection."""
        scope, self._scope, self._account = self._scope, None, None
        if scope is not None and (left := await scope.close()):
            log.warning("matrix left something open", left=left)

    def can(self, action: str, channel: Channel | None = None) -> bool:
        """Whether an action can be done (there): nothing is said into an encrypted room."""
        if self._account is None:
            return action in ACTIONS
        room = self._account.rooms.known(room_and_root(channel.id)[0]) if channel is not None else None
        encrypted = room is not None and room.encrypted  # who voted for what is not to be counted there
        sealed = encrypted and not self._account.main.encrypts
        return action in ACTIONS and not ((sealed and action in {"send", "edit"}) or (encrypted and action == "poll"))

    def takes_part(self, persona: Persona, channel: Channel) -> bool:
        """Whether the account that a persona speaks through is in a room."""
        user = account_of(persona) or self.config.user
        return self._account is None or self._account.takes_part(user, room_and_root(channel.id)[0])

    async def perform(self, action: Action, key: str) -> Sent:
        """Do it, as the persona whose doing it is; :class:`butler_luna_matrix.actions.Actions` says what each needs."""
        return await self._ready().perform(action, key)

    async def find(self, key: str, channel: str) -> Sent | None:
        """What this login sent with a key, looked for in the channel's last thousand events."""
        return await self._ready().history.find(key, channel)

    async def history(self, channel: str, *, before: str = "", limit: int = 100) -> Sequence[Message]:
        """Older messages of a channel, newest last; ``before`` is a message's id."""
        return await self._ready().history.messages(channel, before=native(before), limit=limit)

    async def pinned(self, channel: str) -> Sequence[str]:
        """Ids of what is pinned in a room."""
        room = await self._ready().rooms.get(room_and_root(channel)[0])
        return [ours(event) for event in room.pinned]

    async def poll(self, channel: str, message: str, *, voters: bool = False) -> PollResult | None:
        """How one of Matrix's own polls stands."""
        line = self._ready().line_in(room_and_root(channel)[0])
        return await polling.result(line, channel, message, voters=voters)

    async def members(self, channel: str) -> Sequence[Person]:
        """Who is in a room."""
        rooms = self._ready().rooms
        place = await rooms.place(room_and_root(channel)[0])
        return [rooms.person(place, user) for user in sorted(place.room.joined)]

    async def create_account(self, persona: Persona) -> str:
        """Personas speak through the host's own account here: there is none to make."""
        raise Unsupported("all personas speak through the account of [platforms.matrix] user")

    async def remove_account(self, persona: Persona) -> None:
        """Personas have no accounts of their own here: there is nothing to take away."""

    async def health(self) -> list[Check]:
        """Whether the homeserver answers, the login holds, and how many rooms there are."""
        if self._account is None:
            return [Check("matrix connection", "fail", "not connected", "see `butler logs`")]
        return await self._account.health()

    @property
    def connected(self) -> Account | None:
        """What acts, while it is connected."""
        return self._account

    def _ready(self) -> Account:
        if self._account is None:
            raise NotReady("matrix is not connected yet")
        return self._account

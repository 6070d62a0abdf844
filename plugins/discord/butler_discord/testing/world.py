"""What the stand-in knows, and how it tells: accounts, guilds, channels, and what happens to them."""

from __future__ import annotations

import asyncio
import datetime as dt
import hmac
import secrets
from collections import deque
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from attrs import frozen
from butler import Clock

from butler_discord.testing.errors import JSON, unknown
from butler_discord.testing.ids import Ids
from butler_discord.testing.state.channels import Channel, Kind
from butler_discord.testing.state.files import Attachment
from butler_discord.testing.state.guilds import Guild
from butler_discord.testing.state.interactions import LIFE, Interaction
from butler_discord.testing.state.invites import Invite
from butler_discord.testing.state.mentions import Ping
from butler_discord.testing.state.messages import Message
from butler_discord.testing.state.users import App, User
from butler_discord.testing.state.webhooks import Webhook

if TYPE_CHECKING:
    from butler_discord.testing.deeds.audit import Entry

KEPT = 100_000
"""So many of what only tests look at are kept."""
LINK_HOLDS = 86_400
"""Seconds for which a link to a file holds."""
NONCE_WINDOW = 180.0
"""For so many seconds a nonce is remembered ("a few minutes")."""


@frozen
class Event:
    """Something that happens, for whoever may know of it."""

    name: str
    data: JSON
    guild: Guild | None = None
    channel: Channel | None = None
    """Only those who see the channel learn of it."""
    message: Message | None = None
    """Its content is kept from those without the intent."""
    only: App | None = None
    """One application alone learns of it."""
    person: int | None = None
    """One person alone learns of it, and no application."""


class World:
    """All that is there. It changes on the event loop only; whoever waits for a change looks again at each."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.ids = Ids(clock)
        self.users: dict[int, User] = {}
        self.apps: dict[int, App] = {}
        self.guilds: dict[int, Guild] = {}
        self.channels: dict[int, Channel] = {}
        """All of them, direct conversations and threads too."""
        self.dms: dict[frozenset[int], Channel] = {}
        self.pings: deque[Ping] = deque(maxlen=KEPT)
        self.typing: deque[tuple[User, Channel]] = deque(maxlen=KEPT)
        self.listeners: list[Callable[[Event], None]] = []
        """Who is told of everything: the gateway, the clients of people."""
        self.files: dict[str, Attachment] = {}
        """By the path under which the CDN has them."""
        self._key = secrets.token_bytes(16)
        self.cdn = ""
        """The CDN's address."""
        self.invites: dict[str, Invite] = {}
        self.webhooks: dict[int, Webhook] = {}
        self.audit: deque[Entry] = deque(maxlen=KEPT)
        self.polls: set[Message] = set()
        """Those that are still open."""
        self.interactions: dict[str, Interaction] = {}
        """By their tokens."""
        self._timed: deque[tuple[float, str]] = deque()
        self._timer: asyncio.TimerHandle | None = None
        self._nonces: dict[tuple[int, str | int], tuple[float, Message]] = {}
        self.threads: set[Channel] = set()
        self.due: list[Callable[[World], None]] = []
        """What looks whether something is due."""
        self._waiting: set[asyncio.Event] = set()

    # --- telling ------------------------------------------------------------------------------------

    def emit(self, name: str, data: JSON, **where: Any) -> None:
        """Tell the listeners (see :class:`Event` for ``where``), and whoever waits for something."""
        event = Event(name, data, **where)
        for listener in tuple(self.listeners):
            listener(event)
        self.touch()

    def touch(self) -> None:
        """Something changed: let those who wait look again."""
        for waiting in self._waiting:
            waiting.set()

    async def until(self, reached: Callable[[], object], within: float = 20.0) -> None:
        """Wait until something holds. Raises ``TimeoutError``."""
        changed = asyncio.Event()
        self._waiting.add(changed)
        try:
            async with asyncio.timeout(within):
                while not reached():
                    await changed.wait()
                    changed.clear()
        finally:
            self._waiting.discard(changed)

    # --- finding ------------------------------------------------------------------------------------

    def user(self, identifier: int) -> User:
        """An account. Raises ``Refused``."""
        if identifier not in self.users:
            raise unknown("User")
        return self.users[identifier]

    def by_token(self, token: str) -> App | None:
        """The application with this token."""
        return next((app for app in self.apps.values() if app.token == token), None)

    def channel(self, identifier: int) -> Channel:
        """A channel. Raises ``Refused``."""
        if identifier not in self.channels:
            raise unknown("Channel")
        return self.channels[identifier]

    def guild(self, identifier: int) -> Guild:
        """A guild. Raises ``Refused``."""
        if identifier not in self.guilds:
            raise unknown("Guild")
        return self.guilds[identifier]

    def dm(self, one: User, other: User) -> Channel:
        """The direct conversation of two accounts, made when there is none."""
        pair = frozenset({one.id, other.id})
        if pair not in self.dms:
            made = Channel(self, self.ids.new(), Kind.DM, recipients={one.id: one, other.id: other})
            self.dms[pair] = self.channels[made.id] = made
        return self.dms[pair]

    def catch_up(self) -> None:
        """Do what is due by now: polls end, threads that are long silent are archived, old things are forgotten."""
        for do in self.due:
            do(self)
        now = self.clock.monotonic()
        while self._timed and now - self._timed[0][0] > LIFE:
            self.interactions.pop(self._timed.popleft()[1], None)
        while self._nonces and now - next(iter(self._nonces.values()))[0] > NONCE_WINDOW:
            del self._nonces[next(iter(self._nonces))]

    def wake_at(self, when: dt.datetime) -> None:
        """Look at that time whether something is due."""
        loop = asyncio.get_running_loop()
        at = loop.time() + max(0.0, (when - self.clock.now()).total_seconds()) + 0.001
        if self._timer is None or at < self._timer.when():
            self.stop()
            self._timer = loop.call_at(at, self._wake)

    def _wake(self) -> None:
        self._timer = None
        self.catch_up()
        ends = [message.poll.ends for message in self.polls if message.poll is not None]
        if ends:
            self.wake_at(min(ends))

    def stop(self) -> None:
        """Let go of the timer."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def ask(self, interaction: Interaction) -> None:
        """Remember an interaction for as long as its token holds."""
        self.interactions[interaction.token] = interaction
        self._timed.append((interaction.made, interaction.token))

    # --- small things that several parts do ------------------------------------------------------------

    def by_nonce(self, author: int, nonce: str | int) -> Message | None:
        """What an account sent with a nonce within the last minutes."""
        at, message = self._nonces.get((author, nonce), (0.0, None))
        return message if message is not None and self.clock.monotonic() - at < NONCE_WINDOW else None

    def remember_nonce(self, author: int, nonce: str | int, message: Message) -> None:
        """Remember with which nonce an account sent something."""
        self._nonces.pop((author, nonce), None)  # the oldest stay in front
        self._nonces[author, nonce] = (self.clock.monotonic(), message)

    def together(self, one: User, other: User) -> bool:
        """Whether two accounts are in a guild together."""
        return any(one.id in guild.members and other.id in guild.members for guild in self.guilds.values())

    def types(self, user: User, channel: Channel) -> None:
        """Somebody types."""
        data: JSON = {
            "channel_id": str(channel.id), "user_id": str(user.id), "timestamp": int(self.clock.now().timestamp())
        }  # fmt: skip
        if channel.guild and user.id in channel.guild.members:
            data |= {"guild_id": str(channel.guild.id), "member": channel.guild.members[user.id].json()}
        self.typing.append((user, channel))
        self.emit("TYPING_START", data, guild=channel.guild, channel=channel)

    def keep_file(self, channel: Channel, name: str, kind: str, data: bytes, told: str | None = None) -> Attachment:
        """Keep a file that was sent, and give it an address."""
        identifier = self.ids.new()
        path = f"/attachments/{channel.id}/{identifier}/{name}"
        self.files[path] = Attachment(identifier, name, kind, data, lambda: self._signed(path), told)
        return self.files[path]

    def _signed(self, path: str) -> str:
        now = int(self.clock.now().timestamp())
        ends = f"ex={now + LINK_HOLDS:x}&is={now:x}"
        return f"{self.cdn}{quote(path)}?{ends}&hm={self._seal(path, ends)}"

    def _seal(self, path: str, ends: str) -> str:
        return hmac.digest(self._key, f"{path}?{ends}".encode(), "sha256").hex()

    def file(self, path: str, query: Mapping[str, str]) -> Attachment | None:
        """A file by a link; nothing if it is gone or the link is over or false."""
        ends = f"ex={query.get('ex', '0')}&is={query.get('is', '0')}"
        true = hmac.compare_digest(self._seal(path, ends).encode(), query.get("hm", "").encode())
        if not true or int(query["ex"], 16) < self.clock.now().timestamp():
            return None
        return self.files.get(path)

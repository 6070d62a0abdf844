"""The console as a platform: one room for one person, whatever screen shows it (PLAT-7).

The platform knows ids, keys and actions; a :class:`Screen` knows how things look. There are two: plain
lines (``console_piped``) and a terminal (``console_tty``).
"""

from __future__ import annotations

import asyncio
import getpass
import secrets
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from itertools import count
from typing import Any, ClassVar, Literal, Protocol

import attrs

from butler.errors import NotReady, Unsupported
from butler.faces.console_keys import KeyFile
from butler.model import Action, Channel, File, Guild, Message, Person, Persona, Rank, Reply, Sent
from butler.platform import Platform, Receive

HOUSE = Guild("console:house", "house")
ROOM = Channel("console:room", HOUSE, "room", members=2)
YOU = "console:you"
HISTORY = "console.history"
"""The file of what was typed, below the data directory."""
OWN_VOICE = "Butler"
"""The name before what the host says in no persona's voice."""

GOODBYES = frozenset({"exit", "terminate", "esc", "-esc", "goodbye", "bye"})
"""Alone on a line they end the conversation."""

OPERATE = "/console"
"""What a command of the operator's console begins with here."""

_MOST_KEYS = 2_000


@attrs.frozen
class ConsoleSettings:
    """The keys of ``[platforms.console]``."""

    name: str = ""
    """What you are called there; empty: as your account on this machine."""


Mark = Callable[[], None]


def no_mark() -> None:
    """For what is not the last of a reply."""


class Screen(Protocol):
    """What shows the conversation. Everything is called on the event loop."""

    async def show(self, name: str, colour: str, text: str, mark: Mark) -> None:
        """Show what somebody said, whole; returns once it is out. Raises ``NotReady`` when nobody reads any more.

        ``mark`` is to be called, on any thread, right before the last of it goes out.
        """
        ...

    async def show_file(self, name: str, file: File, mark: Mark) -> None:
        """Show that somebody sent a file, and where it is kept; else like :meth:`show`."""
        ...

    def thinking(self, name: str, *, on: bool) -> None:
        """Somebody begins or ceases to think."""
        ...

    def growing(self, name: str, text: str) -> None:
        """Somebody is saying this, and more will come; the whole is shown when it is there."""
        ...

    def progress(self, done: int, total: int, text: str) -> None:
        """How far something long is; ``done == total`` ends it, a total of 0 means that nobody knows."""
        ...


class Console(Platform):
    """One person, one room; the rank is owner, because whoever sits here has the host's files anyway."""

    name: ClassVar[str] = "console"
    settings: ClassVar[type] = ConsoleSettings
    command_prefix: ClassVar[str] = "/"
    local: ClassVar[bool] = True
    account = "console:butler"

    def __init__(self, host: Any, config: ConsoleSettings, screen: Screen | None = None) -> None:
        super().__init__(host, config)
        self.screen = screen
        self.main = ""
        """The persona for whom ``/as`` speaks, or to whom; empty: the first there is."""
        self.operate: Callable[[str], Awaitable[str]] | None = None
        """Runs a command of the operator's console: what stands behind ``/console``."""
        self.ready = asyncio.Event()
        """Set once lines can be taken."""
        self.person = Person(YOU, config.name or _account_name(), rank=Rank.OWNER)
        self._run = secrets.token_hex(4)
        self._numbers = count(1)
        self._receive: Receive | None = None
        self._done: OrderedDict[str, Sent] = OrderedDict()
        self._keys = KeyFile(host.data / "console.keys", _MOST_KEYS)

    async def start(self, receive: Receive) -> None:
        """Remember what was shown before a restart, and begin to take lines."""
        for key, identifier in await self._keys.open():
            self._done[key] = Sent(identifier)
        self._receive = receive
        self.ready.set()

    async def stop(self) -> None:
        """Take no more lines."""
        self._receive = None
        self.ready.clear()
        self._keys.close()

    def can(self, action: str, channel: Channel | None = None) -> bool:
        """It shows text (while it grows, too), files, who is thinking, how far something is; nothing is taken back."""
        return action in {"send", "reply", "file", "typing", "progress", "stream"}

    async def say(
        self,
        text: str,
        *,
        author: Person | None = None,
        kind: Literal["message", "nudge"] = "message",
        meant_for: str = "",
    ) -> bool:
        """Hand over a line that was typed. Raises ``NotReady`` before the start and after the stop."""
        if self._receive is None:
            raise NotReady("the console is not connected to the host", remedy="start the host first")
        message = Message(
            self._next_id(), ROOM, author or self.person, text, self.host.clock.now(), kind=kind, meant_for=meant_for
        )
        return await self._receive(message)

    async def take(self, line: str) -> str:
        """Hand over a typed line; returns what to tell whoever typed it (mostly nothing).

        ``/console COMMAND`` runs a command of the operator's console.

        ``/as system TEXT`` speaks to the persona as the system, ``/as assistant TEXT`` puts words into its
        mouth: they stand in the history as its own and are answered by nobody.
        """
        command, _, rest = line.partition(" ")
        if command == OPERATE and self.operate is not None:
            return await self.operate(rest.strip() or "help")
        if command != "/as":
            await self.say(line)
            return ""
        role, _, text = rest.strip().partition(" ")
        persona = self._main()
        if not text.strip() or persona is None or role not in {"system", "assistant"}:
            return "/as system TEXT or /as assistant TEXT, for example: /as system Answer in one sentence from now on."
        if role == "system":
            await self.say(text, author=Person("console:system", "system"), kind="nudge", meant_for=persona.name)
        else:
            author = Person(f"console:{persona.name}", persona.label, bot=True, persona=persona.name)
            await self.say(text, author=author)
        return ""

    def _main(self) -> Persona | None:
        return next((each for each in self.host.personas if self.main in {"", each.name}), None)

    async def perform(self, action: Action, key: str) -> Sent:
        """Show it. The same key is shown once, over restarts as well."""
        if action.kind == "typing":
            self._screen().thinking(self._voice(action.reply), on=bool(action.data.get("on", True)))
            return Sent("")
        if action.kind == "stream":
            self._screen().growing(self._voice(action.reply), action.reply.text if action.reply else "")
            return Sent("")
        if action.kind == "progress":
            data = action.data
            self._screen().progress(int(data.get("done", 0)), int(data.get("total", 0)), str(data.get("text", "")))
            return Sent("")
        if action.kind not in {"send", "reply", "file"} or action.reply is None:
            raise Unsupported(f"the console cannot do {action.kind!r}", remedy="ask `platform.can(…)` before")
        if key not in self._done:
            await self._show(action.reply, key)
        return self._done[key]

    async def find(self, key: str, channel: str) -> Sent | None:
        """What was shown with this key, in this run or an earlier one."""
        return self._done.get(key)

    async def create_account(self, persona: Persona) -> str:
        """All personas share the one terminal; each has an id of its own there."""
        return f"console:{persona.name}"

    async def remove_account(self, persona: Persona) -> None:
        """Nothing is left to take away."""

    async def _show(self, reply: Reply, key: str) -> None:
        sent = Sent(self._next_id(), self.host.clock.now())
        screen, name = self._screen(), self._voice(reply)
        screen.thinking(name, on=False)

        def mark() -> None:
            self._keys.add(key, sent.id)

        try:
            if reply.text or not reply.files:
                await screen.show(name, self._colour(reply), reply.text, no_mark if reply.files else mark)
            for number, file in enumerate(reply.files, 1):
                await screen.show_file(name, file, mark if number == len(reply.files) else no_mark)
        except NotReady:
            self._keys.take_back(key)
            raise
        self._done[key] = sent
        if len(self._done) > _MOST_KEYS:
            self._done.popitem(last=False)

    def _screen(self) -> Screen:
        if self.screen is None:
            raise NotReady("the console has no screen yet")
        return self.screen

    def _voice(self, reply: Reply | None) -> str:
        return reply.persona if reply and reply.persona else OWN_VOICE

    def _colour(self, reply: Reply) -> str:
        persona = next((each for each in self.host.personas if each.name == reply.persona), None)
        return persona.colour if persona else ""

    def _next_id(self) -> str:
        """Unique over restarts: the run's own tag and a number."""
        return f"console:{self._run}-{next(self._numbers)}"


def _account_name() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a user id without a name, as in containers
        return "you"

"""A platform without a network: everything that the contract names, in memory."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

import attrs

from butler.check import Check, Level
from butler.errors import NotReady, StoreError
from butler.model import Action, Channel, Message, Person, Persona, PollResult, Sent
from butler.platform import Platform, Receive
from butler.testing.world import ACCOUNT, NAME, World


@attrs.frozen
class FakeSettings:
    """It has none."""


class FakePlatform(Platform):
    """Connects a host to a :class:`World`. What happened while nobody was connected is delivered at the start."""

    name = NAME
    settings = FakeSettings
    command_prefix = "/"
    text_limit = 2000

    world: World

    def __init__(self, host: Any, config: Any) -> None:
        super().__init__(host, config)
        self._news = asyncio.Event()
        self._pump: asyncio.Task[None] | None = None

    @classmethod
    def on(cls, world: World) -> type[FakePlatform]:
        """The platform of one world, for ``Plugin.platform``."""
        return type(cls.__name__, (cls,), {"world": world})

    @property
    def local(self) -> bool:  # type: ignore[override]  # as dedupe_window
        """As the world has it."""
        return self.world.local

    @property
    def dedupe_window(self) -> float:  # type: ignore[override]  # the contract's constant, settable in a test
        """As the world has it."""
        return self.world.dedupe_window

    async def start(self, receive: Receive) -> None:
        """Connect. Raises ``NotReady`` while it is down."""
        self._reach()
        self.account = ACCOUNT
        self.world.wake = self._news.set
        self._pump = asyncio.get_running_loop().create_task(self._deliver(receive), name="test platform")

    async def stop(self) -> None:
        """Let go; may be called twice."""
        pump, self._pump = self._pump, None
        if pump is not None:
            self.world.wake = lambda: None
            pump.cancel()
            await asyncio.wait([pump])

    def _reach(self) -> None:
        if self.world.down:
            raise NotReady("the test platform is down")

    async def _deliver(self, receive: Receive) -> None:
        """Hand over what happened, in order; what was not acknowledged comes again."""
        backlog = self.world.backlog
        while True:
            self._news.clear()
            if not backlog or self.world.down:
                await self._news.wait()
                continue
            batch = list(backlog)
            results = await asyncio.gather(*map(receive, batch), return_exceptions=True)
            for _ in batch:
                backlog.popleft()
            refused = [item for item, result in zip(batch, results, strict=True) if isinstance(result, BaseException)]
            backlog.extendleft(reversed(refused))
            for result in results:
                if isinstance(result, BaseException) and not isinstance(result, StoreError):
                    raise result
            if refused:
                await asyncio.sleep(1)

    def can(self, action: str, channel: Channel | None = None) -> bool:
        """Whatever the world's ``abilities`` name."""
        return action in self.world.abilities

    async def perform(self, action: Action, key: str) -> Sent:
        """Do it. Raises what a platform raises."""
        if self.world.delay:
            await asyncio.sleep(self.world.delay)
        self._reach()
        sent = self.world.perform(action, key)
        if self.world.drop_answers:
            self.world.drop_answers -= 1
            raise NotReady("the connection broke before the answer came")
        return sent

    async def find(self, key: str, channel: str) -> Sent | None:
        """What was sent with a key. Raises ``NotReady`` while it is down."""
        self._reach()
        return self.world.by_key(key, channel)

    async def history(self, channel: str, *, before: str = "", limit: int = 100) -> Sequence[Message]:
        """What people said there, newest last."""
        there = [message for message in self.world.said if message.channel.id == channel]
        ids = [message.id for message in there]
        end = ids.index(before) if before in ids else len(there)
        return there[max(0, end - limit) : end]

    async def pinned(self, channel: str) -> Sequence[str]:
        """What is pinned there."""
        return [
            message.id
            for message in self.world.said
            if message.channel.id == channel and message.id in self.world.pinned
        ]

    async def members(self, channel: str) -> Sequence[Person]:
        """Everybody."""
        return [*self.world.people.values()]

    async def poll(self, channel: str, message: str, *, voters: bool = False) -> PollResult | None:
        """What the world says of it."""
        return self.world.polls.get(message)

    async def member(self, guild: str, person: str) -> Person | None:
        """Somebody as the world has them now."""
        return next((each for each in self.world.people.values() if each.id == person), None)

    async def roles(self, guild: str) -> Mapping[str, str]:
        """The world's roles."""
        return dict(self.world.roles)

    async def create_account(self, persona: Persona) -> str:
        """An account named for the persona."""
        return self.world.accounts.setdefault(persona.name, f"{NAME}:persona_{persona.name.casefold()}")

    async def remove_account(self, persona: Persona) -> None:
        """Take it away; harmless if there is none."""
        self.world.accounts.pop(persona.name, None)

    async def health(self) -> list[Any]:
        """One line."""
        level: Level = "fail" if self.world.down else "ok"
        return [Check("test platform", level, "down" if self.world.down else "connected")]

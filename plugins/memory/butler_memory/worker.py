"""What is done in the background: facts, chapters and core memories, one after the other, again if it failed."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from functools import partial

from butler import ButlerError, Button, Message, Plugin, Reply

from butler_memory import keeping
from butler_memory.chapters import Chapters
from butler_memory.condense import Condenser
from butler_memory.learning import BATCH, Batch, Learning, batches
from butler_memory.tables import Follow, Item, Work

FAILURES = (ButlerError, ValueError)
MOST_TRIES = 8
LONGEST_WAIT = 6 * 3600.0
ASK = (
    "You have told me things in private. May I know them when we talk elsewhere, too, in guilds and under your other "
    "accounts? I never quote them. (`/memories follow on` or `off` changes it at any time.)"
)


class Worker:
    """Works for one plugin, in one task that ends when nothing is due."""

    def __init__(self, plugin: Plugin) -> None:
        self._plugin = plugin
        self._host = plugin.host
        self._learning = Learning(plugin)
        self._chapters = Chapters(plugin)
        self.condenser = Condenser(plugin)
        self._task: asyncio.Task[None] | None = None
        self._next: float | None = None

    def wake(self, after: float = 0.0) -> None:
        """Look at what is due, in so many seconds; while it works, so long after it is done."""
        if self._task is None or self._task.done():
            self._task = self._plugin.scope.task(self._run(after), "remember")
        else:
            self._next = max(self._next or 0.0, after)

    async def _run(self, after: float) -> None:
        wait: float | None = after
        while wait is not None:
            await asyncio.sleep(wait)
            for kind in ("extract", "chapter", "core"):
                while works := await self._due(kind):
                    for batch in batches(works):
                        await self._try(kind, batch)
            wait, self._next = self._next, None

    async def _due(self, kind: str) -> Sequence[Work]:
        return await self._host.db.read(partial(keeping.due, kind, self._host.clock.now().timestamp()))

    async def _try(self, kind: str, batch: Batch) -> None:
        try:
            if kind == "extract":
                await self._learning.look(batch)
                await self._ask(batch)
                return
            await (self._chapter(batch) if kind == "chapter" else self._core(batch))
            await self._host.db.write(partial(keeping.done, batch.works))
        except FAILURES as error:
            await self._failed(kind, batch, error)

    async def _chapter(self, batch: Batch) -> None:
        channel = self._host.channel(batch.channel)
        while channel is not None and await self._chapters.tend(batch.persona, channel):
            pass

    async def _core(self, batch: Batch, *, plain: bool = False) -> None:
        channel = self._host.channel(batch.channel)
        if channel is not None:
            person = await self._host.person(batch.works[0].person, channel.guild)
            await self.condenser.write(batch.persona, person, channel, plain=plain)

    async def _failed(self, kind: str, batch: Batch, error: Exception) -> None:
        """It is tried again later; messages and former memories stay where they are."""
        tries = 1 + max(work.tries for work in batch.works)
        self._host.log.info("could not remember", what=kind, persona=batch.persona, tries=tries, reason=str(error))
        if kind == "core" and tries >= 3:
            await self._core(batch, plain=True)
        if tries >= (3 if kind == "core" else MOST_TRIES if kind == "extract" else 2**31):
            self._host.log.warning("given up until they talk again", what=kind, persona=batch.persona)
            await self._host.db.write(partial(keeping.done, batch.works))
            return
        wait = min(LONGEST_WAIT, 60.0 * 2 ** (tries - 1))
        await self._host.db.write(partial(keeping.later, batch.works, self._host.clock.now().timestamp() + wait))

    async def _ask(self, batch: Batch) -> None:
        """Once: whether what somebody says in private may be known elsewhere, when it would be of use there."""
        channel, person = self._host.channel(batch.channel), batch.works[0].person
        if channel is None or channel.dm or self._plugin.settings_for(channel).private_in_public == "never":
            return
        accounts = self._host.who(person).accounts
        at = self._host.clock.now().timestamp()
        if await self._host.db.write(partial(_to_ask, batch.persona, accounts, person, at)):
            buttons = (Button("Yes", "follow", "on"), Button("No", "follow", "off"))
            who = await self._host.person(person, channel.guild)
            await self._host.push(who, Reply(ASK, buttons=buttons, only=(person,)), f"follow {person}")

    def heard(self, message: Message, persona: str) -> None:
        """Somebody got an answer: it is kept with the mark of that answer that this is to be looked at."""
        settings = self._plugin.settings_for(message)
        now = self._host.clock.now().timestamp()
        self._host.db.defer(
            partial(_to_do, message, persona, now, settings.learn, settings.extract_after, settings.conversation_idle)
        )
        self.wake(settings.extract_after)


def _to_do(message: Message, persona: str, now: float, learn: bool, after: float, idle: float) -> None:
    person, channel = message.author.id, message.channel.id
    if learn:
        keeping.add_work("extract", persona, person, channel, message.id, now + after)
        keeping.put_off("extract", persona, person, channel, now + after, BATCH)
    keeping.add_work("chapter", persona, "", channel, "", now + after)
    keeping.add_work("core", persona, person, channel, "", now + 60 * idle)


def _to_ask(persona: str, accounts: Sequence[str], person: str, at: float) -> bool:
    if Follow.select().where(Follow.person.in_(accounts)).exists():
        return False
    mine = (Item.persona == persona) & Item.by.in_(accounts) & Item.private & (Item.kind != "conversation")
    if not Item.select().where(mine).exists():
        return False
    Follow.insert(person=person, allowed=False, at=at).execute()
    return True

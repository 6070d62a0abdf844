"""The host: it starts, takes in, goes on after a crash, and stops."""

from __future__ import annotations

import asyncio

from butler.engine.talk import hops_after
from butler.engine.upkeep import Upkeep
from butler.model import Event, Message
from butler.parts import Parts


class Host(Parts):
    """One bot host: a configuration, a store, plugins. Several may live in one process."""

    async def start(self) -> None:
        """Open the store, bring up what is enabled, go on with what was left open.

        Raises ``ConfigError`` or ``StoreError`` where it cannot run at all; a plugin that fails is reported
        and left out.
        """
        self.queues.hold()
        try:
            await self.open()
        except BaseException:
            await self.stop()
            raise
        await self.schedule.start()
        await self._go_on()
        self.queues.release()
        self.ticks.start(self.scope)
        self.scope.task(Upkeep(self).run(), "upkeep")

    async def open(self, *, plugins: bool = True) -> None:
        """The first half of a start: everything is there and nothing happens by itself.

        For commands that act on the data of a host that does not run; :meth:`stop` ends it as well.
        Without ``plugins`` none is brought up.
        """
        self.data.mkdir(parents=True, exist_ok=True, mode=0o700)
        await self.database.start()
        await self.journal.start()
        await self.places.start()
        await self.links.start()
        await self.linking.start()
        await self.contacts.start()
        await self.admissions.start()
        await self.quiet.start()
        await self.isolation.start()
        self.settings.add(self.lifecycle.known)
        await self.settings.start()
        await self.search.start()
        await self.consents.start()
        await self.permissions.start()
        await self.sessions.start()
        await self.controls.start()
        await self.privacy.start()
        await self.models.start()
        await self.personas.start([self._persona(name, table) for name, table in self.config.personas.items()])
        if plugins:
            await self.lifecycle.begin()
            self.personas.check()
            await self.privacy.apply_restored()

    async def _go_on(self) -> None:
        """What a stop or a crash left open goes on: unsent rows first, then each channel in its order.

        The queues hold meanwhile: a message that comes now must not overtake those that came before the crash.
        """
        after = 0
        while rows := await self.journal.recovery.unsent(after):
            for row in rows:
                self.delivery.offer(self.journal.again(row, hops_after(row.cause)))
            after = rows[-1].id
        for guild, channel in await self.journal.recovery.channels():
            self.queues.wake(guild, channel)

    async def drained(self) -> None:
        """Return once nothing waits and nothing is under way."""
        while self.queues.active or self.delivery.waiting:
            await self.queues.drained()
            await asyncio.sleep(0.01 if self.delivery.waiting else 0)

    async def stop(self) -> None:
        """Stop taking in, let go of everything; what is under way goes on after the next start."""
        self.dispatch.shut_down()
        await self.lifecycle.close()
        await self.schedule.stop()
        await self.scope.close()
        await self.database.stop()

    async def receive(self, item: Message | Event) -> bool:
        """Journal what a platform saw and queue it. False: it was known already."""
        return await self.incoming.receive(item)

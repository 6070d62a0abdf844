"""Everything about buttons, menus, forms and pages that a host has, put together."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from butler.errors import CommandError
from butler.model import Action, Message, Person
from butler.services.commands.interact import Interactions
from butler.services.commands.request import Request
from butler.services.commands.run import Runner
from butler.services.controls.dressing import QUESTION, Dresser
from butler.services.controls.filling import Filling
from butler.services.controls.keep import Keep
from butler.services.controls.questions import Picked, Questions
from butler.services.controls.seals import Seals
from butler.services.controls.using import Using

if TYPE_CHECKING:
    from butler.host import Host


class Controls:
    """What the engine and the commands need of them."""

    def __init__(self, host: Host) -> None:
        self._host = host
        self._keep = keep = Keep(host.clock, host.database)
        self.runner = runner = Runner(
            host.commands, host.places, host.dispatch.guarded, clock=host.clock, zone=lambda g: host.zone(g.id),
            keep=keep,
        )  # fmt: skip
        self.interactions = Interactions(runner)
        self._seals = Seals()
        self._questions = Questions(keep)
        self._dresser = Dresser(self._seals, keep, self._questions, runner.commands, host.platform)
        filling = Filling(self._seals, keep, self._questions, runner, self.interactions)
        self.using = Using(self._seals, keep, self._dresser, filling, runner, self.interactions)
        self.dressed = self._dresser.dressed
        self.prune = keep.prune

    async def start(self) -> None:
        """Take the store's key, and what waited before a restart. Raises ``StoreError``."""
        await self._keep.start()
        await self._seals.start(self._host.database)
        await self._questions.start()
        await self.runner.start()

    def picked(self, message: Message, prefix: str) -> Picked | None:
        """What a message answers of the questions that wait in its channel."""
        return self._questions.picked(message.channel.id, message.author.id, message.text, prefix, message.reply_to)

    def named(self, identifier: str) -> str:
        """``plugin/action`` of a control's id, for the record; whether it may be used is seen later."""
        try:
            sealed = self._seals.opened(identifier, 0)
        except CommandError:
            return "control"
        return f"{sealed.plugin}/{sealed.action}"

    async def shown(self, action: Action, message: str) -> None:
        """An action with a question in it was done: it stands in this message."""
        if QUESTION in action.data:
            await self._questions.shown(str(action.data[QUESTION]), message)

    async def target(self, request: Request, on: str, identifier: str, data: Mapping[str, Any]) -> Message | Person:
        """What a right-click command was used on; a message that was never seen is made from what the platform says."""
        if on == "person":
            return await self.using.person(request, identifier)
        known = await self._host.journal.recovery.message(identifier, self._host.incoming.bound)
        if known is not None:
            return known
        told = data.get("message", {})
        author = Person(str(told.get("author", "")), str(told.get("name", "")), bool(told.get("bot")))
        at = dt.datetime.fromtimestamp(float(told["at"]), dt.UTC) if "at" in told else self._host.clock.now()
        return Message(
            identifier, request.channel, author, str(told.get("text", "")), at, host=self._host.incoming.bound
        )

"""Somebody used a button, a menu or a form, or answered its number: what that means, and who may."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

import attrs

from butler.errors import CommandError
from butler.model import Listing, Person, Reply
from butler.services.commands.execute import kind_of, said
from butler.services.commands.interact import Interactions
from butler.services.commands.request import Outcome, Request
from butler.services.commands.run import Runner
from butler.services.commands.signature import Option
from butler.services.commands.values import convert
from butler.services.controls.dressing import FORM, PAGE_TURN, Dresser
from butler.services.controls.filling import GONE, Filling
from butler.services.controls.keep import HOST, Keep
from butler.services.controls.questions import Entry, Picked
from butler.services.controls.seals import Sealed, Seals

_NOT_YOURS = "That is for somebody else."


class Using:
    """Understands ids and answers, and hands them to the plugin's action."""

    def __init__(
        self, seals: Seals, keep: Keep, dresser: Dresser, filling: Filling, runner: Runner, interactions: Interactions
    ) -> None:
        self._seals = seals
        self._keep = keep
        self._dresser = dresser
        self._filling = filling
        self._runner = runner
        self._interactions = interactions

    async def used(
        self,
        request: Request,
        identifier: str,
        values: Sequence[str] = (),
        *,
        of: str = "",
        fields: Mapping[str, str] | None = None,
    ) -> Outcome:
        """A control was used: what was chosen (ids, in a menu ``of`` people, roles, channels), or filled in."""
        try:
            sealed = await self._opened(request, identifier)
        except CommandError as error:
            return await said(request, kind_of(error), str(error))
        if (sealed.plugin, sealed.action) == (HOST, FORM):
            if fields is None:
                return await self._filling.show(request, sealed.kept)
            return await self._filling.filled(request, sealed.kept, fields)
        if (sealed.plugin, sealed.action) == (HOST, PAGE_TURN):
            return await self._turn(request, sealed.value)
        chosen = [await self._meant(request, of, value) for value in values]
        return await self._interactions.press(request, sealed.plugin, sealed.action, sealed.value, chosen=chosen)

    async def _opened(self, request: Request, identifier: str) -> Sealed:
        """What an id stands for. Raises ``CommandError`` if it is too old, forged or somebody else's."""
        sealed = self._seals.opened(identifier, self._keep.now())
        only = [each for each in sealed.only.split(",") if each]
        if sealed.kept and sealed.action != FORM:
            kept = await self._keep.get(sealed.kept)
            if kept is None:
                raise CommandError(GONE)
            sealed, only = attrs.evolve(sealed, value=kept.body["value"]), kept.body["only"]
        if only and request.person.id not in only:
            raise CommandError(_NOT_YOURS)
        return sealed

    async def _meant(self, request: Request, of: str, value: str) -> Any:
        if of == "people":
            return await self.person(request, value)
        if of == "channels":
            there = self._runner.directory.channels_of(request.guild.id)
            return next((each for each in there if each.id == value), value)
        return value

    async def person(self, request: Request, identifier: str) -> Person:
        """Somebody by id; a bare one if nothing is known of them."""
        found = await self._runner.directory.person(identifier, request.channel)
        return next((each for each in found if each.id == identifier), Person(identifier, identifier.partition(":")[2]))

    async def _turn(self, request: Request, value: str) -> Outcome:
        key, _, number = value.partition(" ")
        kept = await self._keep.get(key)
        if kept is None:
            return await said(request, "unknown", GONE)
        pages = Listing(kept.body["lines"], kept.body["title"], kept.body["size"])
        lasting = Reply(to=request.to, only=tuple(kept.body["only"]), lasts=kept.until - self._keep.now())
        page = await self._dresser.page(lasting, pages, int(number), key)
        await request.send(page, HOST, request.on)
        return Outcome("ran", (page.text,))

    async def answered(self, request: Request, picked: Picked) -> Outcome:
        """A message answered a question that stands in numbers or words."""
        if picked.wrong:
            return await said(request, "wrong", picked.wrong)
        if picked.question.form:
            return await self._filling.answered(request, picked.question, picked.text)
        request = attrs.evolve(request, on=picked.question.message)
        entry = next((each for each in picked.question.entries if each.id == picked.id), None)
        of = entry.of if entry is not None else ""
        if entry is None or not of:
            return await self.used(request, picked.id, picked.values)
        try:
            values = await self._named(request, entry, picked.values)
        except CommandError as error:
            return await said(request, kind_of(error), str(error))
        return await self.used(request, picked.id, values, of=of)

    async def _named(self, request: Request, entry: Entry, texts: Sequence[str]) -> list[str]:
        """The ids of the people or channels that were named, or the roles as they were typed."""
        names = [name for text in texts for name in re.split(r"[,\s]+", text) if name]
        if len(names) > max(1, entry.most):
            raise CommandError(f"Name at most {max(1, entry.most)}.")
        if entry.of == "roles":
            return names
        option = Option(entry.of, "person" if entry.of == "people" else "channel")
        setting = self._runner.setting(request)
        return [(await convert(option, name, setting)).id for name in names]

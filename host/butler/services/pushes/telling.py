"""How a person is told: in a direct conversation, opened if need be; and what is done where they take none (CORE-2)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import attrs
import structlog

from butler.clock import Clock
from butler.errors import Closed, Lost, NotReady, PlatformError, Unsupported
from butler.model import Action, Button, Channel, Guild, Reply, Sent
from butler.platform import Platform
from butler.services.places import Places
from butler.services.pushes.contacts import Contacts
from butler.store.journal import Journal
from butler.store.marks import Out

log = structlog.get_logger("butler.pushes")

PUSH = "push"
"""The kind of an action that tells a person something; ``data`` says whom (``push``), for which guild, whether it was
asked for, whether it may be said at night, and where it is said instead."""
NO_MORE = "no_more"
"""The host's action behind the button under each message that nobody asked for."""
CLOSED_FOR = 86_400.0
"""For so many seconds nobody tries again whether somebody takes direct messages now."""

Asked = Callable[..., Awaitable[Any]]
Act = Callable[[str, Action, str], Awaitable[None]]
Dress = Callable[[str, Action, str], Awaitable[Action]]


class Telling:
    """Reaches people on their platforms."""

    def __init__(
        self,
        journal: Journal,
        clock: Clock,
        places: Places,
        contacts: Contacts,
        platforms: Callable[[str], Platform | None],
        *,
        asked: Asked,
        act: Act,
        dress: Dress,
    ) -> None:
        """``asked`` calls a platform behind the fence, ``act`` says something elsewhere, ``dress`` readies buttons."""
        self._journal = journal
        self._clock = clock
        self._places = places
        self._contacts = contacts
        self._platforms = platforms
        self._asked = asked
        self._act = act
        self._dress = dress

    async def channel(self, out: Out, guild: str) -> str:
        """The person's direct conversation, opened if there is none. Raises ``PlatformError``."""
        person = str(out.action.data["push"])
        contact = self._contacts.of(person)
        if contact.closed and self._clock.now().timestamp() - contact.closed < CLOSED_FOR:
            raise Closed("they take no direct messages, as was found before")
        if contact.channel:
            return contact.channel
        platform = self._platforms(person)
        if platform is None:
            raise NotReady("the platform is not connected")
        if not platform.can("dm"):
            raise Unsupported(f"{platform.name} has no direct messages")
        key = f"{self._journal.key_for_platform(out)}o"[:25]  # no hexadecimal digit: else it is another row's
        opened = await self._asked(platform, platform.perform, Action("dm", "", person), key)
        if not isinstance(opened, Sent) or not opened.id:
            raise NotReady(f"{platform.name} did not say which conversation it opened")
        await self._contacts.opened(person, opened.id, guild)
        if self._places.at(opened.id) is None:
            name = (await self._places.known(person)).name
            self._places.see(Channel(opened.id, Guild(f"{platform.name}:dm"), name, dm=True))
        return opened.id

    async def ready(self, out: Out, channel: str) -> Out:
        """The row as it is sent: with its buttons, and with the way out under what nobody asked for."""
        reply = out.action.reply or Reply()
        own = tuple([button for button in reply.buttons if button.action != NO_MORE])
        unasked = len(own) < len(reply.buttons)
        action = Action("send", channel, reply=attrs.evolve(reply, buttons=own), data=out.action.data)
        person = str(out.action.data["push"])
        action = await self._dress(out.owner, action, person)
        if unasked:
            action = await self._with_way_out(action, person)
        return attrs.evolve(out, action=action)

    async def _with_way_out(self, action: Action, person: str) -> Action:
        reply, platform = action.reply or Reply(), self._platforms(person)
        if platform is not None and platform.can("button"):
            reply = attrs.evolve(reply, buttons=(*reply.buttons, Button("No more of these", NO_MORE, "on")))
            return await self._dress("host", attrs.evolve(action, reply=reply), person)
        prefix = platform.command_prefix if platform is not None else "/"
        text = f"{reply.text}\n\n`{prefix}quiet on` ends such messages."
        return attrs.evolve(action, reply=attrs.evolve(reply, text=text.strip()))

    async def unreachable(self, out: Out, error: PlatformError) -> bool:
        """Say it elsewhere, where that is wanted (then true), and write down what came of it."""
        person, place = str(out.action.data["push"]), str(out.action.data.get("fallback", ""))
        if isinstance(error, Closed):
            await self._contacts.closed(person)
        reason, reply = str(error), out.action.reply
        elsewhere = bool(place) and reply is not None and not isinstance(error, Lost)
        if elsewhere and reply is not None:
            reply = attrs.evolve(reply, mentions=tuple(dict.fromkeys((*reply.mentions, person))), buttons=())
            await self._act(out.owner, Action("send", place, reply=reply), f"instead of {out.key}")
            reason = f"{reason}; said in {place} instead"
        log.info("a person could not be told", plugin=out.owner, reason=reason)
        await self._journal.given_up(out, reason)
        return elsewhere

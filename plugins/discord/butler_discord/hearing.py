"""What one host hears of Discord: each event to whoever understands it, guilds let in, what was missed read up."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING, Any

import structlog
from butler import Action, Event, Sent, StoreError

from butler_discord.happening import Happening
from butler_discord.ids import first_at, made_at, native, ours
from butler_discord.known import TALK, Known
from butler_discord.pieces import Happened
from butler_discord.refusals import understood
from butler_discord.talk import POLL_RESULT, emoji_of

if TYPE_CHECKING:
    from butler_discord.account import Account

log = structlog.get_logger("butler.discord")

JSON = dict[str, Any]
BACK = dt.timedelta(days=7)
"""What was said longer ago is not read up."""
MINUTE = 60.0
APART = frozenset({"GUILD_CREATE", "GUILD_DELETE", "INTERACTION_CREATE", "PRESENCE_UPDATE"})
"""What is not told as it comes."""


class Hearing:
    """Hears for one account."""

    def __init__(self, account: Account, happening: Happening) -> None:
        self._account = account
        self._happening = happening
        self._slow: set[int] = set()
        self._sessions: set[str] = set()
        """The bots that were connected before: the host's (``""``) and personas' own."""
        self._further: Mapping[str, Callable[[JSON], Awaitable[None]]] = {
            "GUILD_CREATE": self._keep,
            "GUILD_DELETE": self._forget,
            "INTERACTION_CREATE": account.asking.hear,
            "MESSAGE_REACTION_REMOVE_ALL": self._unreacted,
            "MESSAGE_REACTION_REMOVE_EMOJI": self._unreacted,
        }

    async def hear(self, name: str, raw: JSON) -> None:
        """Called in the order in which things happen; up to the first wait nothing else is heard."""
        items = self._understood(name, raw)
        if items:
            await self._account.listener.take(items)
        if name in self._further:
            await self._further[name](raw)

    def _understood(self, name: str, raw: JSON) -> list[Happened]:
        try:
            if name == "READY":
                self._account.guilds.me = int(raw["user"]["id"])
                self._begun("")
                return []
            if name in {"GUILD_CREATE", "GUILD_DELETE"} and not raw.get("unavailable"):
                return self._entered(raw) if name == "GUILD_CREATE" else self._left(raw)
            if name == "PRESENCE_UPDATE" and self._account.settings.presences:
                return self._happening.tell(name, raw)
            if name in APART or (name == "MESSAGE_CREATE" and self._is_own(raw)):
                return []
            return self._invited(name, raw, self._happening.tell(name, raw))
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            log.warning("an event makes no sense", name=name, error=repr(error))
            return []

    def _invited(self, name: str, raw: JSON, items: list[Happened]) -> list[Happened]:
        """Who made an invite, and who came: from both it follows who came with which."""
        known = self._account.guilds.known.get(int(raw.get("guild_id") or 0))
        if known is not None and name == "INVITE_CREATE":
            self._account.invites.made(raw)
        elif known is not None and name == "GUILD_MEMBER_ADD":
            for item in items:
                if isinstance(item, Event):
                    self._account.invites.came(item, known)
        return items

    async def _unreacted(self, raw: JSON) -> None:
        """All reactions (of one kind) were taken away: of each that is known it is told."""
        wanted = emoji_of(raw) if raw.get("emoji") else ""
        found = await self._account.host.serving.reactions_of(ours(raw["message_id"]))
        for person, emoji in found:
            if not wanted or emoji == wanted:
                user = {"user_id": person.removeprefix("discord:"), "emoji": {"name": emoji}}
                items = self._happening.tell("MESSAGE_REACTION_REMOVE", {**raw, **user})
                await self._account.listener.take(items)

    def _is_own(self, raw: JSON) -> bool:
        """Our own words come back; who speaks to us in private is noted."""
        if self._account.reading.is_own(raw):
            return raw.get("type") != POLL_RESULT
        if not raw.get("guild_id"):
            self._met(raw)
        return False

    async def hear_of(self, persona: str, name: str, raw: JSON) -> None:
        """What a persona's own bot hears: private messages to it, and in which guilds it is."""
        members = self._account.voices.members[persona]
        if name == "READY":
            self._begun(persona)
        elif name == "GUILD_CREATE":
            members.add(int(raw["id"]))
        elif name == "GUILD_DELETE" and not raw.get("unavailable"):
            members.discard(int(raw["id"]))
        elif name == "MESSAGE_CREATE" and not raw.get("guild_id"):
            if not self._account.reading.is_own(raw):
                self._met(raw, persona)
                await self._account.listener.take(self._happening.tell(name, raw))
        elif not raw.get("guild_id") and name in {"MESSAGE_UPDATE", "MESSAGE_DELETE", "TYPING_START"}:
            await self.hear(name, raw)

    def _met(self, raw: JSON, bot: str = "") -> None:
        if not raw["author"].get("bot"):
            account = self._account
            account.directs.met(int(raw["channel_id"]), ours(raw["author"]["id"]), bot)
            account.scope.task(account.directs.keep(), "discord private channels")

    # --- guilds -------------------------------------------------------------------------------------

    def _entered(self, raw: JSON) -> list[Happened]:
        known = self._account.guilds.enter(raw)
        new = self._account.homes.take(known)
        self._account.offering.changed(ours(known.id))
        self._account.invites.watch(known)
        self._read_up(known)
        if not new:
            return []
        state = self._account.host.admitted(known.guild())
        if state == "refused":
            log.info("a guild that is not allowed is left", guild=ours(known.id), name=known.name)
            self._account.scope.task(self.leave(known.id), "discord leave")
        identifier, now = f"{ours(known.id)}:invited:{known.since}", self._account.host.clock.now()
        data = {"decision": state}
        return [Event(identifier, "invited", known.guild(), now, target=ours(known.id), text=known.name, data=data)]

    def _left(self, raw: JSON) -> list[Happened]:
        known = self._account.guilds.leave(int(raw["id"]))
        self._account.offering.left(ours(raw["id"]))
        self._account.invites.forget(int(raw["id"]))
        if known is None:
            return []
        now = self._account.host.clock.now()
        identifier = f"{ours(known.id)}:left:{first_at(now)}"
        return [Event(identifier, "raw", known.guild(), now, text="GUILD_DELETE", data={"name": known.name})]

    async def _forget(self, raw: JSON) -> None:
        if not raw.get("unavailable"):
            await self._account.homes.forget(int(raw["id"]))

    async def _keep(self, raw: JSON) -> None:
        known = self._account.guilds.known.get(int(raw["id"]))
        if known is not None:
            try:
                await self._account.homes.keep(known)
            except StoreError as error:
                log.warning("a guild could not be written down", guild=ours(known.id), reason=str(error))

    async def leave(self, guild: int) -> None:
        """Leave a guild. Raises ``PlatformError``."""
        with understood():
            await self._account.bot.rest.leave_guild(guild)

    async def look_again(self, guild: str) -> None:
        """Something changed in a guild, or anywhere: an operator may have said that it is (not) to be listened to."""
        for known in list(self._account.guilds.known.values()):
            if guild in {"", ours(known.id)} and self._account.homes.look(known):
                await self._account.homes.keep(known)

    def room_called(self, action: Action, since: dt.datetime) -> Sent | None:
        """A channel of that name that was made since then."""
        known = self._account.guilds.rooms.get(native(action.channel))
        wanted = str(action.data.get("name", "")).casefold().replace(" ", "-")
        for room in known.rooms.values() if known else ():
            if room.name.casefold().replace(" ", "-") == wanted and made_at(room.id) >= since - dt.timedelta(
                seconds=60
            ):
                return Sent(ours(room.id))
        return None

    # --- what was missed ----------------------------------------------------------------------------

    def _read_up(self, known: Known) -> None:
        """Where something was said that was not heard."""
        if not known.accepted:
            return
        oldest = first_at(self._account.host.clock.now() - BACK)
        for room in known.rooms.values():
            after = max(self._account.listener.last.get(room.id, 0), known.since, oldest)
            if room.kind in TALK and room.last > after:
                self._account.listener.read_up(room.id, after)

    def _begun(self, bot: str) -> None:
        """A session is new: what came between it and the one before was told to nobody."""
        if bot in self._sessions:
            self._read_up_private(bot)

    def read_up_private(self) -> None:
        """All bots are connected; from now on each reads up by itself after its sessions' ends."""
        for bot in ("", *self._account.bots):
            self._sessions.add(bot)
            self._read_up_private(bot)

    def _read_up_private(self, bot: str) -> None:
        """Private channels are not told at a start: each that is known is looked at."""
        oldest = first_at(self._account.host.clock.now() - BACK)
        for private in self._account.directs.all:
            last = self._account.listener.last.get(private.channel, 0)
            if private.bot == bot and last > oldest:
                self._account.listener.read_up(private.channel, last)

    # --- watching -----------------------------------------------------------------------------------

    async def watch(self) -> None:
        """Each minute: which shards are slow, and what can be forgotten."""
        while True:
            await asyncio.sleep(MINUTE)
            for shard, latency in self._account.bot.latencies.items():
                self._look_at(shard, latency)
            try:
                await self._account.answers.prune()
            except StoreError as error:
                log.warning("old interactions could not be dropped", reason=str(error))

    def _look_at(self, shard: int, latency: float) -> None:
        """One line when a shard becomes slow, one when it is quick again."""
        slow = latency > self._account.settings.slow_latency
        if slow and shard not in self._slow:
            self._slow.add(shard)
            log.warning("a shard is slow", shard=shard, latency=round(latency, 3))
        elif not slow and shard in self._slow:
            self._slow.discard(shard)
            log.info("a shard is quick again", shard=shard, latency=round(latency, 3))

"""What people say about memory: ``/remember`` and ``/memories``."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any, Literal

from butler import Call, CommandError, Listing, Message, Person, Plugin, Reply, action, command, console

from butler_memory import importing, keeping, privacy
from butler_memory.chapters import days_of, shelf_of
from butler_memory.graph import talk_in
from butler_memory.learning import memory_of
from butler_memory.offrecord import is_secret
from butler_memory.scopes import View
from butler_memory.sections import source_of
from butler_memory.tables import Item
from butler_memory.worker import Worker

NOT_KEPT = "Passwords, keys and numbers of cards are not kept."
ELSEWHERE = "I remember nothing of you under that number here; `/memories` lists what there is."


class Commands(Plugin):
    """The commands of the plugin."""

    worker: Worker

    @command
    async def remember(self, call: Call, *, memory: str) -> str:
        """Tell the persona that you talk to something to remember of you.

        memory: what to remember
        Example: /remember I am allergic to nuts
        """
        if is_secret(memory):
            raise CommandError(NOT_KEPT, remedy="keep them somewhere safe")
        item = memory_of(self._persona(call), self._message(call), memory)
        if not item.text:
            raise CommandError("There is nothing to remember.", remedy="say what: `/remember I am allergic to nuts`")
        self.host.db.defer(partial(keeping.keep, item))
        return f"I will remember: {item.text}"

    @command(ephemeral=True)
    async def memories(self, call: Call) -> Listing:
        """Show what is remembered of you.

        Example: /memories
        """
        items, hidden = await self._mine(call)
        lines = [f"{item.text} ({source_of(item)}{self._whose(item)})" for item in items]
        if hidden:
            lines.append(f"… and {hidden} from elsewhere; ask in a direct message.")
        return Listing(lines, "What is remembered of you", empty="Nothing is remembered of you.")

    @memories.command(ephemeral=True)
    async def why(self, call: Call, number: int) -> str:
        """Show where a memory is from.

        number: the number of the memory
        Example: /memories why 12
        """
        item = await self._one(call, number)
        if item.data.get("imported"):
            return f"{item.text}\nIt was imported from {item.data['imported']}."
        message = await self.host.message(item.source)
        day = dt.datetime.fromtimestamp(item.at, dt.UTC).strftime("%Y-%m-%d %H:%M UTC")
        channel = self.host.channel(item.channel)
        where = "in private" if item.private else f"in {channel.name or channel.id}" if channel else "here"
        who = message.author.name if message is not None else "somebody"
        said = f": “{message.text[:500]}”" if message is not None and message.text else ""
        past = await self.host.db.read(partial(keeping.past_of, item.id))
        before = "".join(f"\nBefore: {each.text} ({source_of(each)})" for each in past)
        return f"{item.text}\n{who} said so {where} on {day}{said}{before}"

    @memories.command(ephemeral=True)
    async def edit(self, call: Call, number: int, *, text: str) -> str:
        """Put a memory right.

        number: the number of the memory
        text: what is true
        Example: /memories edit 12 I am allergic to peanuts
        """
        old = await self._one(call, number)
        if is_secret(text):
            raise CommandError(NOT_KEPT, remedy="keep them somewhere safe")
        item = memory_of(old.persona, self._message(call), text)
        item.private, item.guild, item.channel, item.slot = old.private, old.guild, old.channel, old.slot
        item.by, item.about, item.name, item.seq = old.by, old.about, old.name, max(old.seq, item.seq)
        self.host.db.defer(partial(keeping.keep, item, [old.id]))
        return f"I will remember instead: {item.text}"

    @memories.command(ephemeral=True)
    async def delete(self, call: Call, number: int) -> str:
        """Have a memory forgotten, with what it replaced.

        number: the number of the memory
        Example: /memories delete 12
        """
        item = await self._one(call, number)
        self.host.db.defer(partial(keeping.drop, [item.id]))
        archive = self.worker.condenser.archive()
        for person in {item.by, item.about}:  # a former core memory may hold it, too
            await asyncio.to_thread(archive.remove, item.persona, person)
        return "Forgotten."

    @console
    async def import_memories(self, call: Call, *, person: str, persona: str = "", file: str) -> str:
        """Take in memories.json or chat.json, as what a persona knows from somebody in private.

        person: the id of whom it is of
        persona: whose memories they become; the main one's if it is left out
        file: where it lies on this machine
        Example: import-memories --person matrix:@ann:localhost --persona Nyx /home/ann/memories.json
        """
        who, name = await self.host.person(person), persona or self.host.main
        if name not in {each.name for each in self.host.personas}:
            raise CommandError(f"There is no persona {name}.", remedy="`list_personas` shows those that there are")
        now = self.host.clock.now().timestamp()
        told = await asyncio.to_thread(importing.read, Path(file), name, who, now)
        kept = await self.host.db.write(partial(keeping.keep_all, told.items))
        lines = [f"{kept} of {len(told.items)} memories are new."]
        return "\n".join([*lines, *told.problems[:20]])

    @memories.command(ephemeral=True)
    async def follow(self, call: Call, be: Literal["on", "off"]) -> str:
        """Let what you say in private be known elsewhere: in guilds and under your linked accounts; never quoted.

        be: on or off
        Example: /memories follow on
        """
        return self._follow(call.person, be == "on")

    @action("follow", ephemeral=True)
    async def follow_button(self, call: Call, value: str) -> str:
        """The same by a button."""
        return self._follow(call.person, value == "on")

    def _follow(self, person: Person, allowed: bool) -> str:
        accounts, at = self.host.who(person).accounts, self.host.clock.now().timestamp()
        self.host.db.defer(partial(privacy.follow, accounts, allowed, at))
        if allowed:
            return "What you tell me in private I know elsewhere from now on, too. I do not quote it."
        return "What you tell me in private stays there."

    @memories.command(ephemeral=True)
    async def history(self, call: Call) -> Listing:
        """List the former states of what is always known of you here.

        Example: /memories history
        """
        states = await self._states(call)
        lines = [
            f"{number}. {_day(state['at'])}: {' '.join(state['text'].split())[:80]}"
            for number, state in enumerate(states, 1)
        ]
        return Listing(lines, "Former states", empty="There are none.")

    @memories.command(ephemeral=True)
    async def restore(self, call: Call, number: int) -> str:
        """Bring back a former state of what is always known of you here.

        number: which, as `/memories history` counts
        Example: /memories restore 2
        """
        states = await self._states(call)
        if not 1 <= number <= len(states):
            raise CommandError(f"There is no state {number}.", remedy="`/memories history` lists them")
        state, view = states[number - 1], self._view(call)
        newest = await self.host.db.read(keeping.newest)
        await self.worker.condenser.put(view, state["text"], newest)
        return f"It is again as it was on {_day(state['at'])}."

    async def _states(self, call: Call) -> Sequence[dict[str, Any]]:
        view = self._view(call)
        read = self.worker.condenser.archive().read
        found = await asyncio.to_thread(read, view.persona, view.account)
        return [state for state in found if state["place"] == view.place]

    @memories.command
    async def graph(self, call: Call, days: int = 30) -> Reply:
        """Show who talks to whom in this channel, and about what.

        days: only the last so many days
        Example: /memories graph 7
        """
        since = self.host.clock.now() - dt.timedelta(days=max(1, min(days, 3650)))
        said = [each for each in await self.host.history(call.channel, limit=1000) if each.at >= since]
        talk = await asyncio.to_thread(talk_in, said)
        if not talk.times:
            return Reply("Nobody talked to anybody here.")
        title = f"Who talks to whom in {call.channel.name or 'this conversation'}"
        return Reply("\n".join(talk.lines()), files=(await self.host.charts.draw(talk.chart(title)),))

    @memories.command
    async def journal(self, call: Call) -> Listing:
        """Show the chapters of this channel's conversation.

        Example: /memories journal
        """
        found = await self.host.db.read(partial(shelf_of, self._persona(call), call.channel.id))
        lines = [f"{days_of(item)}: {item.text}" for item in found.chapters if item.text]
        return Listing(lines, "The journal of this conversation", size=3, empty="No chapter is written yet.")

    # --- what they share ----------------------------------------------------------------------------------

    def _view(self, call: Call) -> View:
        return View(self._persona(call), call.channel, call.person.id, (), call.settings.across_channels)

    def _whose(self, item: Item) -> str:
        return "" if item.persona == self.host.main else f", by {item.persona}"

    async def _mine(self, call: Call) -> tuple[list[Item], int]:
        """The caller's memories that may be shown here, and how many more there are."""
        found = await self.host.db.read(partial(keeping.said_by, self.host.who(call.person).accounts))
        if call.channel.dm:
            return found, 0
        shown = [item for item in found if not item.private and item.guild == call.guild.id]
        return shown, len(found) - len(shown)

    async def _one(self, call: Call, number: int) -> Item:
        items, _ = await self._mine(call)
        for item in items:
            if item.id == number:
                return item
        raise CommandError(ELSEWHERE, remedy="in a direct message it lists those from elsewhere, too")

    def _persona(self, call: Call) -> str:
        """Whom the caller talks to."""
        return (self.host.partner(call.channel) if call.channel.dm else "") or self.host.main

    def _message(self, call: Call) -> Message:
        if call.message is not None:
            return call.message
        now = self.host.clock.now()
        name = f"command:{now.timestamp()}"
        return Message(name, call.channel, Person(call.person.id, call.person.name), "", now)


def _day(at: float) -> str:
    return dt.datetime.fromtimestamp(at, dt.UTC).strftime("%Y-%m-%d %H:%M UTC")

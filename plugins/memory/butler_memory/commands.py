"""What people say about memory: ``/remember`` and ``/memories``."""

from __future__ import annotations

from functools import partial

from butler import Call, CommandError, Listing, Message, Person, Plugin, command

from butler_memory import keeping
from butler_memory.learning import memory_of
from butler_memory.offrecord import is_secret
from butler_memory.sections import source_of
from butler_memory.tables import Item


class Commands(Plugin):
    """The commands of the plugin."""

    @command
    async def remember(self, call: Call, *, memory: str) -> str:
        """Tell the persona that you talk to something to remember of you.

        memory: what to remember
        Example: /remember I am allergic to nuts
        """
        if not memory.strip():
            raise CommandError(
                "There is nothing to remember.", remedy="say what, like `/remember I am allergic to nuts`"
            )
        if is_secret(memory):
            raise CommandError("Passwords, keys and numbers of cards are not kept.", remedy="keep them somewhere safe")
        message = self._message(call)
        item = memory_of(self._persona(call), message, memory)
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

    def _whose(self, item: Item) -> str:
        return "" if item.persona == self.host.main else f", by {item.persona}"

    async def _mine(self, call: Call) -> tuple[list[Item], int]:
        """The caller's memories that may be shown here, and how many more there are."""
        found = await self.host.db.read(partial(keeping.said_by, self.host.who(call.person).accounts))
        if call.channel.dm:
            return found, 0
        shown = [item for item in found if not item.private and item.guild == call.guild.id]
        return shown, len(found) - len(shown)

    def _persona(self, call: Call) -> str:
        """Whom the caller talks to."""
        return (self.host.partner(call.channel) if call.channel.dm else "") or self.host.main

    def _message(self, call: Call) -> Message:
        if call.message is not None:
            return call.message
        now = self.host.clock.now()
        name = f"command:{call.person.id}:{now.timestamp()}"
        return Message(name, call.channel, Person(call.person.id, call.person.name), "", now)

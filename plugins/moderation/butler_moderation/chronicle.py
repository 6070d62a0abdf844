"""The log: what happened in a guild, to a channel that managers read and to the store (MOD-5)."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Mapping
from functools import partial

from butler import Call, Event, Listing, Message, Person, Plugin, Rank, command

from butler_moderation import door_tables as table
from butler_moderation.door_tables import Happened
from butler_moderation.settings import Settings

MOST_FILES = 5_000
"""Of so many messages the names of their files are remembered."""
LONGEST = 700
"""Letters of a text that stand in the log."""


def _edit(event: Event) -> str:
    before = event.before.text if event.before is not None else ""
    if event.before is not None and before == event.text:
        return ""
    was = f"\nbefore: {_cut(before)}" if event.before is not None else "\nbefore: not known"
    return f"edited a message{was}\nafter: {_cut(event.text)}"


def _deletion(event: Event) -> str:
    before = event.before
    if before is None:
        return "a message that I never saw was deleted"
    return f"a message of {before.author.name} ({before.author.id}) was deleted: {_cut(before.text)}"


def _changed(event: Event) -> str:
    before = event.data.get("before") or {}
    found = []
    if before.get("name") and event.person and before["name"] != event.person.name:
        found.append(f"is called {event.person.name} now, was {before['name']}")
    now, was = set(event.data.get("roles") or ()), set(before.get("roles") or ())
    if event.data.get("before") is not None and now != was:
        gained, lost = ", ".join(sorted(now - was)), ", ".join(sorted(was - now))
        found.append(f"roles: +{gained or 'none'} -{lost or 'none'}")
    if event.data.get("timeout"):
        found.append(f"may not speak until {event.data['timeout']}")
    return "; ".join(found)


def _voice(event: Event) -> str:
    was, now = str(event.data.get("before") or ""), event.target
    if was == now:
        return ""
    if not was:
        return f"came into voice, {now}"
    return f"went from voice {was} to {now}" if now else f"left voice, {was}"


def _what(event: Event) -> str:
    name = str(event.data.get("name") or event.text or event.target)
    return f"{event.kind.partition('_')[0]} {name} was {event.data.get('what', 'changed')}"


LINES: Mapping[str, Callable[[Event], str]] = {
    "edit": _edit, "deletion": _deletion, "member_joined": lambda event: "joined", "member_changed": _changed,
    "member_left": lambda event: "left", "member_banned": lambda event: "was banned",
    "member_unbanned": lambda event: "is not banned any more", "voice_state": _voice, "channel_changed": _what,
    "role_changed": _what, "invite_used": lambda event: f"came by the invitation {event.text or event.target}",
}  # fmt: skip
"""What stands in the log of each kind of event; nothing where nothing is to be said."""


class Chronicle:
    """Writes the log."""

    def __init__(self, plugin: Plugin) -> None:
        self._plugin = plugin
        self._host = plugin.host
        self._files: OrderedDict[str, str] = OrderedDict()

    def heard(self, message: Message) -> None:
        """Remember what files came with a message: when it is deleted the host keeps nothing of them."""
        if message.attachments:
            self._files[message.id] = ", ".join(each.name for each in message.attachments)[:LONGEST]
            if len(self._files) > MOST_FILES:
                self._files.popitem(last=False)

    async def happened(self, event: Event, *, quiet: bool) -> None:
        """Write it down, and into the channel unless ``quiet``. Our own messages are left out."""
        settings: Settings = self._plugin.settings_for(event.guild)
        line = LINES.get(event.kind)
        if line is None or event.kind in settings.log_not:
            return
        author = event.before.author if event.before is not None else event.person
        if author is not None and author.bot and event.kind in {"edit", "deletion"}:
            return
        if event.channel is not None and event.channel.id in (settings.event_channel, settings.log_channel):
            return
        text = line(event)
        if not text:
            return
        if event.kind == "deletion" and (files := self._files.pop(event.target, "")):
            text += f" (files: {files})"
        who = event.person or author
        row = {
            "guild": event.guild.id, "at": event.at.timestamp(), "kind": event.kind,
            "person": author.id if author else "", "channel": event.channel.id if event.channel else "",
            "text": text, "seq": event.seq,
        }  # fmt: skip
        self._host.db.defer(partial(table.log, row))
        channel = self._host.channel(settings.event_channel) if settings.event_channel else None
        if channel is not None and not quiet:
            where = f" in #{event.channel.name}" if event.channel and event.kind in {"edit", "deletion"} else ""
            about = f"**{who.name}** ({who.id}){where}: " if who is not None else ""
            await self._host.push(channel, f"{about}{text}", f"event {event.seq}")


def _cut(text: str) -> str:
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"


class ChronicleCommands(Plugin):
    """Reading the log."""

    @command(rank=Rank.MANAGER, ephemeral=True)
    async def modlog(self, call: Call, who: Person | None = None, kind: str = "") -> Listing:
        """Read what happened here: edits, deletions, joins, roles, names, voice, bans.

        who: only what concerns them
        kind: only this, such as edit or member_joined
        """
        found: list[Happened] = await self.host.db.read(
            partial(table.logged, call.guild.id, who.id if who else "", kind)
        )
        lines = [f"<t:{each.at:.0f}> {each.kind} {each.person}: {each.text}" for each in found]
        return Listing(lines, "What happened", empty="Nothing is written down.")

    @modlog.complete("kind")
    async def _kinds(self, call: Call, typed: str) -> list[str]:
        return [kind for kind in LINES if kind.startswith(typed)]

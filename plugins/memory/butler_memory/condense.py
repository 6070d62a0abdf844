"""Core memory: what a persona always knows about somebody, written anew when a conversation has ended."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from attrs import frozen
from butler import QUOTE_RULE, Channel, Person, Plugin, Turn, quoted

from butler_memory import keeping
from butler_memory.archive import Archive
from butler_memory.chapters import days_of, shelf_of
from butler_memory.evidence import clean_text, is_true_to
from butler_memory.scopes import View
from butler_memory.sections import line_of
from butler_memory.tables import Core, Item

HEADINGS = ("# Who I am", "# What I remember", "# Past conversations")
RULES = f"""You are {{persona}}. Write down, in the first person, what you remember of {{name}} and of yourself, under
exactly these headings: {", ".join(HEADINGS)}. Under the second everything in short, the most important first, each with
its number (#1); under the third the conversations with their dates. Only what stands below; where two things disagree
only the newer one. At most {{words}} words.
{QUOTE_RULE}"""
STRICTER = "It was too long, or not in that form. Leave out what matters least. At most {words} words, these headings."
TRIES = 3


@frozen
class Material:
    """What core memory is made of."""

    core: Core | None
    about: tuple[Item, ...]
    own: tuple[Item, ...]
    chapters: tuple[Item, ...]

    @property
    def newest(self) -> int:
        return max([item.id for item in (*self.about, *self.own, *self.chapters)], default=0)

    @property
    def is_new(self) -> bool:
        return self.newest > 0 and (self.core is None or self.core.stale or self.newest > self.core.upto)


def material(view: View, accounts: Sequence[str]) -> Material:
    """In the store: all that may be known of somebody in a place."""
    return Material(
        keeping.core_of(view),
        tuple(keeping.known_about(view, [view.account, *accounts], 200)),
        tuple(keeping.known_about(view, ["self"], 40)),
        shelf_of(view.persona, view.channel.id).chapters,
    )


def composed(persona: str, found: Material, most: int = 4000) -> str:
    """Core memory without a model: the memories themselves, as many as fit into so many characters."""
    parts = [
        (HEADINGS[0], [f"I am {persona}.", *[line_of(item) for item in found.own]]),
        (HEADINGS[1], [line_of(item) for item in found.about]),
        (HEADINGS[2], [f"- {days_of(item)}: {item.text[:300]}" for item in reversed(found.chapters)]),
    ]
    lines: list[str] = []
    for heading, said in parts:
        lines.append(heading)
        room = most // 3
        for line in said:
            room -= len(line) + 1
            if room < 0:
                break
            lines.append(line)
    return "\n".join(lines)


class Condenser:
    """Writes core memories for one plugin; the old one stays until the new one is there."""

    def __init__(self, plugin: Plugin) -> None:
        self._plugin = plugin
        self._host = plugin.host

    def archive(self) -> Archive:
        """The former ones."""
        told = self._plugin.settings_for().archive_dir
        return Archive(Path(told).expanduser() if told else self._host.data / "archive")

    async def write(self, persona: str, person: Person, channel: Channel, *, plain: bool = False) -> bool:
        """Write what there is to know of somebody anew, if there is anything new; whether it was written.

        ``plain``: without a model, and only where there is none that still holds.

        Raises ``ButlerError`` or ``ValueError`` if that fails: then everything is as before.
        """
        settings = self._plugin.settings_for(channel)
        view = View(persona, channel, person.id, (), settings.across_channels)
        found = await self._host.db.read(partial(material, view, ()))
        holds = found.core is not None and not found.core.stale
        if not found.is_new or (plain and holds):
            return False
        limit = min(settings.core_memory_token_threshold, self._host.models.window((), persona) // 4)
        if not plain and self._host.models.has(settings.identity_model, persona):
            text = await self._asked(persona, person, channel, found, limit, settings.identity_model)
        else:
            text = composed(persona, found, limit * 2)
        await self.put(view, text, found.newest)
        return True

    async def put(self, view: View, text: str, upto: int) -> None:
        """It holds from now on: archived first, then kept, so that a crash in between loses neither."""
        settings = self._plugin.settings_for(view.channel)
        now = self._host.clock.now().timestamp()
        if settings.archive:
            days = settings.archive_days
            await asyncio.to_thread(self.archive().add, view.persona, view.account, view.place, text, now, days)
        await self._host.db.write(partial(_put, view, text, now, upto))

    async def _asked(
        self, persona: str, person: Person, channel: Channel, found: Material, limit: int, chain: str
    ) -> str:
        known = composed(persona, found, 3 * limit)
        former = f"{found.core.text}\n\n" if found.core is not None and not found.core.stale else ""
        words = max(40, limit // 2)
        rules = RULES.format(persona=persona, name=person.name or "somebody", words=words)
        turns = [Turn("system", rules), Turn("user", quoted(f"{former}{known}", "all memories"))]
        for _ in range(TRIES):
            completion = await self._host.models.complete(
                turns, asker=None, place=channel, purpose="core memory", model=chain, persona=persona,
                max_tokens=limit, deadline=60.0,
            )  # fmt: skip
            text = clean_text(completion.text)
            size = self._host.models.count(text, (), persona)
            formed = all(heading in text.splitlines() for heading in HEADINGS)
            if formed and size <= limit and completion.stop == "end":
                if not is_true_to(text, f"{former}{known}", [persona, person.name, *HEADINGS], 8 * limit):
                    break
                return text
            words = max(40, words // 2)
            turns = [
                *turns,
                Turn("assistant", completion.text[:2000] or "…"),
                Turn("user", STRICTER.format(words=words)),
            ]
        raise ValueError("what the model wrote is no core memory")


def _put(view: View, text: str, at: float, upto: int) -> None:
    row = {"persona": view.persona, "person": view.account, "place": view.place}
    keys = [Core.persona, Core.person, Core.place]
    update = {Core.text: text, Core.at: at, Core.upto: upto, Core.stale: False}
    Core.insert({**row, "text": text, "at": at, "upto": upto, "stale": False}).on_conflict(
        conflict_target=keys, update=update
    ).execute()

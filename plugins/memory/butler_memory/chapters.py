"""Long conversations in chapters: what was said long ago reads like a journal, what is recent stays word for word."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from functools import partial

from attrs import frozen
from butler import QUOTE_RULE, Channel, Message, Plugin, Section, Turn, quoted

from butler_memory import index
from butler_memory.evidence import clean_text, is_true_to
from butler_memory.offrecord import off_record
from butler_memory.tables import CURRENT, MERGED, Item
from butler_memory.words import digest

MOST = 350
"""So many messages are kept word for word at most, however short they are."""
FEWEST = 6
"""So many of the newest messages are never summarised."""
SHELF = 6
"""When there are more chapters than this the oldest become one summary of summaries."""
WORDS = 300
NOTHING = "Nothing that is to be kept."

RULES = f"""You are {{persona}} and write your journal. Write the next chapter, in the first person, out of the messages
below: {{dates}}, in at most {WORDS} words: what happened in order, highlights, a few short quotes that matter, what was
promised and by whom, what is still to be done. Only what stands there, no greeting, no heading.
{QUOTE_RULE}"""
AGAIN = f"""You are {{persona}}. These are chapters of your journal, {{dates}}. Make one chapter of them, in the first
person, in at most {WORDS} words; keep what was promised, what is still to be done, names and dates. Only what stands
there, no heading.
{QUOTE_RULE}"""


@frozen
class Shelf:
    """The chapters that a channel's prompt holds, oldest first, and where its messages begin."""

    chapters: tuple[Item, ...] = ()

    @property
    def covers(self) -> int:
        return max([item.seq for item in self.chapters], default=0) + 1

    def section(self) -> Section:
        """Chapters in front of the history; the messages in them need not stand there again."""
        texts = [f"{days_of(item)}: {item.text}" for item in self.chapters if item.text]
        told = quoted("\n\n".join(texts), "journal of this conversation") if texts else ""
        short = quoted(texts[-1], "journal of this conversation") if len(texts) > 1 else ""
        return Section(told, priority=85, stable=True, short=short, covers=self.covers, whole=True)


def days_of(item: Item) -> str:
    """The days that a chapter is about."""
    begin, end = (dt.datetime.fromtimestamp(at, dt.UTC).strftime("%Y-%m-%d") for at in (item.data["since"], item.at))
    return begin if begin == end else f"{begin} to {end}"


def shelf_of(persona: str, channel: str) -> Shelf:
    """In the store: the chapters of a channel."""
    mine = (Item.persona == persona) & (Item.channel == channel) & (Item.kind == "conversation")
    return Shelf(tuple(Item.select().where(mine, Item.state == CURRENT).order_by(Item.seq, Item.id)))


def blank_of(persona: str, channel: str) -> Item | None:
    """In the store: a chapter that is to be written anew."""
    mine = (Item.persona == persona) & (Item.channel == channel) & (Item.kind == "conversation")
    found: Item | None = Item.select().where(mine, Item.text == "").order_by(Item.id).first()
    return found


def fill(blank: Item, text: str) -> None:
    """In the store: a chapter has words again."""
    blank.text, blank.digest = text, digest(str(blank.data["level"]), text)
    Item.update(text=blank.text, digest=blank.digest).where(Item.id == blank.id, Item.text == "").execute()
    index.take([blank.id])
    index.put([blank])


def put(chapter: Item, parts: Sequence[int]) -> None:
    """In the store: a chapter is there from now on; those that it is made of are found, and shown no more."""
    same = (Item.persona == chapter.persona) & (Item.source == chapter.source) & (Item.digest == chapter.digest)
    if Item.select().where(same).exists():
        return
    chapter.id = Item.insert(chapter.__data__).execute()
    index.put([chapter])
    if parts:
        Item.update(state=MERGED, successor=chapter.id).where(Item.id.in_(parts)).execute()


class Chapters:
    """Writes them for one plugin."""

    def __init__(self, plugin: Plugin) -> None:
        self._plugin = plugin
        self._host = plugin.host

    async def tend(self, persona: str, channel: Channel) -> bool:
        """Write a chapter if the conversation is long enough; whether one was written.

        Raises ``ButlerError`` or ``ValueError`` if that fails: then everything is as before.
        """
        settings = self._plugin.settings_for(channel)
        chain = settings.summary_model
        if not self._host.models.has(chain, persona):
            return False
        shelf = await self._host.db.read(partial(shelf_of, persona, channel.id))
        blank = await self._host.db.read(partial(blank_of, persona, channel.id))
        if blank is not None:
            await self._write_again(persona, channel, blank, chain)
            return True
        past = await self._host.history(channel, limit=MOST + FEWEST + 1)
        open_ = [message for message in past if message.seq >= shelf.covers]
        limit = min(settings.conversation_token_threshold, self._host.models.window((), persona) // 2)
        old = self._old(open_, limit, persona)
        if old:
            await self._write(persona, channel, old, chain)
            return True
        if len(shelf.chapters) > SHELF:
            await self._merge(persona, channel, shelf.chapters[: SHELF // 2 + 1], chain)
            return True
        return False

    async def _write_again(self, persona: str, channel: Channel, blank: Item, chain: str) -> None:
        """Some of its messages were edited or deleted: it is written anew from what is left."""
        past = await self._host.history(channel, before=blank.seq + 1, limit=MOST + FEWEST)
        said = [message for message in past if message.seq >= blank.data["from"] and message.text]
        chapter = await self._chapter(persona, channel, said, chain) if said else None
        text = chapter.text if chapter is not None else NOTHING
        await self._host.db.write(partial(fill, blank, text))

    def _old(self, said: Sequence[Message], limit: int, persona: str) -> list[Message]:
        """The messages that become a chapter; the newest quarter stays word for word."""
        costs = [self._host.models.count(message.text, (), persona) + 4 for message in said]
        if sum(costs) <= limit and len(said) <= MOST:
            return []
        keep, room = 0, limit // 4
        while keep < len(said) and (keep < FEWEST or (room - costs[-1 - keep] >= 0 and keep < MOST // 4)):
            room -= costs[-1 - keep]
            keep += 1
        return list(said[: len(said) - keep])

    async def _write(self, persona: str, channel: Channel, old: Sequence[Message], chain: str) -> None:
        chapter = await self._chapter(persona, channel, old, chain)
        await self._host.db.write(partial(put, chapter, ()))

    async def _chapter(self, persona: str, channel: Channel, old: Sequence[Message], chain: str) -> Item:
        unsaid = off_record(old)
        said = [message for message in old if message.id not in unsaid and message.text]
        lines = "\n".join(f"{_stamp(each)} {each.author.name or each.author.id}: {each.text}" for each in said)
        people = sorted({each.author.id for each in said if not each.author.persona})
        data = {"since": old[0].at.timestamp(), "from": old[0].seq, "people": people, "level": 0}
        text = await self._told(RULES, persona, channel, said, lines, chain) if said else NOTHING
        return _chapter(persona, channel, old[-1], text, data)

    async def _merge(self, persona: str, channel: Channel, parts: Sequence[Item], chain: str) -> None:
        lines = "\n\n".join(f"{days_of(item)}: {item.text}" for item in parts)
        newest = await self._host.message(parts[-1].source)
        if newest is None:
            return
        people = sorted({person for item in parts for person in item.data["people"]})
        level = 1 + max(item.data["level"] for item in parts)
        data = {**parts[0].data, "people": people, "level": level}
        text = await self._told(AGAIN, persona, channel, [newest], lines, chain)
        chapter = _chapter(persona, channel, newest, text, data)
        await self._host.db.write(partial(put, chapter, [item.id for item in parts]))

    async def _told(
        self, rules: str, persona: str, channel: Channel, said: Sequence[Message], lines: str, chain: str
    ) -> str:
        dates = " to ".join(dict.fromkeys(each.at.strftime("%Y-%m-%d") for each in (said[0], said[-1])))
        turns = [
            Turn("system", rules.format(persona=persona, dates=dates)),
            Turn("user", quoted(lines, "earlier messages")),
        ]
        completion = await self._host.models.complete(
            turns, asker=None, place=channel, purpose="summary", model=chain, persona=persona, deadline=30.0
        )
        text = clean_text(completion.text)
        if completion.stop != "end" or not is_true_to(text, f"{lines} {dates}", [persona], 12 * WORDS):
            raise ValueError("the summary is not one of what was said")
        return text


def _stamp(message: Message) -> str:
    return message.at.strftime("[%Y-%m-%d %H:%M]")


def _chapter(persona: str, channel: Channel, last: Message, text: str, data: dict[str, object]) -> Item:
    people = data["people"]
    by = people[0] if channel.dm and isinstance(people, list) and people else ""
    return Item(
        persona=persona, kind="conversation", about="", name="", text=text, slot="", data=data, source=last.id,
        seq=last.seq, by=by, guild=channel.guild.id, channel=channel.id, private=channel.dm, at=last.at.timestamp(),
        importance=2, digest=digest(str(data["level"]), text),
    )  # fmt: skip

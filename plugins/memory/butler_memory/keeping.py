"""Memories as they are kept: once each, with their source, newer ones in place of older ones.

The functions run in the store: give them to ``self.host.db.read``, ``write`` or ``defer``.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import Any

from peewee import fn

from butler_memory import index
from butler_memory.scopes import View
from butler_memory.tables import CURRENT, SUPERSEDED, Core, Item, Work
from butler_memory.words import digest

SEEN = 500
"""So many memories of somebody are looked through for one that is the same."""


def keep(item: Item, replaces: Collection[int] = ()) -> Item | None:
    """Keep a memory; ``None`` where it is known already.

    What says the same of the same is not kept again. What it contradicts (the same about the same, or ``replaces``) is
    superseded by it: an older message never supersedes what a newer one said.
    """
    item.digest = digest(item.about, item.text)
    known = _beside(item)
    for other in known:
        if other.state == CURRENT and other.digest == item.digest:
            _said_again(other, item)
            return None
    if Item.select().where(_source(item), Item.digest == item.digest).exists():
        return None
    rivals = [other for other in known if other.state == CURRENT and _rival(item, other, replaces)]
    newer = [other for other in rivals if other.seq > item.seq]
    item.state, item.successor = (SUPERSEDED, newer[0].id) if newer else (CURRENT, None)
    item.id = Item.insert(item.__data__).execute()
    if not newer:
        index.put([item])
        supersede([other.id for other in rivals], item.id)
        _outdate(item)
    return item


def keep_all(items: Sequence[Item]) -> int:
    """Keep memories from elsewhere; returns how many are new."""
    return sum(keep(item) is not None for item in items)


def _said_again(known: Item, item: Item) -> None:
    """It is as true as when it was said last; nothing is kept twice."""
    if item.by == known.by and item.seq > known.seq:
        change = {Item.seq: item.seq, Item.at: item.at, Item.source: item.source}
        Item.update(change).where(Item.id == known.id).execute()
        known.seq = item.seq
        _outdate(known)


def _outdate(item: Item) -> None:
    """Core memories that know the same from elsewhere no longer hold."""
    same = (Item.persona == item.persona) & (Item.about == item.about) & (Item.slot == item.slot)
    if item.slot and Item.select().where(same, Item.state == CURRENT, Item.id != item.id).exists():
        Core.update(stale=True).where(Core.persona == item.persona, Core.person.in_([item.by, item.about])).execute()


def latest(view: View, items: Sequence[Item], accounts: Collection[str] = ()) -> list[Item]:
    """Memories in their order, each as it is known last where it may be seen: somebody may have said something newer
    of the same elsewhere. ``accounts`` are those of one person."""
    slots = {item.slot for item in items if item.slot}
    if not slots:
        return list(items)
    about = {item.about for item in items} | set(accounts)
    where = (Item.persona == view.persona) & Item.about.in_(about) & Item.slot.in_(slots) & (Item.state == CURRENT)
    newest: dict[tuple[str, str, str], Item] = {}

    def key(item: Item) -> tuple[str, str, str]:
        return ("me" if item.about in accounts else item.about, item.slot, item.kind)

    for item in Item.select().where(where).order_by(Item.seq):
        before = newest.get(key(item))
        if view.may_see(item) and not (before and before.by == before.about and item.by != item.about):
            newest[key(item)] = item
    return list({each.id: each for item in items for each in [newest.get(key(item), item)]}.values())


def _source(item: Item) -> Any:
    return (Item.persona == item.persona) & (Item.source == item.source)


def _beside(item: Item) -> list[Item]:
    """What is known about the same one and may be seen by the same people."""
    where: Any = (Item.persona == item.persona) & (Item.about == item.about) & (Item.private == item.private)
    where &= (Item.by == item.by) if item.private else (Item.guild == item.guild)
    return list(Item.select().where(where, Item.kind != "conversation").order_by(Item.id.desc()).limit(SEEN))


def _rival(item: Item, other: Item, replaces: Collection[int]) -> bool:
    if other.by != item.by and other.by == other.about:
        return False  # what somebody said of themselves only they take back
    return other.id in replaces or (bool(item.slot) and other.slot == item.slot and other.kind == item.kind)


def supersede(items: Sequence[int], successor: int) -> None:
    """Memories that another one took the place of: they stay as its past and are found no more."""
    if items:
        Item.update(state=SUPERSEDED, successor=successor).where(Item.id.in_(items)).execute()
        index.take(items)
        for item in Item.select().where(Item.id.in_(items)):
            mine = (Core.persona == item.persona) & Core.person.in_([item.by, item.about])
            Core.update(stale=True).where(mine).execute()


def drop(items: Iterable[int]) -> int:
    """Memories that are gone for good, with their past, from the index too; returns how many."""
    doomed: set[int] = set()
    found = list(items)
    while found:
        doomed.update(found)
        rows = Item.select(Item.id).where(Item.successor.in_(found))
        found = [row.id for row in rows if row.id not in doomed]
    gone = sorted(doomed)
    whose = {(item.persona, who) for item in Item.select().where(Item.id.in_(gone)) for who in (item.by, item.about)}
    for persona, person in whose:  # its words are in there, too
        Core.delete().where(Core.persona == persona, Core.person == person).execute()
    for begin in range(0, len(gone), 500):
        some = gone[begin : begin + 500]
        index.take(some)
        Item.delete().where(Item.id.in_(some)).execute()
    return len(gone)


def of_source(message: str) -> list[int]:
    """The memories that come from a message."""
    return [row.id for row in Item.select(Item.id).where(Item.source == message)]


def said_by(accounts: Collection[str], persona: str = "") -> list[Item]:
    """All that is remembered now of what somebody said, or about them; newest last."""
    mine = Item.by.in_(accounts) | Item.about.in_(accounts)
    if persona:
        mine &= Item.persona == persona
    found = Item.select().where(mine, Item.state == CURRENT, (Item.kind != "conversation") | (Item.channel == ""))
    return list(found.order_by(Item.id))


def known_about(view: View, about: Sequence[str], most: int = 60) -> list[Item]:
    """What a persona knows now about somebody and may say there; most important and newest first."""
    where = (Item.persona == view.persona) & Item.about.in_(about) & (Item.state == CURRENT)
    rows = Item.select().where(where, Item.kind != "conversation").order_by(Item.importance.desc(), Item.id.desc())
    seen = [item for item in rows.limit(5 * most) if view.may_see(item)]
    return latest(view, seen, about)[:most]


def fetch(items: Sequence[int]) -> list[Item]:
    """Memories by number, in that order."""
    found = {item.id: item for item in Item.select().where(Item.id.in_(items), Item.state != SUPERSEDED)}
    return [found[number] for number in items if number in found]


def seen_of(view: View, wanted: Sequence[str], most: int) -> list[Item]:
    """The memories with any of the words that may be seen, best first as the engine thinks."""
    return fetch(index.find(view.tokens, wanted, most))


def newer(view: View, upto: int, most: int = 6) -> list[Item]:
    """What was learned about somebody since core memory was written, newest first: its quick form."""
    where = (Item.persona == view.persona) & (Item.about == view.account) & (Item.state == CURRENT) & (Item.id > upto)
    rows = Item.select().where(where, Item.kind != "conversation").order_by(Item.id.desc()).limit(5 * most)
    return [item for item in rows if view.may_see(item)][:most]


def newest() -> int:
    """The number of the newest memory."""
    return int(Item.select(fn.MAX(Item.id)).scalar() or 0)


def past_of(item: int, most: int = 5) -> list[Item]:
    """What a memory took the place of, newest first."""
    return list(Item.select().where(Item.successor == item).order_by(Item.id.desc()).limit(most))


def core_of(view: View) -> Core | None:
    """The core memory that holds in a place."""
    return Core.get_or_none(persona=view.persona, person=view.account, place=view.place)


def add_work(kind: str, persona: str, person: str, channel: str, message: str, due: float) -> None:
    """Something is to be looked at; once, however often it is said."""
    row = {"persona": persona, "person": person, "channel": channel, "message": message, "due": due, "kind": kind}
    put = Work.insert(row)
    if message:
        put.on_conflict_ignore().execute()
    else:  # what is done again and again: the last word counts
        keys = [Work.kind, Work.persona, Work.person, Work.channel, Work.message]
        put.on_conflict(conflict_target=keys, update={Work.due: due, Work.tries: 0}).execute()


def put_off(kind: str, persona: str, person: str, channel: str, at: float, most: int) -> None:
    """What waits in a conversation waits until it pauses, unless there are so many."""
    mine = (Work.kind == kind) & (Work.persona == persona) & (Work.person == person) & (Work.channel == channel)
    mine &= Work.tries == 0
    if Work.select().where(mine).count() < most:
        Work.update(due=at).where(mine).execute()


def due(kind: str, now: float, most: int = 200) -> list[Work]:
    """What is to be looked at now, oldest first."""
    return list(Work.select().where(Work.kind == kind, Work.due <= now).order_by(Work.id).limit(most))


def done(works: Iterable[Work]) -> None:
    """It was looked at."""
    Work.delete().where(Work.id.in_([work.id for work in works])).execute()


def later(works: Iterable[Work], at: float) -> None:
    """It did not work; it is tried again."""
    Work.update(due=at, tries=Work.tries + 1).where(Work.id.in_([work.id for work in works])).execute()

"""What is kept of a person: shown whole, and gone without a trace. The functions run in the store."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from butler_memory import index, keeping
from butler_memory.tables import CURRENT, Core, Follow, Item, Work


def following(accounts: Collection[str]) -> list[str]:
    """Those accounts whose memories may be known elsewhere."""
    return [row.person for row in Follow.select().where(Follow.person.in_(accounts), Follow.allowed)]


def follow(accounts: Collection[str], allowed: bool, at: float) -> None:
    """Somebody said whether theirs may."""
    for account in accounts:
        update = {Follow.allowed: allowed, Follow.at: at}
        row = Follow.insert(person=account, allowed=allowed, at=at)
        row.on_conflict(conflict_target=[Follow.person], update=update).execute()


def revise(message: str, channel: str, seq: int, again: bool, at: float) -> None:
    """A message was edited (then it is looked at ``again``) or deleted: what came from it is gone."""
    items = list(Item.select().where(Item.source == message, Item.kind != "conversation"))
    keeping.drop([item.id for item in items])
    for persona, by, where in {(item.persona, item.by, item.channel) for item in items if again}:
        keeping.add_work("extract", persona, by, where, message, at)
    if seq:
        unwrite([item for item in _chapters(Item.channel == channel, Item.seq >= seq) if item.data["from"] <= seq], at)


def export(person: str) -> dict[str, Any]:
    """Every row about a person or of their words."""
    items: Any = Item.select().where((Item.by == person) | (Item.about == person)).order_by(Item.id)
    cores: Any = Core.select().where(Core.person == person).order_by(Core.id)
    works: Any = Work.select().where(Work.person == person).order_by(Work.id)
    follows: Any = Follow.select().where(Follow.person == person)
    found = {"memories": items, "core": cores, "to look at": works, "follow": follows}
    return {name: rows for name, query in found.items() if (rows := list(query.dicts()))}


def touched(person: str) -> set[tuple[str, str]]:
    """Whose core memories, by persona, hold words of a person, or may."""
    items = Item.select().where((Item.by == person) | (Item.about == person))
    chapters = [item for item in _chapters() if person in item.data["people"]]
    places = {(item.persona, place) for item in (*items, *chapters) for place in (item.guild, item.channel)}
    found = {(core.persona, core.person) for core in Core.select() if (core.persona, core.place) in places}
    return found | {(core.persona, person) for core in Core.select().where(Core.person == person)}


def forget(person: str, at: float) -> dict[str, int]:
    """Delete them; returns how many rows of each table."""
    cores = 0
    for persona, whose in touched(person):
        cores += Core.delete().where(Core.persona == persona, Core.person == whose).execute()
    mine = Item.select(Item.id).where((Item.by == person) | (Item.about == person))
    items = keeping.drop([row.id for row in mine])
    chapters = [item for item in _chapters() if person in item.data["people"]]
    for chapter in chapters:
        people = [each for each in chapter.data["people"] if each != person]
        Item.update(data={**chapter.data, "people": people}).where(Item.id == chapter.id).execute()
    return {
        "memory_item": items + unwrite(chapters, at),
        "memory_core": cores,
        "memory_work": Work.delete().where(Work.person == person).execute(),
        "memory_follow": Follow.delete().where(Follow.person == person).execute(),
    }


def _chapters(*where: Any) -> list[Item]:
    return list(Item.select().where(Item.kind == "conversation", *where))


def unwrite(chapters: Sequence[Item], at: float) -> int:
    """Chapters lose their words and are written anew from what is left; summaries of them are gone."""
    summaries = [item.id for item in chapters if item.data["level"]]
    found: list[int] = []
    reached = [item.successor for item in chapters if item.successor]
    while reached:
        found += reached
        reached = [row.successor for row in Item.select().where(Item.id.in_(reached)) if row.successor]
    doomed = sorted({*found, *summaries})
    Item.update(state=CURRENT, successor=None).where(Item.successor.in_(doomed)).execute()
    keeping.drop(doomed)
    blank = [item for item in chapters if not item.data["level"]]
    index.take([item.id for item in blank])
    for item in blank:
        Item.update(text="", digest=f"blank {item.id}").where(Item.id == item.id).execute()
        keeping.add_work("chapter", item.persona, "", item.channel, "", at)
    return len(doomed) + len(blank)

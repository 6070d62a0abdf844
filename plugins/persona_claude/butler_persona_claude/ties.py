"""What people are to characters: a kind and a stage, moved by what the people themselves say (CHAR-3).

What is known of somebody in private and in each guild is kept apart. A model proposes a move and has to quote the
person's own words for it; a quote that they never said moves nothing.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

import attrs
from attrs import frozen
from butler import QUOTE_RULE, ButlerError, Channel, Message, Person, Reply, Turn, quoted

from butler_persona_claude.character import Character
from butler_persona_claude.kinds import Kind, kinds_in
from butler_persona_claude.tables import Bond, place_of

if TYPE_CHECKING:
    from butler_persona_claude.plugin import PersonaClaude

JUDGED_EVERY = 6
"""After so many answers it is looked at whether the stage has changed."""
LEAST_QUOTE = 8
LONGEST_QUOTE = 200
MOST = 5_000
HEARD = 30
Key = tuple[str, str, str]


@frozen
class Tie:
    """How it stands between a character and somebody."""

    kind: str
    stage: int = 0
    evidence: str = ""
    source: str = ""
    since: int = 0
    """Answers since it was looked at."""


class Ties:
    """Knows them, and moves them."""

    def __init__(self, plugin: PersonaClaude) -> None:
        self._plugin = plugin
        self._known: OrderedDict[Key, Tie | None] = OrderedDict()
        self.kinds: Mapping[str, Kind] = {}

    async def start(self) -> None:
        """Read the kinds. Raises ``ConfigError``."""
        self.kinds = await asyncio.to_thread(kinds_in, self._plugin.host.data)

    def allowed(self, kind: Kind, channel: Channel) -> bool:
        """Whether a kind may be lived in a channel: one for adults needs the guild's word and an age restriction."""
        told: Any = self._plugin.settings_for(channel)
        return not kind.adult or (told.adult_relationships and channel.age_restricted)

    async def of(self, who: Character, person: Person, channel: Channel) -> Tie | None:
        """How it stands; the kind that the character begins with, where nothing was chosen."""
        key = (who.name, person.id, place_of(channel))
        if key not in self._known:
            self._keep(key, await self._plugin.host.db.read(partial(_load, key)))
        found = self._known[key]
        if found is None and who.relationship in self.kinds:
            return Tie(who.relationship)
        return found if found is not None and found.kind in self.kinds else None

    def _keep(self, key: Key, tie: Tie | None) -> None:
        self._known[key] = tie
        self._known.move_to_end(key)
        if len(self._known) > MOST:
            self._known.popitem(last=False)

    async def put(self, who: Character, person: Person, channel: Channel, tie: Tie) -> None:
        """It stands so from now on."""
        key = (who.name, person.id, place_of(channel))
        self._keep(key, tie)
        await self._plugin.host.db.write(partial(_save, key, tie))

    def forget(self) -> None:
        """Rows are gone: read them again."""
        self._known.clear()

    async def told(self, who: Character, message: Message) -> str:
        """What the character is told of it here; ``""`` where nothing is, or may not be."""
        if message.author.bot or message.kind != "message":
            return ""
        tie = await self.of(who, message.author, message.channel)
        if tie is None or not self.allowed(self.kinds[tie.kind], message.channel):
            return ""
        stages = self.kinds[tie.kind].stages
        name = " ".join((message.author.name or "this person").split())[:64]
        return stages[min(tie.stage, len(stages) - 1)].prompt.replace("{{user}}", name)

    def spoke(self, who: Character, message: Message, reply: Reply) -> None:
        """One more answer; now and then it is looked at, in the background, what has changed."""
        key = (who.name, message.author.id, place_of(message.channel))
        known = self._known.get(key)
        tie = known if known is not None else Tie(who.relationship) if who.relationship in self.kinds else None
        if tie is None or not self.allowed(self.kinds[tie.kind], message.channel):
            return
        due = tie.since + 1 >= JUDGED_EVERY
        tie = attrs.evolve(tie, since=0 if due else tie.since + 1)
        self._keep(key, tie)
        self._plugin.host.db.defer(partial(_save, key, tie))
        if due:
            self._plugin.scope.task(self._judge(who, message), f"relationship of {who.name}")

    async def _judge(self, who: Character, message: Message) -> None:
        told: Any = self._plugin.settings_for(message)
        model = told.voting_model or ()
        tie = await self.of(who, message.author, message.channel)
        if tie is None or not self._plugin.host.models.has(model, who.name):
            return
        history = await self._plugin.host.history(message.channel, before=message.seq + 1, limit=HEARD)
        said = [each for each in history if each.author.id == message.author.id and each.text]
        try:
            answer = await self._plugin.host.models.complete(
                _question(self.kinds[tie.kind], tie, said), asker=message.author, place=message, purpose="relationship",
                model=model, persona=who.name, max_tokens=300, schema=SCHEMA, deadline=30.0,
            )  # fmt: skip
        except ButlerError as error:
            self._plugin.host.log.info("a relationship was not looked at", persona=who.name, reason=str(error.args[0]))
            return
        moved = judged(answer.data, tie, said, len(self.kinds[tie.kind].stages))
        if moved is not None:
            await self.put(who, message.author, message.channel, moved)


SCHEMA: Mapping[str, Any] = {
    "type": "object",
    "properties": {"move": {"type": "integer", "enum": [-1, 0, 1]}, "evidence": {"type": "string"}},
    "required": ["move", "evidence"],
    "additionalProperties": False,
}


def _question(kind: Kind, tie: Tie, said: Sequence[Message]) -> list[Turn]:
    stages = "\n".join(f"{place}. {each.name}: {each.prompt}" for place, each in enumerate(kind.stages))
    told = (
        f"{QUOTE_RULE}\n\nA relationship ({kind.about or kind.name}) has these stages:\n{stages}\n"
        f"It is at stage {tie.stage}. Below is what the person said lately. Has it moved one stage on (1), one back "
        "(-1), or not (0)? Move only on plain evidence, given word for word from what the person said; else 0 and ''."
    )
    lines = "\n".join(each.text[:600] for each in said)
    return [Turn("system", told, stable=True), Turn("user", quoted(lines, "the person"))]


def judged(data: Any, tie: Tie, said: Sequence[Message], stages: int) -> Tie | None:
    """The tie as it is now, if the answer is sound and its evidence was really said; else ``None``."""
    if not isinstance(data, Mapping) or data.get("move") not in (-1, 1) or not isinstance(data.get("evidence"), str):
        return None
    stage = max(0, min(stages - 1, tie.stage + int(data["move"])))
    quote = _plain(data["evidence"])
    source = next((each for each in reversed(said) if quote in _plain(each.text)), None)
    if stage == tie.stage or len(quote) < LEAST_QUOTE or source is None:
        return None
    return attrs.evolve(tie, stage=stage, evidence=data["evidence"].strip()[:LONGEST_QUOTE], source=source.id)


def _plain(text: str) -> str:
    return " ".join(text.casefold().split())


def _load(key: Key) -> Tie | None:
    persona, person, place = key
    row = Bond.get_or_none(Bond.persona == persona, Bond.person == person, Bond.place == place)
    return Tie(row.kind, row.stage, row.evidence, row.source, row.judged) if row else None


def _save(key: Key, tie: Tie) -> None:
    columns = dict(zip(("persona", "person", "place"), key, strict=True))
    changed = {
        "kind": tie.kind,
        "stage": tie.stage,
        "evidence": tie.evidence,
        "source": tie.source,
        "judged": tie.since,
    }
    Bond.insert(**columns, **changed).on_conflict(
        conflict_target=[Bond.persona, Bond.person, Bond.place], update=changed
    ).execute()

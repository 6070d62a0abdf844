"""Votes: on whom, whether they count, and how that is said."""

from __future__ import annotations

from functools import partial

import attrs
from butler import Channel, CommandError, Guild, Person, Plugin

from butler_karma import tables
from butler_karma.parsing import Point, key_of
from butler_karma.settings import Settings
from butler_karma.tables import Entry

QUIET = 600.0
"""Seconds within which the same refusal is not said to the same person again."""


class Refused(CommandError):
    """A vote that does not count; ``kind`` names the rule."""

    def __init__(self, kind: str, text: str) -> None:
        super().__init__(text)
        self.kind = kind


@attrs.frozen
class Cause:
    """What a vote came from: a message's id (of a reaction also its emoji), and the journal's number of it."""

    id: str = ""
    seq: int | None = None


class Votes:
    """Judges votes and has those that count written with what is being handled."""

    def __init__(self, plugin: Plugin) -> None:
        self._plugin = plugin
        self._host = plugin.host
        self._refused: dict[tuple[str, str], float] = {}

    async def cast(
        self, giver: Person, target: Person, point: Point, channel: Channel, cause: Cause, before: int = 0
    ) -> str:
        """Count a vote; returns what to say. Raises ``Refused``.

        ``before``: so many votes of the same message count already and are not in the ledger yet.
        """
        settings: Settings = self._plugin.settings_for(channel, giver)
        givers, targets = self._host.who(giver).accounts, self._host.who(target).accounts
        if target.id in givers:
            raise Refused("self", "Karma for oneself does not count")
        if target.bot and not settings.bots:
            raise Refused("bot", f"{target.name} is a machine, and machines get no karma here")
        vote = Entry(
            guild=channel.guild.id, giver=giver.id, target=target.id, amount=point.amount, reason=point.reason,
            cause=cause.id, seq=cause.seq, at=self._host.clock.now().timestamp(),
        )  # fmt: skip
        left = max(0, settings.per_hour - before)
        judged = partial(tables.judge, vote, givers, targets, left, settings.cooldown)
        limit, seconds, has = await self._host.db.read(judged)
        if limit == "hour":
            raise Refused(limit, f"That was enough karma for now, {giver.name}; go on in {seconds / 60:.0f} min")
        if limit == "pair":
            raise Refused(limit, f"You just voted on {target.name}; you can again in {seconds:.0f} s")
        self._host.db.defer(partial(tables.enter, vote, givers, targets, settings.per_hour, settings.cooldown))
        return f"{target.name} now has {has + point.amount} karma."

    def is_news(self, person: Person, refused: Refused) -> bool:
        """Whether this refusal was not said to them lately: politeness does not repeat itself."""
        now = self._host.clock.monotonic()
        self._refused = {key: at for key, at in self._refused.items() if at > now - QUIET}
        key = (person.id, refused.kind)
        return key not in self._refused and self._refused.setdefault(key, now) == now

    async def find(self, name: str, channel: Channel) -> Person:
        """Who is meant by a name; a thing is a person whose id begins with ``thing:``. Raises ``Refused``."""
        key = key_of(name)
        if name.startswith("<@"):
            return target_of(await self._host.person(f"{channel.platform}:{name.strip('<@!>')}", channel.guild))
        for persona in self._host.personas:
            if key in map(key_of, (persona.name, persona.label, *persona.handles)):
                return Person(f"persona:{persona.name}", persona.label, bot=True)
        ids = (name, f"{channel.platform}:{name}", f"{channel.platform}:{name.removeprefix('@')}")
        found = await self._host.people(name, channel)
        people = [person for person in found if key == key_of(person.name) or person.id in ids]
        if len(people) > 1:
            raise Refused("name", f"Several people here are called {name}; mention the one you mean")
        if not people and name.startswith("@"):
            raise Refused("name", f"I know nobody called {name[1:]} here")
        return target_of(people[0]) if people else Person(f"thing:{key}", name)

    async def name(self, target: str, guild: Guild) -> str:
        """What somebody or something in the ledger is called."""
        kind, _, name = target.partition(":")
        return name if kind in {"thing", "persona"} else (await self._host.person(target, guild)).name


def target_of(person: Person) -> Person:
    """The one whom a vote on a person is for: a persona is itself, whatever account it speaks through."""
    return Person(f"persona:{person.persona}", person.persona, bot=True) if person.persona else person

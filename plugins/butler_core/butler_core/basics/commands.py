"""/ping, /userinfo, /avatar, /roll, /remind, /custom."""

from __future__ import annotations

import datetime as dt
from functools import partial
from typing import TYPE_CHECKING

from butler import BadArgument, Call, Card, CommandError, Listing, Person, Rank, Reply, command, job

from butler_core.basics import reminders
from butler_core.basics.dice import roll
from butler_core.feature import Commands

if TYPE_CHECKING:
    from butler_core.basics.feature import Basics


class BasicsCommands(Commands):
    """What every bot can do."""

    @property
    def _basics(self) -> Basics:
        from butler_core.basics.feature import Basics  # noqa: PLC0415 - the feature names its commands

        return self.feature(Basics)

    @command(rank=Rank.GUEST)
    async def ping(self, call: Call) -> str:
        """See whether I am awake, and how long I took to hear you."""
        if call.message is None:
            return "Pong."
        late = max(0.0, (self.host.clock.now() - call.message.at).total_seconds())
        return f"Pong. I heard you after {late * 1000:.0f} ms."

    @command(rank=Rank.GUEST)
    async def userinfo(self, call: Call, who: Person | None = None) -> Reply:
        """Show who somebody is here; you, if nobody is named.

        who: a person
        Example: /userinfo bob
        """
        person = who or call.person
        what = "a machine" if person.bot else self.host.rank(person, call.guild).name.lower()
        fields = [
            ("Id", f"`{person.id}`"),
            ("Is here", what),
            ("Roles", str(len(person.roles)) if person.roles else "none"),
        ]
        return Reply(card=Card(person.name or person.id, fields=tuple(fields)))

    @command(rank=Rank.GUEST)
    async def roll(self, call: Call, *, dice: str = "d6") -> str:
        """Roll dice.

        dice: how many, of how many sides, and what is added: 2d6+1
        Example: /roll 2d6+1
        """
        draw = self._basics.random
        total, how = roll(dice, lambda sides: draw.randint(1, sides))
        return f"🎲 **{total}**" if how == str(total) else f"🎲 {how} = **{total}**"

    # --- reminders --------------------------------------------------------------------------------------

    @command(rank=Rank.GUEST, default_name="me", ephemeral=True)
    async def remind(self, call: Call, when: dt.datetime, *, what: str) -> str:
        """Be told something later, by direct message.

        when: a time, or in how long: 30m, "tomorrow 9:00"
        what: what you want to be told
        Example: /remind 30m the tea is ready
        """
        if when <= self.host.clock.now():
            raise BadArgument("that is over already", remedy="give a time to come, such as 30m or “tomorrow 9:00”")
        if len(what) > 1000:
            raise BadArgument(f"a reminder has at most 1000 characters, not {len(what)}")
        mine = await self.host.db.read(partial(reminders.of_person, self.host.who(call.person).accounts))
        if len(mine) >= call.settings.reminders_most:
            raise CommandError(f"{len(mine)} reminders of yours wait already", remedy="`remind cancel` takes one back")
        add = partial(reminders.add, call.person.id, call.guild.id, call.channel.id, what, when.timestamp())
        number = await self.host.db.write(add)
        await self.host.schedule.once(when, self.reminded, key=f"reminder {number}", arguments={"number": number})
        return f"I will remind you {_at(when, self.host.clock.now())}: {what}"

    @remind.command(name="list", rank=Rank.GUEST, ephemeral=True)
    async def reminders(self, call: Call) -> Listing:
        """List what you wait to be reminded of."""
        rows = await self.host.db.read(partial(reminders.of_person, self.host.who(call.person).accounts))
        now = self.host.clock.now()
        lines = [f"{place}. {_at(_moment(row.at), now)}: {row.text[:200]}" for place, row in enumerate(rows, 1)]
        return Listing(lines, "Your reminders", empty="You wait for nothing.")

    @remind.command(rank=Rank.GUEST, ephemeral=True)
    async def cancel(self, call: Call, number: int) -> str:
        """Take a reminder back.

        number: its place in `remind list`
        Example: /remind cancel 1
        """
        rows = await self.host.db.read(partial(reminders.of_person, self.host.who(call.person).accounts))
        if not 1 <= number <= len(rows):
            raise BadArgument(
                f"there is no reminder {number}", remedy=f"you have {len(rows)}; `remind list` shows them"
            )
        await self.host.schedule.cancel(f"reminder {rows[number - 1].id}")
        await self.host.db.write(partial(reminders.drop, rows[number - 1].id))
        return f"I will not remind you of: {rows[number - 1].text}"

    @job
    async def reminded(self, number: int) -> None:
        """Remind somebody; in the channel where they asked if they take no direct messages."""
        row = await self.host.db.read(partial(reminders.one, number))
        if row is None:
            return
        self.host.db.defer(partial(reminders.drop, number))
        person = await self.host.person(row.person)
        place = self.host.channel(row.channel)
        fallback = place if place is not None and not place.dm else None
        await self.host.push(
            person, f"⏰ You wanted to be reminded: {row.text}", f"reminder {number}",
            guild=place.guild if fallback and place else None, fallback=place, asked=True, at_night=True,
        )  # fmt: skip

    # --- a guild's own commands ---------------------------------------------------------------------------

    @command(default_name="use")
    async def custom(self, call: Call, name: str, *, text: str = "") -> str:
        """Use a command of this guild's own; `!NAME` does the same.

        name: the command
        text: what it is told
        Example: /custom rules
        """
        return await self._basics.say(name.lstrip("/!"), call.channel, call.person, text)

    @custom.complete("name")
    async def names(self, call: Call, typed: str) -> list[str]:
        """Those that begin with it."""
        return [
            each for each in sorted(self._basics.custom.get(call.guild.id, ())) if each.startswith(typed.casefold())
        ]

    @custom.command(name="list")
    async def customs(self, call: Call) -> Listing:
        """List the commands of this guild's own."""
        mine = self._basics.custom.get(call.guild.id, {})
        lines = [f"- `!{name}`: {' '.join(text.split())[:80]}" for name, text in sorted(mine.items())]
        return Listing(
            tuple(lines), "Commands of our own", empty="There are none; `custom add rules Be kind.` makes one."
        )

    @custom.command(rank=Rank.MANAGER)
    async def add(self, call: Call, name: str, *, text: str) -> str:
        """Write a command of this guild's own, or change one.

        {person}, {guild}, {channel}, {text}, {1} to {9}, {uses} and {choose:this|that} are filled in.

        name: one word
        text: what it says
        Example: /custom add welcome Welcome to {guild}, {text}!
        """
        return f"`!{await self._basics.write(name, text, call.channel, call.person)}` is a command here now."

    @custom.command(rank=Rank.MANAGER)
    async def remove(self, call: Call, name: str) -> str:
        """Delete a command of this guild's own.

        name: the command
        Example: /custom remove rules
        """
        await self._basics.remove(name.lstrip("/!"), call.guild.id)
        return f"`!{name.lstrip('/!')}` is no command any more."


def _moment(seconds: float) -> dt.datetime:
    return dt.datetime.fromtimestamp(seconds, dt.UTC)


def _at(when: dt.datetime, now: dt.datetime) -> str:
    """In how long, and when exactly."""
    left = max(0, round((when - now).total_seconds()))
    spans = [("d", 86400), ("h", 3600), ("min", 60), ("s", 1)]
    parts = []
    for unit, seconds in spans:
        count, left = divmod(left, seconds)
        parts += [f"{count} {unit}"] if count else []
    return f"in {' '.join(parts[:2]) or '0 s'} ({when:%Y-%m-%d %H:%M} UTC)"

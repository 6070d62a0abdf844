"""`/relationship`: what one is to a character, why, another kind, from the beginning again. `/mode`: another mood."""

from __future__ import annotations

from typing import TYPE_CHECKING

from butler import Call, CommandError, Plugin, Rank, command

from butler_persona_claude.character import Character
from butler_persona_claude.ties import Tie

if TYPE_CHECKING:
    from butler_persona_claude.casting import Casting
    from butler_persona_claude.moods import Moods
    from butler_persona_claude.ties import Ties


class Bonds(Plugin):
    """For everybody."""

    casting: Casting
    moods: Moods
    ties: Ties

    def _who(self, call: Call, name: str) -> Character:
        """The character meant: the one that is named, else whom the conversation is with, else the only one here."""
        if name:
            return self.casting.find(name).character
        living = [each.name for each in self.host.living_in(call.channel) if self.casting.of(each.name)]
        partner = self.host.partner(call.channel)
        found = self.casting.of(partner) or (self.casting.of(living[0]) if len(living) == 1 else None)
        if found is None:
            raise CommandError("which character?", remedy=f"name one: {', '.join(living) or 'none lives here'}")
        return found

    @command(ephemeral=True)
    async def relationship(self, call: Call, *, character: str = "") -> str:
        """Say what you are to a character here, and why.

        character: its name; leave it out where there is only one
        Example: /relationship Pixel
        """
        who = self._who(call, character)
        tie = await self.ties.of(who, call.person, call.channel)
        if tie is None:
            kinds = ", ".join(sorted(self.ties.kinds))
            how = f"`{call.prefix}relationship choose KIND` begins one: {kinds}"
            return f"There is nothing between you and {who.label} yet. {how}."
        kind = self.ties.kinds[tie.kind]
        stage = kind.stages[min(tie.stage, len(kind.stages) - 1)]
        ladder = " → ".join(f"**{each.name}**" if each is stage else each.name for each in kind.stages)
        why = f"\nIt moved when you said: “{tie.evidence}”" if tie.evidence else ""
        shown = "" if self.ties.allowed(kind, call.channel) else "\nIt does not show here: it is for adults."
        return f"You and {who.label}: {tie.kind}, {stage.name}.\n{ladder}{why}{shown}"

    @relationship.command(ephemeral=True)
    async def choose(self, call: Call, kind: str, *, character: str = "") -> str:
        """Begin another kind of relationship with a character, here.

        kind: romantic, familial, mentorship, adversarial, platonic, professional, or one of this host's own
        character: its name; leave it out where there is only one
        Example: /relationship choose mentorship Pixel
        """
        who = self._who(call, character)
        found = self.ties.kinds.get(kind.casefold())
        if found is None:
            raise CommandError(f"{kind[:40]!r} is no kind", remedy=f"there are {', '.join(sorted(self.ties.kinds))}")
        if not self.ties.allowed(found, call.channel):
            raise CommandError(
                f"{found.name} is for adults",
                remedy="it needs an age-restricted channel, in a guild whose managers allow it (adult_relationships)",
            )
        await self.ties.put(who, call.person, call.channel, Tie(found.name))
        return f"You and {who.label}: {found.name}, {found.stages[0].name}."

    @choose.complete("kind")
    async def _kinds(self, call: Call, typed: str) -> list[str]:
        return [name for name in sorted(self.ties.kinds) if name.startswith(typed.casefold())]

    @relationship.command(ephemeral=True, confirm="It begins from the first stage again. Go on?")
    async def reset(self, call: Call, *, character: str = "") -> str:
        """Set it back to its first stage.

        character: its name; leave it out where there is only one
        Example: /relationship reset Pixel
        """
        who = self._who(call, character)
        tie = await self.ties.of(who, call.person, call.channel)
        if tie is None:
            raise CommandError(f"there is nothing between you and {who.label} yet")
        await self.ties.put(who, call.person, call.channel, Tie(tie.kind))
        return f"You and {who.label}: {tie.kind}, {self.ties.kinds[tie.kind].stages[0].name} again."

    @command(rank=Rank.MEMBER)
    async def mode(self, call: Call, name: str = "", *, character: str = "") -> str:
        """Say which modes a character has, or put it into one, here.

        name: the mode
        character: its name; leave it out where there is only one
        Example: /mode noir Pixel
        """
        who = self._who(call, character)
        names = [each.name for each in who.modes]
        if not names:
            raise CommandError(f"{who.label} has no modes")
        if not name:
            return f"{who.label} can be {', '.join(names)}."
        if name.casefold() not in [each.casefold() for each in names]:
            raise CommandError(f"{who.label} has no mode {name[:40]!r}", remedy=f"there are {', '.join(names)}")
        await self.moods.choose(who, call.channel.id, [each.casefold() for each in names].index(name.casefold()))
        return f"{who.label} is {name} now."

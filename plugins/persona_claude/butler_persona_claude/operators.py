"""What operators type in the log channel (`/operator …`) or at the console (`persona_…`)."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from butler import Call, CommandError, Denied, Listing, Plugin, Rank, command, console

from butler_persona_claude import tables as kept

if TYPE_CHECKING:
    from butler_persona_claude.casting import Casting
    from butler_persona_claude.offices import Offices


class Operators(Plugin):
    """For operators: both the rank and the log channel are needed."""

    casting: Casting
    offices: Offices

    def _may(self, call: Call) -> None:
        """Raise ``Denied`` outside of the log channel."""
        told: Any = self.settings_for(call.channel)
        if not told.log_channel or call.channel.id != told.log_channel:
            where = f"in {told.log_channel}" if told.log_channel else "nowhere, until `log_channel` is set"
            raise Denied(f"such commands are taken {where}", remedy="or at the operator's console")

    @command(rank=Rank.ADMIN, group=True)
    async def operator(self, call: Call) -> None:
        """Look after the characters, in the log channel."""

    @operator.command(rank=Rank.ADMIN)
    async def shutdown(self, call: Call, *, name: str) -> str:
        """Have a character be silent until it is started again; nothing of it is lost.

        name: its exact name
        Example: /operator shutdown Nyx Void
        """
        self._may(call)
        return await self._shut(name, down=True)

    @operator.command(rank=Rank.ADMIN, name="start")
    async def wake(self, call: Call, *, name: str) -> str:
        """Have a character speak again that was shut down.

        name: its exact name
        Example: /operator start Nyx Void
        """
        self._may(call)
        return await self._shut(name, down=False)

    @operator.command(rank=Rank.ADMIN, ephemeral=True)
    async def user(self, call: Call, person: str) -> str:
        """Say what is kept of somebody, in numbers; no contents.

        person: the id
        Example: /operator user discord:1234
        """
        self._may(call)
        return await self._user(person)

    @operator.command(rank=Rank.ADMIN, ephemeral=True)
    async def users(self, call: Call) -> Listing:
        """List who talks to characters.

        Example: /operator users
        """
        self._may(call)
        return await self._users()

    @operator.command(rank=Rank.ADMIN)
    async def premium(self, call: Call, person: str) -> str:
        """Give somebody the better model, or take it back.

        person: the id
        Example: /operator premium discord:1234
        """
        self._may(call)
        return await self._premium(person)

    @operator.command(rank=Rank.ADMIN)
    async def verbose(self, call: Call, on: bool) -> str:
        """Have each question to a model named in the log, or no longer.

        on: on or off
        Example: /operator verbose on
        """
        self._may(call)
        return self._verbose(on)

    @operator.command(rank=Rank.ADMIN, ephemeral=True, name="status")
    async def overview(self, call: Call) -> str:
        """Say which models and settings hold, and since when the characters are up.

        Example: /operator status
        """
        self._may(call)
        return self._overview(self.settings_for(call.channel))

    @operator.command(rank=Rank.ADMIN)
    async def testlog(self, call: Call) -> str:
        """Write a line into the log, to see that it arrives.

        Example: /operator testlog
        """
        self._may(call)
        self.host.log.info("this is a test of the log", by=call.person.id)
        return "A line is in the log; `butler logs` shows it."

    # --- the same at the console --------------------------------------------------------------------

    @console
    async def persona_shutdown(self, call: Call, *, name: str) -> str:
        """Have a character be silent until it is started again; nothing of it is lost.

        name: its exact name
        Example: persona_shutdown Nyx Void
        """
        return await self._shut(name, down=True)

    @console
    async def persona_start(self, call: Call, *, name: str) -> str:
        """Have a character speak again that was shut down.

        name: its exact name
        Example: persona_start Nyx Void
        """
        return await self._shut(name, down=False)

    @console
    async def persona_user(self, call: Call, person: str) -> str:
        """Say what is kept of somebody, in numbers; no contents.

        person: the id
        Example: persona_user discord:1234
        """
        return await self._user(person)

    @console
    async def persona_users(self, call: Call) -> str:
        """List who talks to characters.

        Example: persona_users
        """
        return "\n".join((await self._users()).lines) or "nobody yet"

    @console
    async def persona_premium(self, call: Call, person: str) -> str:
        """Give somebody the better model, or take it back.

        person: the id
        Example: persona_premium discord:1234
        """
        return await self._premium(person)

    @console
    async def persona_verbose(self, call: Call, on: bool) -> str:
        """Have each question to a model named in the log, or no longer.

        on: on or off
        Example: persona_verbose on
        """
        return self._verbose(on)

    @console
    async def persona_status(self, call: Call) -> str:
        """Say which models and settings hold, and since when the characters are up.

        Example: persona_status
        """
        return self._overview(self.settings_for())

    # --- what both do -------------------------------------------------------------------------------

    async def _shut(self, name: str, *, down: bool) -> str:
        if name not in self.casting.documents:
            known = ", ".join(sorted(self.casting.documents)) or "none yet"
            raise CommandError(f"there is no character named exactly {name[:40]!r}", remedy=f"there are: {known}")
        await self.offices.shut_down(name, down=down)
        return f"{name} is silent until `start`; nothing of it is lost." if down else f"{name} speaks again."

    async def _user(self, person: str) -> str:
        found = await self.host.db.read(partial(kept.of_person, person))
        talks, bonds = found[kept.name_of(kept.Talk)], found[kept.name_of(kept.Bond)]
        known = await self.host.person(person)
        lines = [
            f"{known.name or person} ({person})",
            f"premium: {'yes' if person in self.offices.premium else 'no'}",
            f"answers of characters: {sum(each['messages'] for each in talks)}",
            f"characters talked to: {len({each['persona'] for each in talks})}",
            f"relationships: {len(bonds)}",
        ]
        return "\n".join(lines)

    async def _users(self) -> Listing:
        rows = await self.host.db.read(kept.talkers)
        lines = [f"{(await self.host.person(person)).name or person} ({person}): {count}" for person, count in rows]
        return Listing(lines, "Who talks to characters", empty="nobody yet")

    async def _premium(self, person: str) -> str:
        if ":" not in person:
            raise CommandError(f"{person[:40]!r} is no id of a person", remedy="for example discord:1234")
        given = await self.offices.toggle_premium(person)
        return f"{person} has the {'better' if given else 'default'} model from now on."

    def _verbose(self, on: bool) -> str:
        self.offices.verbose = on
        return f"Questions to models are {'named in the log' if on else 'not named any more'}."

    def _overview(self, told: Any) -> str:
        up = self.host.clock.now() - self.offices.since
        votes = f"on ({told.yes_no_vote_count} votes, {told.votes_per_hour} an hour)" if told.votes else "off"
        lines = [
            f"default model: {told.default_model}", f"premium model: {told.premium_model}",
            f"voting model: {told.voting_model or 'each character its own'}", f"votes: {votes}",
            f"answers to machines: {'on' if told.reply_to_bots else 'off'}",
            f"typing: {told.typing_speed_cpm:g} characters a minute" if told.typing else "typing: off",
            f"characters: {len(self.casting.documents)}, {len(self.offices.down)} of them shut down",
            f"up for {str(up).partition('.')[0]}",
        ]  # fmt: skip
        return "\n".join(lines)

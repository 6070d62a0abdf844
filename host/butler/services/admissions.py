"""In which guilds the host is welcome to answer: asked, allowed or refused, and an operator's word on it (HOST-30)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import peewee
import structlog
from attrs import frozen

from butler.errors import CommandError
from butler.model import Guild, Person, platform_of
from butler.services.admission import Admission, Decision
from butler.store.table import Table, create_tables

if TYPE_CHECKING:
    from butler.host import Host

log = structlog.get_logger("butler.admission")

State = Literal["asked", "allowed", "refused"]
_OF_POLICY: dict[Decision, State] = {"accept": "allowed", "ask": "asked", "decline": "refused"}


@frozen
class Admitted:
    """What holds for one guild; ``by``: the operator who said so, ``""``: the policy."""

    guild: str
    state: State
    by: str = ""


class AdmissionRow(Table):
    """One guild that nobody configured."""

    guild = peewee.TextField(primary_key=True)
    state = peewee.TextField()
    by = peewee.TextField(index=True)

    class Meta:
        table_name = "host_admissions"


class Admissions:
    """Answers from memory; written through to the store.

    In a guild about which an operator was asked the host answers within the small budget of a guild that nobody
    configured; of a refused one nothing is taken in.
    """

    def __init__(self, host: Host) -> None:
        self._host = host
        self._guilds: dict[str, Admitted] = {}
        self._home: set[str] = set()
        """Guilds that need no word, as they were met."""

    async def start(self) -> None:
        """Make the table and read it."""
        self._guilds = {each.guild: each for each in await self._host.database.write(_load)}

    def of(self, guild: str) -> Admitted:
        """What holds for a guild."""
        return self._guilds.get(guild) or Admitted(guild, "allowed")

    @property
    def known(self) -> list[Admitted]:
        """Every guild about which something was decided or asked, the open questions first."""
        order = ("asked", "refused", "allowed")
        return sorted(self._guilds.values(), key=lambda each: (order.index(each.state), each.guild))

    def is_welcome(self, guild: Guild) -> bool:
        """Whether what comes from a guild is taken in. Of a new one operators are told, once."""
        if guild.id in self._home:
            return True
        known = self._guilds.get(guild.id)
        if known is not None:
            return known.state != "refused"
        if self._is_at_home(guild.id):
            self._home.add(guild.id)
            return True
        told = self._host.config.host
        policy = Admission(told.accept_invites, told.new_guilds, tuple(told.allow))
        known = self._guilds[guild.id] = Admitted(guild.id, _OF_POLICY[policy.guild(guild.id)])
        self._host.scope.task(self._new(guild, known), f"new guild {guild.id}")
        return known.state != "refused"

    async def _new(self, guild: Guild, admitted: Admitted) -> None:
        await self._host.database.write(lambda: _save(admitted, first=True))
        await self._tell(guild, admitted)

    def _is_at_home(self, guild: str) -> bool:
        """Direct conversations, platforms of this machine, and guilds that are configured need no word."""
        platform = self._host.platform(guild)
        local = platform is not None and platform.local
        return local or guild == f"{platform_of(guild)}:dm" or self._host.settings.is_configured(guild)

    async def _tell(self, guild: Guild, admitted: Admitted) -> None:
        log.info("a guild is new", guild=guild.id, name=guild.name, state=admitted.state)
        if admitted.state != "asked":
            return
        text = (
            f"I am in **{guild.name or guild.id}** (`{guild.id}`) now, which nobody configured. I answer there within "
            f"a small budget. `guilds allow {guild.id}` lifts that, `guilds refuse {guild.id}` has me be silent there."
        )
        for operator in self._host.config.host.operators:
            if self._host.platform(operator) is not None:
                bound = self._host.incoming.bound
                await bound.push(Person(operator), text, f"new guild {guild.id} {operator}", asked=True)

    async def decide(self, guild: str, by: Person, *, allow: bool) -> Admitted:
        """An operator's word. Raises ``CommandError`` for a guild that the host never met."""
        if guild not in self._guilds and all(each.id != guild for each in self._host.places.guilds):
            raise CommandError(f"I know no guild {guild[:60]}", remedy="`guilds` lists those that I know")
        before = self.of(guild)
        decided = Admitted(guild, "allowed" if allow else "refused", by.id)
        await self._host.database.write(lambda: _save(decided))
        self._guilds[guild] = decided
        self._home.discard(guild)
        await self._host.settings.audit.note(by.id, f"guild {guild}", before=before.state, after=decided.state)
        await self._host.serving.commands_changed(guild)
        return decided

    async def export_person(self, person: str) -> list[dict[str, Any]]:
        """What an operator decided."""
        return [{"guild": each.guild, "state": each.state} for each in self._guilds.values() if each.by == person]

    async def forget_person(self, person: str, replacement: str) -> int:
        """What they decided holds, with ``replacement`` in their place."""
        mine = [each for each in self._guilds.values() if each.by == person]
        for each in mine:
            self._guilds[each.guild] = Admitted(each.guild, each.state, replacement)
        await self._host.database.write(lambda: _forget(person, replacement))
        return len(mine)


def _load() -> list[Admitted]:
    create_tables([AdmissionRow])
    rows: Any = AdmissionRow.select()
    return [Admitted(row.guild, row.state, row.by) for row in rows]


def _save(admitted: Admitted, *, first: bool = False) -> None:
    """``first``: an operator's word that came meanwhile stays."""
    changed = {"state": admitted.state, "by": admitted.by}
    row = AdmissionRow.insert(guild=admitted.guild, **changed)
    if first:
        row.on_conflict_ignore().execute()
    else:
        row.on_conflict(conflict_target=[AdmissionRow.guild], update=changed).execute()


def _forget(person: str, replacement: str) -> None:
    AdmissionRow.update(by=replacement).where(AdmissionRow.by == person).execute()

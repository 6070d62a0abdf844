"""Roles that come by themselves: when people join, press a button, choose, react, or come back (MOD-4)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import attrs
from butler import (
    Action,
    Button,
    Channel,
    Choice,
    CommandError,
    Event,
    Guild,
    Menu,
    Person,
    PlatformError,
    Plugin,
    Reply,
)

from butler_moderation import door_tables as table
from butler_moderation.door_tables import Panel
from butler_moderation.settings import Settings

YEARS = 10 * 365 * 86_400.0
MOST_ENTRIES = 20


@attrs.frozen
class Entry:
    """One role of a panel."""

    role: str
    label: str
    emoji: str = ""


class Roles:
    """Gives roles and takes them."""

    def __init__(self, plugin: Plugin, later: Callable[..., Any]) -> None:
        """``later`` is the plugin's job that gives the roles of those who joined a while ago."""
        self._plugin = plugin
        self._host = plugin.host
        self._later = later
        self._by_message: dict[str, Panel] = {}

    async def start(self) -> None:
        """Read where reactions give roles."""
        found = await self._host.db.read(table.panels)
        self._by_message = {each.message: each for each in found if each.how == "reactions"}

    # --- joining --------------------------------------------------------------------------------------

    async def joined(self, person: Person, place: Channel) -> None:
        """Somebody came: what everybody gets, and what they had."""
        settings: Settings = self._plugin.settings_for(place.guild)
        if person.bot:
            return
        again = await self._host.db.read(partial(table.unstick, place.guild.id, person.id))
        await self.change(person.id, place, [role for role in again if role in settings.sticky_roles], [], "came back")
        if not settings.join_roles:
            return
        if settings.join_minutes <= 0:
            await self.change(person.id, place, settings.join_roles, [], "joined")
            return
        await self._host.schedule.once(
            self._host.clock.now() + dt.timedelta(minutes=settings.join_minutes), self._later,
            key=f"join {place.guild.id} {person.id}", missed="late", guild=place.guild.id,
            arguments={"channel": place.id, "person": person.id},
        )  # fmt: skip

    async def left(self, event: Event, person: Person) -> None:
        """Somebody left: the roles that stick are kept for them."""
        settings: Settings = self._plugin.settings_for(event.guild)
        await self._host.schedule.cancel(f"join {event.guild.id} {person.id}")
        before = event.data.get("before") or {}
        had = [*person.roles, *(before.get("roles") or ())]
        roles = [role for role in settings.sticky_roles if role in had]
        if settings.sticky_roles:
            self._host.db.defer(partial(table.stick, event.guild.id, person.id, roles))

    async def change(self, person: str, place: Channel, add: Sequence[str], remove: Sequence[str], reason: str) -> bool:
        """Give and take roles; false where that cannot be."""
        if not add and not remove:
            return True
        if not self._host.can("roles", place):
            return False
        data = {"add": list(add), "remove": list(remove), "reason": reason}
        await self._host.act(Action("roles", place.id, person, data=data))
        return True

    # --- panels ---------------------------------------------------------------------------------------

    async def names(self, guild: Guild) -> dict[str, str]:
        """The roles of a guild, id to name; none where there are none."""
        try:
            return dict(await self._host.roles(guild))
        except PlatformError:
            return {}

    async def named(self, guild: Guild, text: str) -> tuple[str, str]:
        """A role by its name or id. Raises ``CommandError``."""
        try:
            roles = await self._host.roles(guild)
        except PlatformError as error:
            raise CommandError(f"The roles cannot be read: {error}") from error
        wanted = text.strip().strip("<@&>").strip()
        for role, name in roles.items():
            if wanted.casefold() in (name.casefold(), role, role.partition(":")[2]):
                return role, name
        known = ", ".join(list(roles.values())[:10]) or f"{guild.platform} has none"
        raise CommandError(f"There is no role {wanted[:40]!r} here", remedy=f"there are: {known}")

    async def post(self, channel: Channel, title: str, how: str, entries: Sequence[Entry], *, one: bool) -> Panel:
        """Put up a panel. Raises ``CommandError`` where it cannot be."""
        if not self._host.can("roles", channel):
            raise CommandError(f"{channel.platform} cannot give roles here, or I lack the permission.")
        row = {
            "guild": channel.guild.id, "channel": channel.id, "message": "", "how": how, "one": one, "title": title,
            "entries": [attrs.asdict(each) for each in entries],
        }  # fmt: skip
        panel: Panel = await self._host.db.write(partial(Panel.create, **row))
        try:
            sent = await self._host.do(Action("send", channel.id, reply=_reply(panel, entries)))
        except PlatformError as error:
            await self._host.db.write(panel.delete_instance)
            raise CommandError(f"The panel could not be put up: {error}", remedy=error.remedy) from error
        panel.message = sent.id
        await self._host.db.write(panel.save)
        if how == "reactions":
            self._by_message[sent.id] = panel
            for each in entries:
                await self._host.act(Action("react", channel.id, sent.id, data={"emoji": each.emoji}))
        return panel

    async def panel(self, number: int) -> Panel:
        """A panel. Raises ``CommandError`` if there is none any more."""
        found: Panel | None = await self._host.db.read(partial(Panel.get_or_none, Panel.id == number))
        if found is None:
            raise CommandError("These roles are not given any more.")
        return found

    async def choose(self, person: Person, place: Channel, panel: Panel, chosen: Sequence[str]) -> str:
        """Somebody wants exactly these of a panel's roles."""
        if panel.guild != place.guild.id:
            raise CommandError("That is for another guild.")
        offered = [each["role"] for each in panel.entries]
        now = await self._host.member(person.id, place.guild)
        add = [role for role in offered if role in chosen and role not in now.roles]
        remove = [role for role in offered if role not in chosen and role in now.roles]
        if not await self.change(person.id, place, add, remove, "their own choice"):
            raise CommandError("Roles cannot be given here just now.")
        label = {each["role"]: each["label"] for each in panel.entries}
        told = [f"+ {label[role]}" for role in add] + [f"- {label[role]}" for role in remove]
        return ", ".join(told) or "Nothing changed."

    async def toggle(self, person: Person, place: Channel, panel: Panel, role: str) -> str:
        """Somebody takes a role, or gives it back."""
        now = await self._host.member(person.id, place.guild)
        offered = [each["role"] for each in panel.entries]
        has = [each for each in offered if each in now.roles]
        wants = [each for each in has if each != role]
        if role not in has:
            wants = [role] if panel.one else [*wants, role]
        return await self.choose(person, place, panel, wants)

    async def reacted(self, event: Event, person: Person, place: Channel) -> None:
        """A reaction on a panel gives a role; taken back, it takes it."""
        panel = self._by_message.get(event.target)
        if panel is None or person.bot or person.persona:
            return
        role = next((each["role"] for each in panel.entries if _same(each["emoji"], event.text)), "")
        if not role:
            return
        if event.kind == "reaction_removed":
            await self.change(person.id, place, [], [role], "their own choice")
            return
        others = [each["role"] for each in panel.entries if each["role"] != role] if panel.one else []
        now = await self._host.member(person.id, place.guild) if others else person
        await self.change(person.id, place, [role], [each for each in others if each in now.roles], "their own choice")


def _same(one: str, other: str) -> bool:
    return one.replace("\ufe0f", "") == other.replace("\ufe0f", "")


def _reply(panel: Panel, entries: Sequence[Entry]) -> Reply:
    if panel.how == "buttons":
        made = tuple(Button(each.label, "role-take", f"{panel.id} {each.role}") for each in entries)
        return Reply(panel.title, buttons=made, lasts=YEARS)
    if panel.how == "menu":
        choices = tuple(Choice(each.label, each.role) for each in entries)
        menu = Menu(
            "role-choose", choices, label="Roles", least=0, most=1 if panel.one else len(entries), value=f"{panel.id}"
        )
        return Reply(panel.title, menus=(menu,), lasts=YEARS)
    lines = [f"{each.emoji} {each.label}" for each in entries]
    return Reply("\n".join([panel.title, *lines]))

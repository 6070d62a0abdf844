"""A plugin that is left out stays out after a restart, and a guild's managers are told of it (HOST-9)."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import structlog

from butler.engine.faults import Fault
from butler.engine.quarantine import Notice, Quarantine
from butler.errors import ButlerError, StoreError
from butler.model import Action, Message, Reply
from butler.store.database import Tx

if TYPE_CHECKING:
    from butler.host import Host

log = structlog.get_logger("butler.quarantine")

TABLE = """create table if not exists host_quarantine (
    plugin text not null, guild text not null, reason text not null, since double precision not null,
    primary key (plugin, guild)
)"""
HOUR = 3600.0
"""Seconds in which managers are told once of something that fails without being left out yet."""

CLOSED: Mapping[str, str] = {
    "on_message": "no message gets past it",
    "should_reply": "nobody answers",
    "review_reply": "no reply goes out",
}
"""What it means where a guard does not work."""


class Isolation:
    """Owns the quarantine of one host, keeps it in the store, and tells a guild's managers in its ``log_channel``."""

    def __init__(self, host: Host) -> None:
        self._host = host
        self._started = False
        self._early: list[Notice] = []
        self.quarantine = Quarantine(host.clock, self._changed, self._faulted)

    async def start(self) -> None:
        """Make the table and read it; what was put into quarantine before this call is kept from now on."""
        database = self._host.database
        await database.submit(_create, None)
        rows = await database.query("select plugin, guild, reason, since from host_quarantine")
        self.quarantine.load(
            Notice(plugin, guild, reason, dt.datetime.fromtimestamp(since, dt.UTC))
            for plugin, guild, reason, since in rows
        )
        self._host.tables.clear()
        self._started, early = True, self._early
        self._early = []
        for notice in early:
            self._changed(notice)

    # --- what the quarantine calls --------------------------------------------------------------------

    def _changed(self, notice: Notice) -> None:
        self._host.tables.clear()
        if not self._started:
            self._early.append(notice)
            return
        try:
            kept = self._host.database.submit(_write, notice)
        except StoreError as error:
            _not_kept(notice, error)
        else:
            kept.add_done_callback(lambda done: _look_at(notice, done))
        if not notice.released:
            self._tell(notice.plugin, notice.guild, f"quarantine:{notice.since.timestamp():.0f}", _left_out(notice))

    def _faulted(self, fault: Fault) -> None:
        hour = f"fault:{self._host.clock.now().timestamp() // HOUR:.0f}"
        if fault.hook not in CLOSED or fault.hook not in self._guarded_by(fault.plugin):
            if self._started:
                text = f"`{fault.plugin}` failed in {fault.hook} (error {fault.id}); it goes on. The log says why."
                self._tell(fault.plugin, fault.guild, f"{hour}:{fault.hook}", text, guards=False)
            return
        log.error("a guard failed, its guild is closed", plugin=fault.plugin, hook=fault.hook, guild=fault.guild)
        text = f"`{fault.plugin}` failed in what it guards (error {fault.id})."
        self._tell(fault.plugin, fault.guild, hour, text)

    def unanswered(self, message: Message, persona: str, number: str) -> None:
        """A persona's model failed: its guild's managers hear of it once an hour."""
        hour = f"unanswered:{persona}:{self._host.clock.now().timestamp() // HOUR:.0f}"
        text = f"{persona} could not answer (error {number}). The log says why."
        self._tell("models", self._host.settings.home(message.channel).id, hour, text, guards=False)

    # --- managers -------------------------------------------------------------------------------------

    def _guarded_by(self, plugin: str) -> Sequence[str]:
        running = self._host.lifecycle.plugins.get(plugin)
        return [hook for hook in CLOSED if running is not None and hook in running.guards]

    def _tell(self, plugin: str, guild: str, key: str, text: str, *, guards: bool = True) -> None:
        if self._host.scope.closed:
            return
        closed = [CLOSED[hook] for hook in self._guarded_by(plugin)] if guards else []
        if closed:
            text += f" It is a guard: until it works again {' and '.join(closed)}."
        for place in [guild] if guild else self._enabled(plugin):
            channel = self._host.settings.for_("host", guild=place).log_channel
            if channel:
                action = Action("send", channel, reply=Reply(text))
                self._host.scope.task(self._send(action, f"host:{plugin}:{place}:{key}"), "notice")

    def _enabled(self, plugin: str) -> list[str]:
        settings = self._host.settings
        return [guild.id for guild in self._host.places.guilds if plugin in settings.enabled(guild.id)]

    async def _send(self, action: Action, key: str) -> None:
        try:
            await self._host.acts.act("host", action, key)
        except ButlerError as error:
            log.warning("the managers could not be told", channel=action.channel, reason=str(error))


def _left_out(notice: Notice) -> str:
    """For a chat: never the error itself."""
    back = f"/plugins enable {notice.plugin}" if notice.guild else f"butler plugins enable {notice.plugin}"
    where = "here" if notice.guild else "everywhere"
    return f"`{notice.plugin}` failed too often and is left out {where}; the log says why. Way back: `{back}`."


def _not_kept(notice: Notice, error: BaseException) -> None:
    log.error("quarantine holds until the next start only", plugin=notice.plugin, reason=str(error))


def _look_at(notice: Notice, done: asyncio.Future[Any]) -> None:
    if not done.cancelled() and (error := done.exception()) is not None:
        _not_kept(notice, error)


def _create(tx: Tx, rows: Sequence[None]) -> Sequence[None]:
    tx.all(TABLE)
    return rows


def _write(tx: Tx, rows: Sequence[Notice]) -> Sequence[Notice]:
    for notice in rows:
        tx.all("delete from host_quarantine where plugin = ? and guild = ?", (notice.plugin, notice.guild))
        if not notice.released:
            tx.all(
                "insert into host_quarantine (plugin, guild, reason, since) values (?, ?, ?, ?)",
                (notice.plugin, notice.guild, notice.reason, notice.since.timestamp()),
            )
    return rows

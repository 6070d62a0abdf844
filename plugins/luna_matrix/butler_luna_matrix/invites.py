"""Invitations: whose are followed, whose wait for the operator, whose are declined (HOST-30)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Container, Sequence
from fnmatch import fnmatchcase
from typing import Any, Literal

import structlog
from butler import Channel, Event, Guild, NotReady, Person, PlatformError

from butler_luna_matrix.contents import inner
from butler_luna_matrix.ids import DM_GUILD, localpart, ours, server_of
from butler_luna_matrix.line import Line

log = structlog.get_logger("butler.luna_matrix")

JSON = dict[str, Any]
Decision = Literal["joined", "waiting", "declined"]


class Invites:
    """Decides on each invitation by a policy (``any``, ``ask``, ``allowlist``) and a list of who may invite."""

    def __init__(self, line: Line, policy: str, listed: Sequence[str], own: Container[str] = ()) -> None:
        """``own`` are our accounts: whoever invites by one of them has the invitation followed."""
        self._line = line
        self._policy = policy
        self._listed = listed
        self._own = own

    def judge(self, inviter: str) -> Decision:
        """What becomes of an invitation by this user."""
        if self._policy == "any" or self._is_listed(inviter):
            return "joined"
        return "waiting" if self._policy == "ask" else "declined"

    def _is_listed(self, user: str) -> bool:
        return any(fnmatchcase(user if entry.startswith("@") else server_of(user), entry) for entry in self._listed)

    async def decide(self, room_id: str, state: Sequence[JSON], now: dt.datetime) -> Event | None:
        """Act on an invitation and tell of it. Raises ``NotReady`` when the homeserver does not answer."""
        own = next((item for item in state if self._is_ours(item)), None)
        if own is None:
            return None
        if own.get("sender") in self._own:
            return None
        inviter, direct = str(own.get("sender", "")), inner(own, "content").get("is_direct") is True
        name = next(
            (str(inner(item, "content").get("name", "")) for item in state if item.get("type") == "m.room.name"),
            "",
        )
        decision = await self._act(room_id, inviter, self.judge(inviter))
        if decision is None:
            return None
        guild = Guild(DM_GUILD, "Matrix DMs") if direct else Guild(ours(server_of(room_id) or server_of(inviter)))
        channel = Channel(ours(room_id), guild, name, direct)
        person = Person(ours(inviter), localpart(inviter))
        return Event("", "invited", guild, now, channel, person, channel.id, name, {"decision": decision})

    def _is_ours(self, item: JSON) -> bool:
        invited = inner(item, "content").get("membership") == "invite"
        return item.get("type") == "m.room.member" and item.get("state_key") == self._line.user_id and invited

    async def _act(self, room_id: str, inviter: str, decision: Decision) -> Decision | None:
        try:
            if decision == "joined":
                await self._line.ask("POST", "join", room_id, body={})
                log.info("joined on invitation", room=room_id, by=inviter)
            elif decision == "declined":
                await self._line.ask("POST", "rooms", room_id, "leave", body={})
                log.info("invitation declined", room=room_id, by=inviter)
            else:
                log.warning("invitation waits for you", room=room_id, by=inviter, remedy=_REMEDY)
        except NotReady:
            raise
        except PlatformError as error:
            log.warning("invitation cannot be followed", room=room_id, by=inviter, reason=str(error))
            return None
        return decision


_REMEDY = "join it by the action `join`, or list who may invite in [platforms.matrix] invites_from"

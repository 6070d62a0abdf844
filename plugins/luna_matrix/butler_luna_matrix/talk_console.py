"""Talking as somebody else, on a server where nothing is real: ``talk`` (LUNA-18)."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Sequence

from butler import Call, Channel, CommandError, Message, console

from butler_luna_matrix.ids import ours
from butler_luna_matrix.rooms_console import plainly
from butler_luna_matrix.users_console import UsersConsole

QUIET = 2.0
"""Seconds without a word after which a conversation counts as ended."""
STEP = 0.1
LOOKED_AT = 200


class TalkConsole(UsersConsole):
    """The console's command for trying things out."""

    @console
    async def talk(self, call: Call, who: str, channel: str, *, answers: int = 1, within: int = 20, text: str) -> str:
        """Say something as one of the homeserver's people and show what is answered. Only on disposable servers.

        who: a local user who is in the room
        channel: the room's id or its name
        answers: wait for so many answers, then until nobody says more
        within: but no longer than so many seconds for them
        Example: talk ann Hall Luna, are you there?
        Example: talk ann Hall --answers 0 nobody need answer this
        """
        account = self._account()
        server = account.settings.user.partition(":")[2]
        if server not in account.settings.disposable:
            raise CommandError(
                f"on {server} nobody speaks for others",
                remedy=f'only where all may be lost: [platforms.matrix] disposable = ["{server}"]',
            )
        room, admin = self._room(channel), await self._admin()
        speaks = await plainly(admin.speaking(admin.user_id(who)))
        content = {"msgtype": "m.text", "body": text}
        event = await plainly(speaks.put(room, "m.room.message", content, f"talk-{secrets.token_hex(8)}"))
        heard = await self._answers(room, ours(event), answers, within)
        return "\n".join(f"{message.author.name}: {message.text}" for message in heard)

    async def _answers(self, room: str, after: str, wanted: int, within: float) -> Sequence[Message]:
        """What was said behind a message: so many, and until it is quiet."""
        heard: list[Message] = []
        waited = quiet = 0.0
        while waited < within if len(heard) < wanted else quiet < QUIET and wanted:
            await asyncio.sleep(STEP)
            now = await self._behind(room, after)
            waited, quiet = waited + STEP, quiet + STEP if len(now) == len(heard) else 0.0
            heard = now
        if len(heard) < wanted:
            raise CommandError(f"{len(heard)} of {wanted} answers came within {within:.0f} s")
        return heard

    async def _behind(self, room: str, after: str) -> list[Message]:
        channel: Channel | None = self.host.channel(ours(room))
        said = await self.host.history(channel, limit=LOOKED_AT) if channel is not None else []
        ids = [message.id for message in said]
        return said[ids.index(after) + 1 :] if after in ids else []

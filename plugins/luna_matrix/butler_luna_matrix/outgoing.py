"""What the host says, as Matrix events: text, replies in threads, files, edits (LUNA-3)."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from functools import partial
from typing import Any

from butler import Action, File, PlatformError, Reply, Sent, Unsupported

from butler_luna_matrix import render
from butler_luna_matrix.ids import native, ours, room_and_root
from butler_luna_matrix.line import Line
from butler_luna_matrix.rooms import Rooms
from butler_luna_matrix.settings import Settings

JSON = dict[str, Any]

LONG_TEXT = 2000
"""Characters from which on a text is rendered beside the event loop: 15,000 brackets take 150 ms."""

SLOWEST_UPLOAD = 50_000
"""Bytes in a second; an upload that is slower is given up."""

_KINDS = {"image": "m.image", "audio": "m.audio", "video": "m.video"}


class Outgoing:
    """Sends messages through one account. The host's key is the transaction id: a second try shows nothing twice."""

    def __init__(
        self, line: Line, settings: Settings, rooms: Rooms, mode_of: Callable[[Reply], str], remedy: str = ""
    ) -> None:
        """``mode_of`` names the persona that speaks through an account which is not its own (``""``: it is)."""
        self._remedy = remedy
        self._line = line
        self._settings = settings
        self._rooms = rooms
        self._mode_of = mode_of

    async def send(self, action: Action, key: str) -> Sent:
        """Say it, its files after it. The id is that of the text, or of the first file where there is no text."""
        reply = _reply_of(action)
        room, root = room_and_root(action.channel)
        await self._readable(room)
        if reply.typing:
            await self._type(room, reply.typing)
        contents = [await self._content(reply)] if reply.text else []
        contents += [await self._uploaded(file) for file in reply.files]
        if not contents:
            raise Unsupported("a reply without text and files cannot be sent", remedy="give it a text")
        sent = ""
        for number, content in enumerate(contents):
            _relate(content, root, native(reply.to) if number == 0 else "")
            event = await self.put(room, "m.room.message", content, f"{key}.{number}" if number else key)
            sent = sent or event
        return Sent(ours(sent))

    async def edit(self, action: Action, key: str) -> Sent:
        """Put another text in the place of one of ours."""
        reply = _reply_of(action)
        room, _ = room_and_root(action.channel)
        await self._readable(room)
        new = await self._content(reply)
        shown = {**new, "body": f"* {new['body']}"}
        shown.pop("format", None)
        shown.pop("formatted_body", None)
        whole = {
            **shown,
            "m.new_content": new,
            "m.relates_to": {"rel_type": "m.replace", "event_id": native(action.target)},
        }
        if render.size(whole) > render.EVENT_LIMIT:
            whole["body"] = "* (edited)"
        return Sent(ours(await self.put(room, "m.room.message", whole, key)))

    async def put(self, room: str, kind: str, content: JSON, key: str) -> str:
        """Send one event under a transaction id; returns the event's id."""
        return await self._line.put(room, kind, content, key)

    async def _content(self, reply: Reply) -> JSON:
        mode = self._mode_of(reply)
        text = f"**{mode}:** {reply.text}" if mode else reply.text
        make = partial(render.content, text, kind=self._kind(reply), mentions=reply.mentions)
        return make() if len(reply.text) < LONG_TEXT else await asyncio.to_thread(make)

    def _kind(self, reply: Reply) -> str:
        """Notices are not answered by other bots, and ring for nobody: so who mentions somebody sends none."""
        return "m.notice" if self._settings.notices and not reply.persona and not reply.mentions else "m.text"

    async def _readable(self, room_id: str) -> None:
        """Plain text has no business in an encrypted room."""
        room = await self._rooms.get(room_id)
        if room.encrypted and not self._line.encrypts:
            raise Unsupported(
                f"the room {room.name or room_id} is encrypted",
                remedy=self._remedy,
            )

    async def _type(self, room: str, seconds: float) -> None:
        await self._line.show_typing(room, seconds + 1)
        await asyncio.sleep(seconds)

    async def _uploaded(self, file: File) -> JSON:
        url = await self._line.send_file(file, patience=len(file.data) / SLOWEST_UPLOAD)
        info = {"mimetype": file.mime, "size": len(file.data)}
        kind = _KINDS.get(file.mime.partition("/")[0], "m.file")
        return {"msgtype": kind, "body": file.name, "filename": file.name, "url": url, "info": info, "m.mentions": {}}


def _reply_of(action: Action) -> Reply:
    if action.reply is None:
        raise PlatformError(f"the action {action.kind!r} came without a reply", remedy="give Action(reply=…)")
    return action.reply


def _relate(content: JSON, root: str, answered: str) -> None:
    """What a message answers, and the thread that it stands in."""
    relation: JSON = {}
    if root:
        relation = {"rel_type": "m.thread", "event_id": root, "is_falling_back": not answered}
        relation["m.in_reply_to"] = {"event_id": answered or root}
    elif answered:
        relation["m.in_reply_to"] = {"event_id": answered}
    if relation:
        content["m.relates_to"] = relation

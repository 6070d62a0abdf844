"""What the host says, as Matrix events: text, replies in threads, files, edits (LUNA-3)."""

from __future__ import annotations

import asyncio
import io
from functools import partial
from typing import Any

from butler import Action, File, NotReady, PlatformError, Reply, Sent, Unsupported

from butler_luna_matrix import render
from butler_luna_matrix.connection import Connection
from butler_luna_matrix.ids import native, ours, room_and_root
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

    def __init__(self, connection: Connection, settings: Settings, rooms: Rooms) -> None:
        self._connection = connection
        self._settings = settings
        self._rooms = rooms

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
        answer: Any = await self._connection.room_send(room, kind, content, tx_id=key)
        event = getattr(answer, "event_id", None)
        if not isinstance(event, str):
            raise NotReady("the homeserver answered a message with something else")
        return event

    async def _content(self, reply: Reply) -> JSON:
        make = partial(render.content, reply.text, kind=self._kind(reply), mentions=reply.mentions)
        return make() if len(reply.text) < LONG_TEXT else await asyncio.to_thread(make)

    def _kind(self, reply: Reply) -> str:
        """Notices are not answered by other bots, and ring for nobody: so who mentions somebody sends none."""
        return "m.notice" if self._settings.notices and not reply.persona and not reply.mentions else "m.text"

    async def _readable(self, room_id: str) -> None:
        """Plain text has no business in an encrypted room."""
        room = await self._rooms.get(room_id)
        if room.encrypted:
            raise Unsupported(
                f"the room {room.name or room_id} is encrypted",
                remedy="use a room without encryption",
            )

    async def _type(self, room: str, seconds: float) -> None:
        await self._connection.room_typing(room, True, timeout=int(seconds * 1000) + 1000)
        await asyncio.sleep(seconds)

    async def _uploaded(self, file: File) -> JSON:
        try:
            async with asyncio.timeout(self._settings.request_timeout + len(file.data) / SLOWEST_UPLOAD):
                answer: Any = (
                    await self._connection.upload(
                        io.BytesIO(file.data), content_type=file.mime, filename=file.name, filesize=len(file.data)
                    )
                )[0]
        except TimeoutError:
            raise NotReady(f"the upload of {file.name} takes too long") from None
        url = getattr(answer, "content_uri", None)
        if not isinstance(url, str):
            raise PlatformError(f"the homeserver did not take the file {file.name}")
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

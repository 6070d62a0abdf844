"""Everything else that can be done on Matrix, each action in a few lines (PLAT-2)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from butler import Action, Lost, NotReady, PlatformError, Sent, Unsupported

from butler_luna_matrix import polling
from butler_luna_matrix.contents import inner, relation_of
from butler_luna_matrix.ids import native, ours, room_and_root
from butler_luna_matrix.line import Line
from butler_luna_matrix.outgoing import Outgoing
from butler_luna_matrix.rooms import Rooms

JSON = dict[str, Any]
Doer = Callable[[Action, str], Awaitable[Sent]]

DOERS: Mapping[str, str] = {
    **{
        name: name
        for name in (
            "send", "edit", "delete", "react", "unreact", "typing", "read", "pin", "unpin", "create_room", "dm",
            "join", "leave", "topic", "rename", "nickname", "poll", "end_poll",
        )
    },
    **dict.fromkeys(("kick", "ban", "unban", "invite"), "membership"),
}  # fmt: skip
"""The kind of an action to the method that does it."""


class Actions:
    """What one account can do.

    An action names its message or person in ``target``; what else it needs stands in ``data``, as the
    docstring of each method says.
    """

    def __init__(self, line: Line, rooms: Rooms, outgoing: Outgoing) -> None:
        self._line = line
        self._ask = line.ask
        self._rooms = rooms
        self._outgoing = outgoing

    async def do(self, action: Action, key: str) -> Sent:
        """Do it. Raises ``Unsupported`` for what nobody can do here."""
        name = DOERS.get(action.kind)
        if name is None:
            raise Unsupported(f"Matrix cannot do {action.kind!r}", remedy=f"it can {', '.join(sorted(DOERS))}")
        doer: Doer = getattr(self, name)
        return await doer(action, key)

    async def send(self, action: Action, key: str) -> Sent:
        """Say ``reply``."""
        return await self._outgoing.send(action, key)

    async def edit(self, action: Action, key: str) -> Sent:
        """Put ``reply`` in the place of the message ``target``."""
        return await self._outgoing.edit(action, key)

    async def delete(self, action: Action, key: str) -> Sent:
        """Redact the message ``target``; ``data["reason"]``."""
        room, _ = room_and_root(action.channel)
        return Sent(ours(await self._redact(room, native(action.target), key, str(action.data.get("reason", "")))))

    async def _redact(self, room: str, event: str, key: str, reason: str = "") -> str:
        body = {"reason": reason} if reason else {}
        return str((await self._ask("PUT", "rooms", room, "redact", event, key, body=body))["event_id"])

    async def react(self, action: Action, key: str) -> Sent:
        """React to ``target`` with ``data["emoji"]``. Having reacted with it already is fine."""
        room, _ = room_and_root(action.channel)
        target, emoji = native(action.target), str(_needed(action, "emoji"))
        there = await self._own_reaction(room, target, emoji)
        if there:
            return Sent(ours(there))
        content = {"m.relates_to": {"rel_type": "m.annotation", "event_id": target, "key": emoji}}
        return Sent(ours(await self._outgoing.put(room, "m.reaction", content, key)))

    async def unreact(self, action: Action, key: str) -> Sent:
        """Take our reaction ``data["emoji"]`` on ``target`` back."""
        room, _ = room_and_root(action.channel)
        there = await self._own_reaction(room, native(action.target), str(_needed(action, "emoji")))
        return Sent(ours(await self._redact(room, there, key)) if there else "")

    async def _own_reaction(self, room: str, target: str, emoji: str) -> str:
        query = {"limit": "500"}
        while True:
            path = ("rooms", room, "relations", target, "m.annotation", "m.reaction")
            page = await self._ask("GET", *path, query=query, version="v1")
            for event in page.get("chunk", ()):
                relation = relation_of(inner(event, "content"))
                if event.get("sender") == self._line.user_id and relation.get("key") == emoji:
                    return str(event["event_id"])
            if "next_batch" not in page:
                return ""
            query["from"] = page["next_batch"]

    async def poll(self, action: Action, key: str) -> Sent:
        """Ask in a poll of Matrix's own: ``question``, ``answers`` (2 to 20), ``multiple``."""
        room, _ = room_and_root(action.channel)
        return Sent(ours(await self._outgoing.put(room, polling.START, polling.begun(action), key)))

    async def end_poll(self, action: Action, key: str) -> Sent:
        """End the poll ``target``, one of ours."""
        room, _ = room_and_root(action.channel)
        return Sent(ours(await self._outgoing.put(room, f"{polling.UNSTABLE}.end", polling.ended(action), key)))

    async def typing(self, action: Action, key: str) -> Sent:
        """Show as typing for ``data["seconds"]`` (10); 0 ends it."""
        room, _ = room_and_root(action.channel)
        seconds = float(action.data.get("seconds", 10))
        await self._line.show_typing(room, seconds)
        return Sent("")

    async def read(self, action: Action, key: str) -> Sent:
        """Mark as read up to ``target``."""
        room, _ = room_and_root(action.channel)
        await self._ask("POST", "rooms", room, "receipt", "m.read", native(action.target), body={})
        return Sent("")

    async def pin(self, action: Action, key: str) -> Sent:
        """Pin ``target``."""
        return await self._pins(action, lambda pinned, event: [*pinned, event])

    async def unpin(self, action: Action, key: str) -> Sent:
        """Unpin ``target``."""
        return await self._pins(action, lambda pinned, event: pinned)

    async def _pins(self, action: Action, change: Callable[[list[str], str], list[str]]) -> Sent:
        room_id, _ = room_and_root(action.channel)
        pinned, event = list((await self._rooms.get(room_id)).pinned), native(action.target)
        wanted = change([item for item in pinned if item != event], event)
        return Sent("") if wanted == pinned else await self._state(room_id, "m.room.pinned_events", {"pinned": wanted})

    async def _state(self, room: str, kind: str, content: JSON, key: str = "") -> Sent:
        answer = await self._ask("PUT", "rooms", room, "state", kind, key, body=content)
        return Sent(ours(str(answer["event_id"])))

    async def membership(self, action: Action, key: str) -> Sent:
        """Kick, ban, unban or invite the person ``target``; ``data["reason"]``."""
        room, _ = room_and_root(action.channel)
        body = {"user_id": native(action.target)}
        if action.data.get("reason"):
            body["reason"] = str(action.data["reason"])
        if action.kind == "invite" and native(action.target) in (await self._rooms.get(room)).joined:
            return Sent("")
        await self._ask("POST", "rooms", room, action.kind, body=body)
        return Sent("")

    async def create_room(self, action: Action, key: str) -> Sent:
        """Make a room: ``data`` may hold name, topic, invite (person ids), public, direct. The id is the channel's.

        The room's alias comes from the key, so that a second try finds the room of the first.
        """
        data = action.data
        body: JSON = {
            "preset": "public_chat" if data.get("public") else "private_chat",
            "room_alias_name": f"butler-{key}",
        }
        body["invite"] = [native(str(person)) for person in data.get("invite", ())]
        body["is_direct"] = bool(data.get("direct"))
        body |= {field: str(data[field]) for field in ("name", "topic") if data.get(field)}
        try:
            room = str((await self._ask("POST", "createRoom", body=body))["room_id"])
        except NotReady:
            raise
        except PlatformError:
            room = await self._made_before(f"#butler-{key}:{self._line.user_id.partition(':')[2]}")
            if not room:
                raise
        return Sent(ours(room))

    async def _made_before(self, alias: str) -> str:
        try:
            return str((await self._ask("GET", "directory", "room", alias))["room_id"])
        except Lost:
            return ""

    async def dm(self, action: Action, key: str) -> Sent:
        """The direct conversation with the person ``target``, made where there is none; the id is the channel's."""
        user = native(action.target)
        path = ("user", self._line.user_id, "account_data", "m.direct")
        try:
            lists: JSON = await self._ask("GET", *path)
        except Lost:
            lists = {}
        for room_id in lists.get(user, ()):
            if room_id in self._rooms.joined and user in (
                room := await self._rooms.get(room_id)
            ).joined | dict.fromkeys(room.invited):
                return Sent(ours(room_id))
        sent = await self.create_room(Action("create_room", "", data={"invite": [user], "direct": True}), key)
        await self._ask("PUT", *path, body={**lists, user: [*lists.get(user, ()), native(sent.id)]})
        self._rooms.direct.add(native(sent.id))
        return sent

    async def join(self, action: Action, key: str) -> Sent:
        """Join the room ``channel``: follow an invitation that waits."""
        await self._ask("POST", "join", room_and_root(action.channel)[0], body={})
        return Sent("")

    async def leave(self, action: Action, key: str) -> Sent:
        """Leave the room ``channel``, or decline the invitation to it."""
        await self._ask("POST", "rooms", room_and_root(action.channel)[0], "leave", body={})
        return Sent("")

    async def topic(self, action: Action, key: str) -> Sent:
        """Set the room's topic to ``data["topic"]``."""
        return await self._state(
            room_and_root(action.channel)[0], "m.room.topic", {"topic": str(_needed(action, "topic"))}
        )

    async def rename(self, action: Action, key: str) -> Sent:
        """Set the room's name to ``data["name"]``."""
        return await self._state(
            room_and_root(action.channel)[0], "m.room.name", {"name": str(_needed(action, "name"))}
        )

    async def nickname(self, action: Action, key: str) -> Sent:
        """Set our own display name to ``data["name"]``, in the room ``channel`` or, where that is empty, everywhere."""
        name, user = str(_needed(action, "name")), self._line.user_id
        if action.target and native(action.target) != user:
            raise Unsupported("Matrix lets nobody rename somebody else")
        if not action.channel:
            await self._ask("PUT", "profile", user, "displayname", body={"displayname": name})
            return Sent("")
        room, _ = room_and_root(action.channel)
        member = await self._ask("GET", "rooms", room, "state", "m.room.member", user)
        return await self._state(room, "m.room.member", {**member, "displayname": name}, user)


def _needed(action: Action, name: str) -> Any:
    if name not in action.data:
        raise PlatformError(f"the action {action.kind!r} needs {name!r}", remedy=f"give Action(data={{{name!r}: …}})")
    return action.data[name]

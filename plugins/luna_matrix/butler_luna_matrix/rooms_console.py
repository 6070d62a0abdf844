"""What operators type about rooms and who is in them (LUNA-15)."""

from __future__ import annotations

from collections.abc import Awaitable
from typing import Any, TypeVar

from butler import Action, Call, Channel, CommandError, Persona, PlatformError, Plugin, console

from butler_luna_matrix.homes import account_of
from butler_luna_matrix.ids import native, ours, room_and_root

T = TypeVar("T")


async def plainly(work: Awaitable[T]) -> T:
    """What the homeserver refuses, as one line for whoever asked. Raises ``CommandError``."""
    try:
        return await work
    except PlatformError as error:
        raise CommandError(error.args[0], remedy=error.remedy) from None


class RoomsConsole(Plugin):
    """The console's commands about rooms."""

    def _account(self) -> Any:
        raise NotImplementedError

    async def _admin(self) -> Any:
        raise NotImplementedError

    @console
    async def create_channel(
        self, call: Call, name: str, *, invite: str = "", public: bool = False, topic: str = ""
    ) -> str:
        """Make a room of the host's own account.

        name: what it is called
        invite: who is asked to it: user ids or persona names, with commas between them
        public: everybody may join
        topic: what it is about
        Example: create_channel Hall
        Example: create_channel "The Den" --invite @ann:localhost,Scout --public where we meet
        """
        guests = [self._user(guest) for guest in invite.replace(",", " ").split()]
        data = {"name": name, "topic": topic, "public": public, "invite": [ours(guest) for guest in guests]}
        made = Action("create_room", "", data=data)
        key = f"room-{call.person.id}-{name}-{self.host.clock.now().timestamp():.0f}"
        safe = "".join(letter if letter.isalnum() else "-" for letter in key.casefold())[-60:]
        sent = await plainly(self._account().perform(made, safe))
        room = native(sent.id)
        for guest in guests:
            if self._account().homes.of(guest) is not None:
                await plainly(self._enter(guest, room))
        await self._meet(room)
        return f"{name} is {room}"

    @console
    async def list_participants(self, call: Call, channel: str) -> str:
        """List who is in a room.

        channel: its id or its name
        Example: list_participants Hall
        """
        room = self._room(channel)
        self._account().rooms.forget(room)  # as the homeserver has it now
        place = await plainly(self._account().rooms.place(room))
        lines = []
        for user, shown in sorted(place.room.joined.items()):
            persona = self._account().homes.of(user)
            sort = f"persona {persona.name}" if persona else "the host" if user in self._account().own else ""
            lines.append(f"{user}  {shown}  {place.room.level_of(user)}  {sort}".rstrip())
        lines += [f"{user}  (invited)" for user in sorted(place.room.invited)]
        return "\n".join(lines)

    @console
    async def add_participant(self, call: Call, channel: str, who: str, *, join: bool = False) -> str:
        """Bring somebody into a room: a persona joins, anybody else is invited.

        channel: the room's id or its name
        who: a user id or a persona's name
        join: have a local user join without being asked, as the homeserver's administrator
        Example: add_participant Hall Scout
        Example: add_participant Hall @ann:localhost --join
        """
        room, user = self._room(channel), self._user(who)
        if self._account().homes.of(user) is not None:
            await plainly(self._enter(user, room))
            return f"{who} is in {channel}"
        place = await plainly(self._account().rooms.place(room))
        if user not in place.room.joined:
            await plainly(self._account().line_in(room).ask("POST", "rooms", room, "invite", body={"user_id": user}))
        if not join:
            return f"{user} is invited to {channel}"
        admin = await self._admin()
        await plainly(admin.have_join(user, room))
        return f"{user} is in {channel}"

    @console
    async def remove_participant(self, call: Call, channel: str, who: str, *, reason: str = "") -> str:
        """Put somebody out of a room: a persona leaves, anybody else is kicked.

        channel: the room's id or its name
        who: a user id or a persona's name
        reason: why
        Example: remove_participant Hall @troll:localhost spam
        """
        room, user = self._room(channel), self._user(who)
        if self._account().homes.of(user) is not None:
            await plainly(self._account().line_of(user).ask("POST", "rooms", room, "leave", body={}))
            await self._account().homes.moved(user, room, here=False)
            return f"{who} has left {channel}"
        body = {"user_id": user, **({"reason": reason} if reason else {})}
        await plainly(self._account().line_in(room).ask("POST", "rooms", room, "kick", body=body))
        return f"{user} is out of {channel}"

    @create_channel.complete("invite")
    async def _guests(self, call: Call, typed: str) -> list[str]:
        return [each.name for each in self.host.personas if account_of(each) and each.name.startswith(typed)]

    @list_participants.complete("channel")
    @add_participant.complete("channel")
    @remove_participant.complete("channel")
    async def _channels(self, call: Call, typed: str) -> list[str]:
        found = [channel.name for channel in self.host.channels if channel.platform == "matrix" and channel.name]
        return [name for name in found if name.casefold().startswith(typed.casefold()) and " " not in name]

    @add_participant.complete("who")
    @remove_participant.complete("who")
    async def _who(self, call: Call, typed: str) -> list[str]:
        return [each.name for each in self.host.personas if account_of(each) and each.name.startswith(typed)]

    # --- names ----------------------------------------------------------------------------------------

    async def _enter(self, user: str, room: str) -> None:
        from butler_luna_matrix.steps import enter  # noqa: PLC0415 - nio takes half a second to import

        await enter(self._account(), user, room, invited=False)

    async def _meet(self, room: str) -> None:
        """The host knows the room from now on; what was read while it was being made is read again."""
        self._account().rooms.forget(room)
        place = await plainly(self._account().rooms.place(room))
        self.host.meet(place.channel)

    def _room(self, text: str) -> str:
        """The room that a text means. Raises ``CommandError`` where it is none, or several."""
        wanted = native(text)
        if wanted.startswith("!"):
            return wanted
        channels: list[Channel] = [each for each in self.host.channels if each.platform == "matrix"]
        found = [each for each in channels if each.name.casefold() == wanted.removeprefix("#").casefold()]
        if len(found) != 1:
            listed = ", ".join(native(each.id) for each in found[:5])
            raise CommandError(
                f"{text!r} is {'the name of several rooms' if found else 'no room that the host knows'}",
                remedy=f"give one of these ids: {listed}" if found else "list_channels lists them",
            )
        return room_and_root(found[0].id)[0]

    def _user(self, text: str) -> str:
        """The user that a text means: an id, a persona's name, or a name on our own server."""
        persona: Persona | None = next(
            (each for each in self.host.personas if each.name.casefold() == text.casefold() and account_of(each)), None
        )
        if persona is not None:
            return account_of(persona)
        user = native(text)
        return user if user.startswith("@") and ":" in user else f"@{user.removeprefix('@')}:{self._server()}"

    def _server(self) -> str:
        return str(self._account().settings.user.partition(":")[2])

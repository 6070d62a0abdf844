"""The client: what is typed becomes deeds, what happens becomes lines."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import shlex
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, Final

import aiohttp

from butler_discord.testing.deeds.texts import every
from butler_discord.testing.errors import JSON
from butler_discord.testing.people.errors import Impossible
from butler_discord.testing.terminal import files
from butler_discord.testing.terminal.happening import HAPPENS
from butler_discord.testing.terminal.show import Board, Fragments
from butler_discord.testing.terminal.wire import Wire

HELP = """\
type to talk; /command uses a command (Tab completes); .3 presses what has the number [3]
.3 Cake       chooses in a menu               .react 👍     reacts to the last message
.dm Butler    goes to a bot in private        .to general   goes to a channel
.file PATH    sends a file                    .who          says who and what is there
.undo         deletes what you said last      .edit TEXT    changes it
.menu NAME @PERSON   uses a person's menu     .kick @PERSON makes somebody leave
.voice CHANNEL       joins voice (.voice: leaves)           .quit"""


class Client:
    """One person at a terminal. ``show`` prints fragments; ``folder``: where files are saved."""

    def __init__(self, wire: Wire, show: Callable[[Fragments], None], folder: Path) -> None:
        self.wire = wire
        self.show = show
        self.folder = folder
        self.board = Board()
        self.here = ""
        """The channel they are in; ``@bot`` in private."""
        self.here_id = ""
        self.me = ""
        self.form: list[JSON] = []
        """The fields of a form that are still to be filled in."""
        self.filled: dict[str, str] = {}
        self.mine: list[str] = []
        self.last = ""
        """The last message that was shown."""

    async def begin(self) -> JSON:
        """Look around."""
        found: JSON = await self.wire.do("look", **{"in": self.here})
        names = self.board.names
        names.learn("@", [member["user"] for member in found["people"]], "username")
        names.learn("@", found["bots"], "username")
        names.learn("#", found["channels"])
        names.learn("@", found["guild"]["roles"])
        self.me, self.here_id = found["you"]["id"], found["here"]["id"]
        return found

    def note(self, text: str, style: str = "class:note") -> None:
        self.show([(style, text)])

    # --- what happens -------------------------------------------------------------------------------

    async def watch(self) -> None:
        """Show what happens until the stand-in ends."""
        while True:
            told = await self.wire.events.get()
            if not told["event"]:
                return
            handler = HAPPENS.get(told["event"])
            if handler is not None:
                handler(self, told["data"])
            if told["event"] == "MESSAGE_CREATE":
                await self._pictures(told["data"])

    async def _pictures(self, message: JSON) -> None:
        """Save the pictures of a message, so that they can be looked at."""
        found = [(file["url"], file["filename"]) for file in message["attachments"] if _picture(file)]
        found += [
            (each["url"], each["url"].partition("?")[0].rpartition("/")[2])
            for embed in message["embeds"]
            for each in (embed.get("image"), embed.get("thumbnail"))
            if each and _picture(each)
        ]
        for url, name in found:
            with contextlib.suppress(Impossible):
                await self._open({"url": url, "name": name})

    # --- what is typed ------------------------------------------------------------------------------

    async def typed(self, line: str) -> bool:
        """Do what was typed; false: they want to go."""
        try:
            if self.form:
                await self._field(line)
            elif line.startswith("/"):
                self._answered(await self.wire.do("use", line=line, **{"in": self.here}))
            elif line.startswith("."):
                return await self._dot(line[1:])
            elif line.strip():
                await self.wire.do("say", text=line, **{"in": self.here})
        except Impossible as error:
            self.note(str(error), "class:error")
        return True

    async def suggest(self, line: str) -> list[str]:
        """What could stand at the end of a line that is being typed."""
        if not line.startswith("/"):
            return []
        try:
            found: list[str] = await self.wire.do("suggest", line=line, **{"in": self.here})
        except (Impossible, ConnectionError):
            return []
        return found

    def _answered(self, done: JSON) -> None:
        if not done["form"]:
            return
        self.form = [each for each in every(done["form"]["components"]) if each.get("custom_id")]
        self.filled = {}
        self.note(f"{done['form']['title']} (a form; an empty line keeps what stands there)", "bold")
        self._ask()

    def _ask(self) -> None:
        field = self.form[0]
        given = f" [{field['value']}]" if field.get("value") else ""
        self.note(f"{field.get('label') or field['custom_id']}{given}", "class:key")

    async def _field(self, line: str) -> None:
        field = self.form.pop(0)
        if line:
            self.filled[field["custom_id"]] = line
        if self.form:
            self._ask()
            return
        self._answered(await self.wire.do("fill", fields=self.filled))

    async def _dot(self, line: str) -> bool:
        word, _, rest = line.partition(" ")
        if word in {"quit", "q", "exit"}:
            return False
        if word.isdigit():
            await self._press(int(word), rest)
        elif word in _DOTS:
            await _DOTS[word](self, rest.strip())
        else:
            self.note(HELP)
        return True

    async def _press(self, number: int, rest: str) -> None:
        thing = self.board.things.get(number)
        if thing is None:
            raise Impossible(f"nothing has the number {number}")
        if thing.verb == "open":
            await self._open(thing.given)
        elif thing.verb == "choose":
            chosen = [rest] if rest in thing.menu else shlex.split(rest)
            if not chosen:
                raise Impossible(f"choose: .{number} {' | '.join(thing.menu) or '@NAME'}")
            self._answered(await self.wire.do("choose", chosen=chosen, **thing.given))
        else:
            done = await self.wire.do(thing.verb, **thing.given)
            self._answered(done or {"form": None})

    async def _open(self, file: JSON) -> None:
        async with aiohttp.ClientSession() as session, session.get(file["url"]) as answer:
            if answer.status != 200:
                raise Impossible(f"{file['name']} is not there any more")
            data = await answer.read()
        self.note(f"saved as {await asyncio.to_thread(files.save, self.folder, file['name'], data)}")

    async def _react(self, rest: str) -> None:
        await self.wire.do("react", message=self.last, emoji=rest or "👍")

    async def _dm(self, rest: str) -> None:
        await self._go(f"@{rest.lstrip('@')}")

    async def _to(self, rest: str) -> None:
        await self._go(f"#{rest.lstrip('#')}")

    async def _go(self, where: str) -> None:
        found = await self.wire.do("look", **{"in": where})
        self.here, self.here_id = where, found["here"]["id"]
        self.board.names.known.setdefault(self.here_id, where)
        self.note(f"you are in {where}")
        for message in await self.wire.do("history", limit=10, **{"in": where}):
            self.show(self.board.message(message, self.here_id))

    async def _file(self, rest: str) -> None:
        name, data = await asyncio.to_thread(files.read, rest)
        await self.wire.do("say", text="", files={name: base64.b64encode(data).decode()}, **{"in": self.here})

    async def _who(self, rest: str) -> None:
        found = await self.begin()
        people = ", ".join(member["nick"] or member["user"]["username"] for member in found["people"])
        channels = ", ".join(f"#{channel['name']}" for channel in found["channels"])
        self.note(f"{found['guild']['name']}: {people}\n{channels}")
        self.note("\n".join(f"/{name}  {told}" for name, told in sorted(found["commands"].items())) or "no commands")

    async def _undo(self, rest: str) -> None:
        if not self.mine:
            raise Impossible("you said nothing yet")
        await self.wire.do("delete", message=self.mine.pop())

    async def _edit(self, rest: str) -> None:
        if not self.mine:
            raise Impossible("you said nothing yet")
        await self.wire.do("edit", message=self.mine[-1], text=rest)

    async def _menu(self, rest: str) -> None:
        name, _, person = rest.rpartition(" @")
        given = {"person": person} if person and name else {"message": self.last}
        self._answered(await self.wire.do("menu", name=name or rest, **given, **{"in": self.here}))

    async def _kick(self, rest: str) -> None:
        await self.wire.do("kick", person=rest)

    async def _voice(self, rest: str) -> None:
        await self.wire.do("voice", **{"in": rest})


def _picture(file: JSON) -> bool:
    return str(file.get("content_type")).startswith("image/")


_DOTS: Final[dict[str, Callable[[Client, str], Awaitable[Any]]]] = {
    "react": Client._react, "dm": Client._dm, "to": Client._to, "file": Client._file, "who": Client._who,
    "undo": Client._undo, "edit": Client._edit, "menu": Client._menu, "kick": Client._kick, "voice": Client._voice,
}  # fmt: skip

"""What a person in another process can do: verbs with plain arguments, names in place of things."""

from __future__ import annotations

import base64
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any, Final

from butler_discord.testing.control import typed
from butler_discord.testing.errors import JSON
from butler_discord.testing.people.asking import Answer
from butler_discord.testing.people.errors import Impossible
from butler_discord.testing.people.moderator import Moderator
from butler_discord.testing.state.channels import Channel
from butler_discord.testing.state.messages import Message
from butler_discord.testing.state.users import App

if TYPE_CHECKING:
    from butler_discord.testing.discord import Discord


class Doer:
    """One person's verbs. What cannot be done raises ``Impossible`` or ``NoAnswer``."""

    def __init__(self, discord: Discord, person: Moderator) -> None:
        self.discord = discord
        self.person = person
        self.forms: list[Answer] = []
        """The forms that wait to be filled in, the newest last."""

    async def do(self, verb: str, given: JSON) -> Any:
        """Do it; the result is plain."""
        if verb not in VERBS:
            raise Impossible(f"there is no {verb!r}; there is {', '.join(VERBS)}")
        return await VERBS[verb](self, given)

    # --- names --------------------------------------------------------------------------------------

    def where(self, given: JSON) -> Channel:
        """The channel: by id, by ``#name``, or ``@bot`` for the private one."""
        name = str(given.get("in") or "")
        if not name:
            return self.person.place()
        if name.startswith("@"):
            return self.person.place(self.bot(name[1:]))
        for channel in self.discord.world.channels.values():
            if name == str(channel.id) or (channel.name == name.lstrip("#") and channel.guild is self.person.home):
                return channel
        raise Impossible(f"there is no channel {name}")

    def bot(self, name: str) -> App:
        for app in self.discord.world.apps.values():
            if app.name.lower() == name.lower():
                return app
        raise Impossible(f"there is no bot {name}")

    def message(self, given: JSON) -> Message:
        """A message that they see, by id."""
        wanted = int(given["message"])
        for channel in self.discord.world.channels.values():
            for message in self.person.sees(channel) if wanted in _ids(channel, self.person.id) else ():
                if message.id == wanted:
                    return message
        raise Impossible("that message is gone")

    def other(self, given: JSON) -> Any:
        """A member by name."""
        guild, name = self.person.home, str(given["person"]).lstrip("@")
        for member in guild.members.values() if guild else ():
            if name in {member.user.name, member.name, str(member.user.id)}:
                return member.user
        raise Impossible(f"there is nobody called {name}")

    def answered(self, answer: Answer) -> JSON:
        """An answer, as the other process gets it; what is said comes as an event."""
        if answer.form is None:
            return {"form": None}
        self.forms.append(answer)
        return {"form": answer.form}


def _ids(channel: Channel, person: int) -> set[int]:
    return {*channel.messages, *channel.whispers.get(person, {})}


Verb = Callable[[Doer, JSON], Awaitable[Any]]


async def say(doer: Doer, given: JSON) -> JSON:
    """Say ``text`` in ``in``; ``answers``: a message; ``files``: name to base64."""
    files = {name: base64.b64decode(data) for name, data in (given.get("files") or {}).items()}
    answers = doer.message({"message": given["answers"]}) if given.get("answers") else None
    said = await doer.person.say(str(given.get("text") or ""), doer.where(given), files=files, answers=answers)
    return {"id": str(said.id)}


async def use(doer: Doer, given: JSON) -> JSON:
    """Use a command as it is typed: ``line``."""
    where = doer.where(given)
    read = typed.read(doer.person, str(given["line"]), where)
    return doer.answered(await doer.person.slash(read.line, where, **read.options))


async def suggest(doer: Doer, given: JSON) -> list[str]:
    """What could stand at the end of ``line``."""
    return await typed.suggest(doer.person, str(given["line"]), doer.where(given))


async def click(doer: Doer, given: JSON) -> JSON:
    """Press ``button`` of ``message``."""
    return doer.answered(await doer.person.click(doer.message(given), str(given["button"])))


async def choose(doer: Doer, given: JSON) -> JSON:
    """Choose ``chosen`` (labels, or names of people) in ``menu`` of ``message``."""
    message = doer.message(given)
    chosen = [_chosen(doer, message, str(given.get("menu") or ""), str(each)) for each in given["chosen"]]
    return doer.answered(await doer.person.choose(message, *chosen, menu=str(given.get("menu") or "")))


def _chosen(doer: Doer, message: Message, menu: str, name: str) -> Any:
    from butler_discord.testing.people import pieces  # noqa: PLC0415 - pieces are found by people

    found = pieces.menu(message, menu)
    if found["type"] == pieces.CHOICE:
        return name
    option = {"name": found["custom_id"], "type": {5: 6, 6: 8, 7: 9, 8: 7}[found["type"]]}
    return typed.value_of(doer.person, option, name, message.channel.guild)


async def fill(doer: Doer, given: JSON) -> JSON:
    """Fill in the newest form: ``fields``."""
    if not doer.forms:
        raise Impossible("there is no form")
    answer = await doer.person.fill(doer.forms[-1], dict(given["fields"]))
    doer.forms.pop()
    return doer.answered(answer)


async def menu(doer: Doer, given: JSON) -> JSON:
    """Use an entry ``name`` of the menu of a ``message`` or a ``person``."""
    target = doer.message(given) if given.get("message") else doer.other(given)
    return doer.answered(await doer.person.menu(str(given["name"]), target, doer.where(given)))


async def react(doer: Doer, given: JSON) -> None:
    """React to ``message`` with ``emoji``."""
    await doer.person.react(doer.message(given), str(given["emoji"]))


async def unreact(doer: Doer, given: JSON) -> None:
    """Take a reaction back."""
    await doer.person.unreact(doer.message(given), str(given["emoji"]))


async def vote(doer: Doer, given: JSON) -> None:
    """Vote in the poll of ``message`` for ``answer``."""
    await doer.person.vote(doer.message(given), str(given["answer"]))


async def edit(doer: Doer, given: JSON) -> None:
    """Change ``message`` to ``text``."""
    await doer.person.edit(doer.message(given), str(given["text"]))


async def delete(doer: Doer, given: JSON) -> None:
    """Delete ``message``."""
    await doer.person.delete(doer.message(given))


async def kick(doer: Doer, given: JSON) -> None:
    """Kick ``person``."""
    await doer.person.kick(doer.other(given))


async def voice(doer: Doer, given: JSON) -> None:
    """Go into the voice channel ``in``; without one, out."""
    if given.get("in"):
        await doer.person.join_voice(doer.where(given))
    else:
        await doer.person.leave_voice()


async def leave(doer: Doer, given: JSON) -> None:
    """Leave the guild."""
    await doer.person.leave()


async def history(doer: Doer, given: JSON) -> list[JSON]:
    """The last messages that they see in ``in``."""
    return [message.json(doer.person.id) for message in doer.person.sees(doer.where(given))[-int(given["limit"]) :]]


async def look(doer: Doer, given: JSON) -> JSON:
    """Who and what is there: people, bots, channels, commands."""
    person, guild = doer.person, doer.person.home
    assert guild is not None
    channels = [each.json() for each in guild.channels.values()]
    commands = {name: command.data["description"] for name, (_, command) in person.commands(doer.where(given)).items()}
    return {
        "you": person.user.json(), "guild": guild.json(), "channels": channels, "commands": commands,
        "people": [member.json() for member in guild.members.values()],
        "bots": [app.user.json() for app in doer.discord.world.apps.values()],
        "here": doer.where(given).json(),
    }  # fmt: skip


VERBS: Final[dict[str, Verb]] = {
    each.__name__: each
    for each in (
        say, use, suggest, click, choose, fill, menu, react, unreact, vote, edit, delete, kick, voice, leave,
        history, look,
    )
}  # fmt: skip

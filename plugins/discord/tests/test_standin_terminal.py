"""People from other processes: the control websocket and the terminal client over it (PLAT-5)."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import hikari
import pytest
from attrs import define
from butler_discord.testing.control import typed
from butler_discord.testing.people.errors import Impossible
from butler_discord.testing.scene import Scene, scene
from butler_discord.testing.terminal.client import Client
from butler_discord.testing.terminal.show import Board
from butler_discord.testing.terminal.wire import Gone, Wire

pytestmark = pytest.mark.spec("PLAT-5")
MESSAGE = hikari.ResponseType.MESSAGE_CREATE


@define(eq=False)
class Terminal:
    """A client whose screen is a list."""

    at: Scene
    client: Client
    screen: list[str]

    async def types(self, line: str, *shown: str) -> None:
        """Type a line, and wait until all of this is on the screen."""
        assert await self.client.typed(line)
        await self.shows(*shown)

    async def shows(self, *texts: str) -> None:
        await self.at.discord.until(lambda: all(text in "\n".join(self.screen) for text in texts))

    @property
    def last(self) -> str:
        return self.screen[-1]


@asynccontextmanager
async def terminal(folder: Path) -> AsyncIterator[Terminal]:
    async with scene() as at, Wire(at.discord.people_url, "ann") as wire:
        screen: list[str] = []

        def show(fragments: list[tuple[str, str]]) -> None:
            screen.append("".join(text for _, text in fragments))
            at.discord.world.touch()

        client = Client(wire, show, folder)
        await client.begin()
        watching = asyncio.create_task(client.watch())
        yield Terminal(at, client, screen)
        watching.cancel()
        await asyncio.gather(watching, return_exceptions=True)


def commands(at: Scene) -> Any:
    kinds = hikari.OptionType
    karma = hikari.impl.SlashCommandBuilder("karma", "points")
    person = hikari.CommandOption(type=kinds.USER, name="person", description="who", is_required=True)
    why = hikari.CommandOption(type=kinds.STRING, name="why", description="what for")
    karma.add_option(
        hikari.CommandOption(type=kinds.SUB_COMMAND, name="give", description="give", options=[person, why])
    )
    report = hikari.impl.SlashCommandBuilder("report", "report")
    return at.rest.set_application_commands(at.app.id, [karma, report], guild=at.guild.id)


def answers(at: Scene) -> None:
    row = hikari.impl.MessageActionRowBuilder()
    row.add_interactive_button(hikari.ButtonStyle.PRIMARY, "thanks", label="Thanks")

    @at.bot.listen()
    async def on(event: hikari.InteractionCreateEvent) -> None:
        asked = event.interaction
        if isinstance(asked, hikari.ModalInteraction):
            await asked.create_initial_response(MESSAGE, f"reported: {asked.components[0][0].value}")
        elif isinstance(asked, hikari.ComponentInteraction):
            await asked.create_initial_response(MESSAGE, "you are welcome")
        elif isinstance(asked, hikari.CommandInteraction) and asked.command_name == "report":
            field = hikari.impl.ModalActionRowBuilder().add_text_input("what", "What?")
            await asked.create_modal_response("Report", "report", components=[field])
        elif isinstance(asked, hikari.CommandInteraction):
            given = {each.name: each.value for each in (asked.options or ())[0].options or ()}
            await asked.create_initial_response(
                MESSAGE, f"<@{given['person']}> {given.get('why')}", component=row, flags=hikari.MessageFlag.EPHEMERAL
            )


def test_talking_commands_buttons_and_forms(tmp_path: Path) -> None:
    async def main() -> None:
        async with terminal(tmp_path) as ann:
            await commands(ann.at)
            answers(ann.at)
            await ann.types("hello", "ann  hello")
            await ann.at.bob.say("hi ann")
            await ann.shows("bob  hi ann")
            await ann.types("/karma give bob the cake", "(only you see this)  @bob the cake", "[1] Thanks")
            assert ann.at.bob.texts() == ["hello", "hi ann"]
            await ann.types(".1", "you are welcome")
            await ann.types("/report", "Report (a form", "What?")
            await ann.types("noise", "reported: noise")

    asyncio.run(main())


def test_files_are_saved_and_polls_voted_in(tmp_path: Path) -> None:
    async def main() -> None:
        async with terminal(tmp_path) as ann:
            picture = hikari.Bytes(b"\x89PNG", "chart.png")
            await ann.at.rest.create_message(ann.at.hall.id, attachment=picture)
            await ann.shows("chart.png (4 bytes)", f"saved as {tmp_path / 'chart.png'}")
            assert (tmp_path / "chart.png").read_bytes() == b"\x89PNG"
            built = hikari.impl.PollBuilder(question_text="Drink?", duration=1, allow_multiselect=False)
            await ann.at.rest.create_message(ann.at.hall.id, poll=built.add_answer(text="Tea"))
            await ann.types("", "[2] Tea")
            await ann.client.typed(".2")
            assert ann.at.ann.sees()[-1].poll is not None
            assert ann.at.ann.sees()[-1].poll.votes == {1: {ann.at.ann.id: None}}
            (tmp_path / "note.txt").write_text("remember")
            await ann.client.typed(f".file {tmp_path / 'note.txt'}")
            assert ann.at.ann.sees()[-1].files[0].data == b"remember"

    asyncio.run(main())


def test_private_conversations_and_what_is_wrong(tmp_path: Path) -> None:
    async def main() -> None:
        async with terminal(tmp_path) as ann:
            channel = await ann.at.rest.create_dm_channel(ann.at.ann.id)
            await channel.send("welcome")
            await ann.shows("(a private conversation)  welcome")
            await ann.types(".dm butler", "you are in @butler", "welcome")
            await ann.client.typed("thanks")
            assert ann.at.ann.sees(ann.at.app)[-1].text == "thanks"
            for line, told in {
                "/nothing": "there is no /nothing",
                ".9": "nothing has the number 9",
                ".to nowhere": "there is no channel #nowhere",
                ".file nowhere": "there is no file",
            }.items():
                await ann.types(line, told)
            assert not await ann.client.typed(".quit")

    asyncio.run(main())


def test_what_is_typed_is_completed(tmp_path: Path) -> None:
    async def main() -> None:
        async with terminal(tmp_path) as ann:
            await commands(ann.at)
            assert await ann.client.suggest("/k") == ["karma"]
            assert await ann.client.suggest("/karma ") == ["give"]
            assert await ann.client.suggest("/karma give ") == ["person:", "why:"]
            assert "person:bob" in await ann.client.suggest("/karma give person:b")
            assert await ann.client.suggest("hello") == []

    asyncio.run(main())


@pytest.mark.parametrize(
    ("line", "options"),
    [
        ("/karma give bob", {"person": "bob"}),
        ("/karma give @bob for the cake", {"person": "bob", "why": "for the cake"}),
        ("/karma give why:cake person:bob", {"person": "bob", "why": "cake"}),
        ('/karma give bob "for the cake"', {"person": "bob", "why": "for the cake"}),
    ],
)
def test_a_command_is_read_as_it_is_typed(line: str, options: dict[str, str]) -> None:
    async def main() -> None:
        async with scene() as at:
            await commands(at)
            read = typed.read(at.ann, line, at.hall)
            found = {name: getattr(getattr(value, "user", None), "name", value) for name, value in read.options.items()}
            assert (read.line, found) == ("karma give", options)
            with pytest.raises(Impossible, match="no 'eve'"):
                typed.read(at.ann, "/karma give eve", at.hall)

    asyncio.run(main())


def test_texts_are_shown_as_people_read_them() -> None:
    board = Board()
    board.names.known = {"1": "@ann", "2": "#hall"}
    fragments = board.text("**now** <@1> in <#2>: `a` and ``b`` <:party:3>")
    assert "".join(text for _, text in fragments) == "now @ann in #hall: a and b :party:"
    assert [text for style, text in fragments if style == "class:code"] == ["a", "b"]


def test_no_page_in_a_browser_gets_in_and_the_end_is_told() -> None:
    async def main() -> None:
        async with scene() as at:
            async with aiohttp.ClientSession() as session:
                with pytest.raises(aiohttp.WSServerHandshakeError) as caught:
                    await session.ws_connect(f"{at.discord.people_url}/ann")
                assert caught.value.status == 403
            with pytest.raises(Gone):
                async with Wire("http://127.0.0.1:1/people", "ann"):
                    pass
            async with Wire(at.discord.people_url, "ann") as wire:
                at.discord.let_go()
                assert (await wire.events.get())["event"] == ""
                with pytest.raises(Gone):
                    await wire.do("look")

    asyncio.run(main())

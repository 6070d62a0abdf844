"""The main flows over the real client: welcome, questions, bots that talk (CORE-1, CORE-8, CORE-24)."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Awaitable, Callable

import pytest
from butler_core import ButlerCore

from plugins.discord.tests.conftest import Lodge, lodge, until

PERSONA = '[personas.TheButler]\nprompt = "You are TheButler."\nmodel = "script"\ngreeting = "Good day."\n'


def visited(test: Callable[[Lodge], Awaitable[None]], settings: str = "") -> None:
    """A Discord with one guild in which TheButler is at home."""

    async def main() -> None:
        async with lodge([ButlerCore], toml=f"[plugins.butler_core]\n{settings}\n{PERSONA}") as at:
            at.model.rule("", lambda prompt: f"I, {prompt.persona}.")
            await at.discord.until(lambda: "botpacalypse" in at.owner.commands())
            await test(at)

    asyncio.run(main())


@pytest.mark.spec("CORE-1", "CORE-4")
def test_who_joins_is_welcomed_in_private_and_in_the_channel_and_may_have_no_more_of_it() -> None:
    async def visit(at: Lodge) -> None:
        carol = at.discord.join("carol", at.guild)
        await until(lambda: carol.dms)
        assert carol.dms[0].text.startswith("Welcome to House, carol! Good day.")
        assert "`/weather`" in carol.dms[0].text
        said = await carol.hears(f"Welcome to House, carol! <@{carol.id}>", at.guild.system_channel)
        assert said.author is at.app.user
        answer = await carol.click(carol.dms[0], "No more of these")
        assert answer.text.startswith("Very well, no more of these.")

    visited(visit)


@pytest.mark.spec("CORE-2")
def test_closed_direct_messages_fall_back_to_the_channel() -> None:
    async def visit(at: Lodge) -> None:
        carol = at.discord.join("carol", at.discord.guild("Elsewhere"))
        carol.close_dms()
        await carol.enter(await at.owner.invite())
        told = await carol.finds(lambda message: "At your service" in message.text, at.guild.system_channel)
        assert told.author is at.app.user
        assert carol.dms == []

    visited(visit)


@pytest.mark.spec("CORE-5", "CORE-8")
def test_eleven_questions_in_a_direct_message() -> None:
    async def visit(at: Lodge) -> None:
        for left in range(9, -1, -1):
            await at.ann.say("how are you?", at.app)
            wanted = f"I, TheButler.\n\n*{left or 'no'} of 10 questions left this hour*"
            await at.ann.hears(wanted, at.app)
        await at.ann.say("and now?", at.app)
        refused = await at.ann.finds(lambda message: "even a genie grants no more" in message.text, at.app)
        assert "The next is free at" in refused.text
        last = await at.ann.say("please?", at.app)
        await until(lambda: last.reactions)
        await at.settled()
        assert len(at.ann.dms) == 11
        assert at.bob.texts(at.hall) == []

    visited(visit)


@pytest.mark.spec("CORE-3", "CORE-6", "CORE-28")
def test_commands_are_slash_commands_and_private_words_stay_private() -> None:
    async def visit(at: Lodge) -> None:
        await at.ann.say("my secret is a teapot", at.app)
        await until(lambda: at.ann.dms)
        await at.ann.say("butler, hello", at.hall)
        await at.ann.finds(lambda message: message.text.startswith("I, TheButler"), at.hall)
        assert "teapot" not in "\n".join(turn.text for turn in at.model.prompts[-1].turns)
        rolled = await at.ann.slash("roll", at.hall, dice="2d6+1")
        assert rolled.text.startswith("🎲")
        sent = await at.ann.slash("bm", at.hall)
        assert sent.ephemeral
        await until(lambda: any("At your service" in message.text for message in at.ann.dms))
        sum_ = await at.ann.slash("calc", at.hall, expression="6 * 7")
        assert sum_.text == "6 * 7 = **42**"

    visited(visit, "questions_shown = false")


@pytest.mark.spec("CORE-23", "CORE-24")
def test_botpacalypse_speaks_with_the_personas_names_and_ends_when_its_budget_is_spent() -> None:
    async def visit(at: Lodge) -> None:
        answer = await at.ann.slash("botpacalypse start", at.hall, minutes=5, personas="Puerus, Jarvis")
        assert answer.text.startswith("Botpacalypse! Puerus, Jarvis talk for 5 min, in 4 messages at most.")
        await at.ann.hears("Botpacalypse is over; the bots are quiet again.", at.hall, 40)
        spoke = [message.author.name for message in at.ann.sees(at.hall) if message.text.startswith("I, ")]
        assert sorted(spoke) == ["Jarvis", "Jarvis", "Puerus", "Puerus"]
        assert all(one != other for one, other in itertools.pairwise(spoke))

    visited(visit, 'botpacalypse_max_messages = 4\nbotpacalypse_beat = "1s"')

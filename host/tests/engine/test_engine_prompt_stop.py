"""What else a plugin may say when a persona is about to speak: not now, or a line below (HOST-8)."""

from __future__ import annotations

from butler import Message, Plugin, Section, Stop, Use, hookimpl
from butler.testing import House


class Gate(Plugin):
    """Lets nobody speak of the weather, and counts."""

    @hookimpl
    async def build_prompt(self, message: Message) -> list[Section | Use] | Stop:
        """One way or the other."""
        if "weather" in message.text:
            await message.reply("Not that again.")
            return Stop("it is about the weather")
        return [Section("Be kind."), Use(footer="3 left")]


def test_a_persona_that_is_stopped_asks_no_model_and_what_was_said_instead_is_said_once() -> None:
    with House([Gate]) as house:
        house.post("ann", "TheButler, the weather?", settle=False)
        house.steps(5)
        house.crash()
        assert [shown.text for shown in house.shown] == ["Not that again."]
        assert house.model.prompts == []
        assert "gate: it is about the weather" in str(house.record(house.world.said[0]))


def test_a_footer_is_shown_and_no_model_reads_it() -> None:
    with House([Gate]) as house:
        house.model.say("Good day.")
        assert house.dm("ann", "hello") == ["Good day.\n\n*3 left*"]
        house.dm("ann", "hello again")
        read = [turn.text for turn in house.model.prompts[-1].turns]
        assert "Good day." in read
        assert not [text for text in read if "3 left" in text]

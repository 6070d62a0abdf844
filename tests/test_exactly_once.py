"""Nothing lost, nothing said twice, order kept, wherever the host is killed (HOST-5, OPS-9)."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterable

import peewee
import pytest
from butler import Message, Plugin, Prompt, Reply, Table, hookimpl
from butler.testing.house import House
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

CHANNELS = ("hall", "yard", "cellar")


class Line(Table):
    """One row for each message that was counted."""

    message = peewee.TextField()

    class Meta:
        table_name = "tally_line"


class Tally(Plugin):
    """Counts what people say, and greets back."""

    tables = (Line,)

    @hookimpl
    async def on_message(self, message: Message) -> None:
        if message.author.bot:
            return
        self.host.db.defer(lambda: Line.create(message=message.id))
        if "hello" in message.text:
            await message.reply(f"counted {message.text}")


def _echo(prompt: Prompt) -> str:
    return f"re: {prompt.turns[-1].text.partition(': ')[2]}"


def _steps(house: House, count: int) -> None:
    """Let the loop turn so many times."""

    async def turn() -> None:
        for _ in range(count):
            await asyncio.sleep(0)

    house.loop.run_until_complete(turn())


def _counted(house: House) -> list[str]:
    return house.run(house.host.database.read(lambda: [row.message for row in Line.select()]))


def _answers(house: House, channel: str) -> list[str]:
    there = house.channel(channel).id
    said = [shown.text for shown in house.shown if shown.channel == there and shown.persona]
    return [re.sub(r"^re: ", "", text) for text in said]


def _post_all(house: House, texts: Iterable[tuple[str, str]]) -> dict[str, list[str]]:
    asked: dict[str, list[str]] = {name: [] for name in CHANNELS}
    for number, (channel, text) in enumerate(texts):
        line = f"{number} {text}"
        house.post("ann", line, to=house.channel(channel, members=2), settle=False)
        asked[channel].append(line)
    return asked


@pytest.mark.spec("HOST-5", "OPS-9")
@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    texts=st.lists(
        st.tuples(st.sampled_from(CHANNELS), st.sampled_from(["hello", "how are you"])), min_size=1, max_size=12
    ),
    kills=st.lists(st.integers(1, 60), max_size=6),
    forgetful=st.booleans(),
)
def test_each_message_is_answered_once_and_in_order_wherever_it_is_killed(
    texts: list[tuple[str, str]], kills: list[int], forgetful: bool
) -> None:
    with House([Tally]) as house:
        house.model.rule(r"(?s)(.*)", _echo)
        house.world.dedupe_window = 0.0 if forgetful else 3600.0
        asked = _post_all(house, texts)
        for steps in kills:
            _steps(house, steps)
            house.kill()
            house.start()
        house.settle()
        assert {name: _answers(house, name) for name in CHANNELS} == asked
        ids = [message.id for message in house.world.said]
        assert sorted(_counted(house)) == sorted(ids)
        greeted = [shown.text for shown in house.shown if shown.text.startswith("counted")]
        assert sorted(greeted) == sorted(f"counted {m.text}" for m in house.world.said if "hello" in m.text)


@pytest.mark.spec("HOST-5")
def test_an_answer_that_was_paid_for_is_not_asked_for_again() -> None:
    """Killed after the model answered and the answer was kept, before it was sent."""
    with House() as house:
        house.model.rule(r"(?s)(.*)", "once")
        with house.faults.platform_down():
            house.post("ann", "hi", to=house.channel(members=2), settle=False)
            house.settle()
        house.crash()
        house.settle()
        assert [shown.text for shown in house.shown] in ([], ["once"])


@pytest.mark.spec("HOST-5")
def test_a_reply_whose_confirmation_was_lost_is_not_said_twice(make_house: type[House]) -> None:
    house = make_house()
    house.model.say("only once")
    house.world.dedupe_window = 0.0
    house.faults.platform_drops_answer()
    assert house.say("ann", "hi", members=2) == ["only once"]


@pytest.mark.spec("HOST-5")
def test_what_the_platform_delivers_twice_is_handled_once(make_house: type[House]) -> None:
    house = make_house([Tally])
    message = house.post("ann", "hello", to=house.channel(members=5))
    house.world.post(message)
    house.settle()
    assert _counted(house) == [message.id]


@pytest.mark.spec("HOST-5")
def test_a_sent_reply_enters_the_log_once_as_the_personas_message(make_house: type[House]) -> None:
    house = make_house()
    house.model.say("good day")
    house.say("ann", "hi", members=2)
    history = house.run(house.host.journal.recovery.history(house.channel().id, before=2**62, limit=10))
    assert [(message.author.persona, message.text) for message in history] == [("", "hi"), ("TheButler", "good day")]


@pytest.mark.spec("HOST-5")
def test_a_plugin_whose_write_fails_loses_only_its_own(make_house: type[House]) -> None:
    class Clumsy(Plugin):
        """Writes into a table that is not there."""

        @hookimpl
        async def on_message(self, message: Message) -> None:
            self.host.db.defer(lambda: Line.raw("insert into nowhere values (1)").execute())

    house = make_house([Clumsy, Tally])
    house.model.say("still here")
    assert house.say("ann", "hi", members=2) == ["still here"]
    assert len(_counted(house)) == 1


@pytest.mark.spec("HOST-7")
def test_commands_are_taken_from_people_only(make_house: type[House]) -> None:
    house = make_house()
    house.person("robot", bot=True)
    assert house.say("robot", "/help", members=2) == []


def test_replies_can_be_rich(make_house: type[House]) -> None:
    class Rich(Plugin):
        """Answers with a reply object."""

        @hookimpl
        async def on_message(self, message: Message) -> None:
            if not message.author.bot:
                await message.reply(Reply("rich"), mentions=(message.author.id,))

    house = make_house([Rich])
    house.say("ann", "x", members=5)
    (shown,) = house.shown
    assert shown.notified == (house.person("ann").id,)

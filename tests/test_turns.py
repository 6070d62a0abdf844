"""Several personas in one channel: who is spoken to, in which order they speak, and what each has heard (CHAR-7)."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest
from butler import YES, Message, Persona, Plugin, Reply, Vote, hookimpl
from butler.testing.house import House
from butler.testing.world import ACCOUNT
from hypothesis import given, settings
from hypothesis import strategies as st

Make = Callable[..., House]

CAST = """
[personas.TheButler]
model = "script"
prompt = "x"
channels = ["*"]
[personas.Alice]
model = "script"
prompt = "You are Alice."
channels = ["*"]
[personas.Bob]
model = "script"
prompt = "You are Bob."
channels = ["*"]
handles = ["bobby"]
[personas."Her Fangs"]
model = "script"
prompt = "You are Fangs."
channels = ["*"]
"""


def _spoke(house: House, since: int = 0) -> list[str]:
    return [shown.persona for shown in house.shown[since:]]


@pytest.mark.spec("CHAR-7", "CHAR-15")
@pytest.mark.parametrize(
    ("text", "speak"),
    [
        ("Alice and Bob, what do you think?", ["Alice", "Bob"]),
        ("Bob, ask Alice", ["Bob", "Alice"]),
        ("bobby! TheButler! alice!", ["Bob", "TheButler", "Alice"]),
        ("bob, bobby, BOB", ["Bob"]),
        ("what would her   fangs say, bob's friend?", ["Her Fangs", "Bob"]),
        ("_Bob_ or *Alice*?", ["Bob", "Alice"]),
        ("> Alice was here\nBob, is that so?", ["Bob"]),
        ("Bob, what is `alice`?", ["Bob"]),
        ("```\nalice\n```\nBob?", ["Bob"]),
        ('Bob, she said "ask Alice about it"', ["Bob"]),
        ("Bob, she said “ask Alice”", ["Bob"]),
        ('my 5" Alice and your 6" Bob', ["Alice", "Bob"]),
        ("malice in bobsled", []),
        ("write to x@bob.example", []),
        ("see https://alice.example/bob", []),
        ("@Bob and @Alice", ["Bob", "Alice"]),
        ("nobody in particular", []),
    ],
)
def test_those_who_are_named_speak_in_the_order_of_their_names(make_house: Make, text: str, speak: list[str]) -> None:
    house = make_house(toml=CAST)
    house.say("ann", text)
    assert _spoke(house) == speak


@pytest.mark.spec("CHAR-7")
def test_a_mention_counts_where_it_stands(make_house: Make) -> None:
    house = make_house(toml=CAST)
    bare = ACCOUNT.partition(":")[2]
    house.say("ann", f"Bob, <@{bare}>, Alice", mentions=(ACCOUNT,))
    assert _spoke(house) == ["Bob", "TheButler", "Alice"]


@pytest.mark.spec("CHAR-15")
def test_a_reply_addresses_whose_words_it_answers_after_those_who_are_named(make_house: Make) -> None:
    house = make_house(toml=CAST)
    house.say("ann", "Alice?")
    house.say("ann", "and you, Bob?", reply_to=house.shown[-1])
    assert _spoke(house, 1) == ["Bob", "Alice"]


@pytest.mark.spec("CHAR-15")
def test_a_reply_through_a_shared_account_does_not_name_its_main_persona(make_house: Make) -> None:
    house = make_house(toml=CAST)
    house.say("ann", "Alice?")
    house.say("ann", "why?", reply_to=house.shown[-1], mentions=(ACCOUNT,))
    assert _spoke(house, 1) == ["Alice"]


class Chatty(Plugin):
    """Has everybody answer people."""

    @hookimpl
    async def should_reply(self, message: Message, persona: Persona) -> Vote | None:
        return None if message.author.bot else Vote(YES, "why not")


@pytest.mark.spec("CHAR-7")
def test_those_who_are_not_named_speak_after_those_who_are(make_house: Make) -> None:
    house = make_house([Chatty], toml=CAST)
    house.say("ann", "Bob, anybody?")
    assert _spoke(house)[0] == "Bob"
    assert sorted(_spoke(house)) == ["Alice", "Bob", "Her Fangs", "TheButler"]


@pytest.mark.spec("CHAR-7")
def test_each_sees_what_the_one_before_said_behind_the_question(make_house: Make) -> None:
    house = make_house(toml=CAST)
    house.model.say("Red.", "Blue.", "Green.")
    house.say("ann", "Alice, Bob, TheButler: which colour?")
    ends = [[turn.text for turn in prompt.turns[-3:]] for prompt in house.model.prompts]
    assert ends[0][-1] == "ann: Alice, Bob, TheButler: which colour?"
    assert ends[1][-2:] == ["ann: Alice, Bob, TheButler: which colour?", "Alice: Red."]
    assert ends[2] == ["ann: Alice, Bob, TheButler: which colour?", "Alice: Red.", "Bob: Blue."]


class Typist(Plugin):
    """Answers appear only after a while of typing."""

    seconds = 6.0

    @hookimpl
    async def review_reply(self, reply: Reply) -> Reply | None:
        return None if reply.wait else Reply(reply.text, persona=reply.persona, to=reply.to, wait=self.seconds)


@pytest.mark.spec("CHAR-7", "CHAR-9")
def test_the_next_one_waits_until_the_words_of_the_one_before_are_there(make_house: Make) -> None:
    house = make_house([Typist], toml=CAST)
    house.model.say("Red.", "Blue.")
    house.say("ann", "Alice, Bob: which colour?")
    house.advance(seconds=30)
    assert [shown.text for shown in house.shown] == ["Red.", "Blue."]
    assert house.model.prompts[1].turns[-1].text == "Alice: Red."
    assert (house.shown[1].at - house.shown[0].at).total_seconds() >= 6


@pytest.mark.spec("CHAR-7")
def test_nobody_waits_longer_than_turn_wait_max(make_house: Make) -> None:
    house = make_house(toml=CAST + "[host]\nturn_wait_max = '20s'\n")
    house.model.rule("which", lambda prompt: "From " + prompt.persona)
    slow = house.model.complete

    async def complete(prompt: object) -> object:
        if getattr(prompt, "persona", "") == "Alice":
            await asyncio.sleep(50)
        return await slow(prompt)  # type: ignore[arg-type]

    house.model.complete = complete  # type: ignore[method-assign, assignment]
    asked = house.clock.now()
    house.post("ann", "Alice, Bob, which colour?")
    house.advance(seconds=60)
    assert [(shown.persona, (shown.at - asked).total_seconds()) for shown in house.shown] == [
        ("Bob", 20),
        ("Alice", 50),
    ]
    assert "did not wait longer than 20 s for Alice" in str(house.why()["turns"])


@pytest.mark.spec("CHAR-7")
def test_where_a_machine_spoke_there_is_more_patience_than_where_a_person_waits(make_house: Make) -> None:
    house = make_house(toml=CAST)
    house.person("robot", bot=True)
    waits = {}
    for who in ("ann", "robot"):
        message = house.post(who, "hello", to=house.channel())
        waits[who] = house.host.pipeline._rounds._patience(message)
    assert waits == {"ann": 30, "robot": 60}


@pytest.mark.spec("CHAR-7", "HOST-5")
@settings(max_examples=25, deadline=None)
@given(steps=st.integers(1, 400))
def test_a_crash_between_two_of_them_goes_on_with_the_next(steps: int) -> None:
    with House([Typist], toml=CAST) as house:
        house.model.rule("colour|Alice|Bob", lambda prompt: f"From {prompt.persona}")
        house.post("ann", "Alice, Bob, TheButler: which colour?", settle=False)
        house.steps(steps)
        house.crash()
        house.advance(minutes=2)
        assert [shown.persona for shown in house.shown] == ["Alice", "Bob", "TheButler"]
        last = [prompt for prompt in house.model.prompts if prompt.persona == "TheButler"][-1]
        assert [turn.text for turn in last.turns[-2:]] == ["Alice: From Alice", "Bob: From Bob"]


@pytest.mark.spec("CHAR-7")
def test_of_overlapping_names_the_longer_one_counts(make_house: Make) -> None:
    house = make_house(toml=CAST + '[personas.Fangs]\nmodel = "script"\nprompt = "x"\nchannels = ["*"]\n')
    house.say("ann", "Her Fangs, come")
    house.say("ann", "Fangs, come")
    assert _spoke(house) == ["Her Fangs", "Fangs"]


@pytest.mark.spec("CHAR-7")
def test_names_are_found_however_they_are_written(make_house: Make) -> None:
    house = make_house(toml=CAST + '[personas."Zoë"]\nmodel = "script"\nprompt = "x"\nchannels = ["*"]\n')
    house.say("ann", "ZOE\u0308, come")
    assert _spoke(house) == ["Zoë"]


@pytest.mark.spec("HOST-5")
def test_a_turn_that_fails_does_not_keep_the_others_from_speaking(make_house: Make) -> None:
    house = make_house(toml=CAST)
    house.model.fail()
    house.say("ann", "Alice, Bob?")
    assert _spoke(house) == ["Alice", "Bob"]
    assert [turn["state"] for turn in house.why()["turns"]] == ["failed", "closed"]


@pytest.mark.spec("HOST-5", "OPS-1")
def test_a_reply_that_the_last_reviewer_changed_ends_its_turn_with_a_record(make_house: Make) -> None:
    house = make_house([Typist], toml=CAST)
    house.say("ann", "Alice?")
    house.advance(seconds=10)
    assert [turn["state"] for turn in house.why()["turns"]] == ["closed"]
    assert house.query("select state from host_turns") == [("closed",)]

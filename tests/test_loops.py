"""Machines do not answer each other for ever, on no platform, whatever plugins vote (LUNA-12, CHAR-8, CHAR-15)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from butler import VETO, YES, CommandError, Message, Persona, Plugin, Reply, Vote, hookimpl
from butler.engine.repeats import Repeats
from butler.engine.talk import NOTICE
from butler.services.why import explain, turning
from butler.testing.house import House
from hypothesis import given, settings
from hypothesis import strategies as st

Make = Callable[..., House]

FREE = "[host]\nbot_reply_threshold = 1000\nreply_cooldown = 0\nscanback = 100\n"
"""Nothing but the order of speakers ends a loop; models are asked for the person who spoke last, however long ago."""


def cast(*names: str) -> str:
    return "".join(f'[personas.{name}]\nmodel = "script"\nprompt = "x"\nchannels = ["*"]\n' for name in names)


class Keen(Plugin):
    """Has every persona answer every message."""

    @hookimpl
    async def should_reply(self, message: Message, persona: Persona) -> Vote:
        return Vote(YES, "always")


class Ring(Plugin):
    """Has each persona answered by the next one in the alphabet, the last by the first."""

    names: tuple[str, ...] = ("Ada", "Bea", "Cid")

    @hookimpl
    async def should_reply(self, message: Message, persona: Persona) -> Vote | None:
        if not message.author.persona:
            return None
        turn = (self.names.index(message.author.persona) + 1) % len(self.names)
        return Vote(YES if self.names[turn] == persona.name else VETO, "it is its turn")


class Answers(Plugin):
    """Has Ada answer whatever other bots say."""

    @hookimpl
    async def should_reply(self, message: Message, persona: Persona) -> Vote | None:
        return Vote(YES, "politeness") if message.author.bot and persona.name == "Ada" else None


class Parrot(Plugin):
    """Repeats everything; it does not look who said it."""

    @hookimpl
    async def on_message(self, message: Message) -> None:
        await message.reply(f"{message.text}!")


def _speakers(house: House, since: int = 0) -> str:
    return "".join(shown.persona[:1] or "*" for shown in house.shown[since:])


# --- an order that repeats ------------------------------------------------------------------------


@pytest.mark.spec("LUNA-12")
@pytest.mark.parametrize(("names", "count"), [(("Ada", "Bea"), 10), (("Ada", "Bea", "Cid"), 15)])
def test_an_order_that_was_repeated_five_times_is_broken_off(make_house: Make, names: Any, count: int) -> None:
    ring = type("Ring", (Ring,), {"names": names})
    house = make_house([ring], toml=cast(*names) + FREE)
    house.say("ann", "Ada, begin")
    assert _speakers(house) == ("ABC"[: len(names)] * 5)[:count]


@pytest.mark.spec("LUNA-12")
def test_a_person_starts_it_anew(make_house: Make) -> None:
    house = make_house([type("Ring", (Ring,), {"names": ("Ada", "Bea")})], toml=cast("Ada", "Bea") + FREE)
    for _ in range(3):
        before = len(house.shown)
        house.say("ann", "Ada, begin")
        assert _speakers(house, before) == "AB" * 5


@pytest.mark.spec("LUNA-12")
def test_how_often_is_a_setting_of_a_guild(make_house: Make) -> None:
    house = make_house([type("Ring", (Ring,), {"names": ("Ada", "Bea")})], toml=cast("Ada", "Bea") + FREE)
    house.set("host.pingpong_threshold", 2, guild="den")
    house.say("ann", "Ada, begin")
    assert _speakers(house) == "ABAB"


def _with_robot(house: House, rounds: int, *, who: str = "robot") -> str:
    """What Ada does after each message of another's bot: A or a point for silence."""
    heard = ""
    for _ in range(rounds):
        house.advance(seconds=20)
        heard += "A" if house.say(who, "beep") else "."
    return heard


@pytest.fixture
def polite(make_house: Make) -> Iterator[House]:
    """Ada answers other people's bots."""
    house = make_house([Answers], toml=cast("Ada") + FREE)
    for name in ("robot", "newcomer"):
        house.person(name, bot=True)
    house.say("ann", "good morning")
    return house  # type: ignore[return-value]


@pytest.mark.spec("LUNA-12")
def test_it_holds_between_a_persona_and_somebody_elses_bot(polite: House) -> None:
    assert _with_robot(polite, 9) == "AAAAA...."


@pytest.mark.spec("LUNA-12")
def test_somebody_new_ends_the_silence(polite: House) -> None:
    assert _with_robot(polite, 7) == "AAAAA.."
    assert _with_robot(polite, 1, who="newcomer") == "A"
    assert _with_robot(polite, 2) == "AA"


@pytest.mark.spec("LUNA-12")
def test_a_person_ends_the_silence(polite: House) -> None:
    assert _with_robot(polite, 7) == "AAAAA.."
    polite.say("ann", "what is going on here?")
    assert _with_robot(polite, 7) == "AAAAA.."


@pytest.mark.spec("LUNA-12")
def test_it_ends_after_ten_minutes_also_while_the_other_goes_on(polite: House) -> None:
    heard = _with_robot(polite, 45)
    assert heard.startswith("AAAAA....")
    assert heard[5 : 5 + 29].strip(".") == ""
    assert "A" in heard[5 + 29 : 5 + 33]


@pytest.mark.spec("LUNA-12")
@pytest.mark.parametrize("how", ["restart", "crash"])
def test_it_holds_over_a_restart(polite: House, how: str) -> None:
    assert _with_robot(polite, 4) == "AAAA"
    getattr(polite, how)()
    assert _with_robot(polite, 3) == "A.."
    getattr(polite, how)()
    assert _with_robot(polite, 2) == ".."


@pytest.mark.spec("LUNA-12")
def test_one_notice_is_given_where_it_is_wanted_and_nobody_answers_it(make_house: Make) -> None:
    toml = cast("Ada", "Bea") + FREE + 'pingpong_mode = "notice"\n'
    house = make_house([type("Ring", (Ring,), {"names": ("Ada", "Bea")})], toml=toml)
    house.say("ann", "Ada, begin")
    assert [shown.text for shown in house.shown].count(NOTICE) == 1
    assert _speakers(house) == "AB" * 5 + "*"
    house.say("ann", "Bea, begin")
    assert [shown.text for shown in house.shown].count(NOTICE) == 2


@pytest.mark.spec("LUNA-12")
def test_the_notice_is_given_once_however_long_the_other_goes_on(make_house: Make) -> None:
    house = make_house([Answers], toml=cast("Ada") + FREE + 'pingpong_mode = "notice"\n')
    house.person("robot", bot=True)
    house.say("ann", "good morning")
    for _ in range(12):
        house.say("robot", "beep")
    house.crash()
    for _ in range(5):
        house.say("robot", "beep")
    assert [shown.text for shown in house.shown].count(NOTICE) == 1


@pytest.mark.spec("LUNA-12")
def test_a_person_and_one_bot_are_never_silenced(make_house: Make) -> None:
    house = make_house([Keen], toml=cast("Ada").replace("Ada", "TheButler"))
    for _ in range(40):
        assert house.say("ann", "go on", members=2)


@pytest.mark.spec("LUNA-12", "OPS-1")
def test_why_names_who_repeated_what_and_what_ends_it(polite: House) -> None:
    _with_robot(polite, 7)
    record = polite.why()
    assert record["votes"]["Ada"]["votes"] == [["host", "veto", "Ada and robot repeated the same order 5 times"]]
    change = turning(record)
    assert change is not None
    assert change.plugins == ()
    assert "a person" in change.text
    assert "repeated the same order" in explain(record, operator=True)


@given(st.lists(st.sampled_from("abcd"), max_size=80), st.integers(2, 5))
def test_an_order_is_found_where_and_only_where_it_was_repeated(said: list[str], times: int) -> None:
    repeats = Repeats()
    turns: list[str] = []
    for speaker in said:
        repeats.add(speaker)
        if not turns or turns[-1] != speaker:
            turns.append(speaker)
    expected: tuple[str, ...] = ()
    for length in range(2, len(turns) // times + 1):
        if turns[-length * times :] == turns[-length:] * times:
            expected = tuple(turns[-length:])
            break
    assert repeats.order(times) == expected


# --- the bound ------------------------------------------------------------------------------------


@pytest.mark.spec("CHAR-8", "CHAR-15")
@pytest.mark.parametrize("most", [0, 1, 3, 7])
def test_machines_answer_machines_so_often_and_no_more(make_house: Make, most: int) -> None:
    names = ("Ada", "Bea", "Cid", "Dot")
    house = make_house([Keen], toml=cast(*names) + f"[host]\nbot_reply_threshold = {most}\nreply_cooldown = 0\n")
    for _ in range(2):
        before = len(house.shown)
        house.say("ann", "hello all")
        assert len(house.shown) - before == 5 + most  # TheButler lives there as well


@pytest.mark.spec("CHAR-8")
def test_the_same_bot_is_answered_again_only_after_a_while(make_house: Make) -> None:
    house = make_house([Answers], toml=cast("Ada") + "[host]\nbot_reply_threshold = 1000\n")
    house.person("robot", bot=True)
    house.person("other", bot=True)
    house.say("ann", "good morning")
    assert house.say("robot", "beep")
    assert house.say("robot", "beep") == []
    assert "it answered robot 0 s ago" in str(house.why()["votes"])
    assert house.say("other", "boop")
    house.advance(seconds=16)
    assert house.say("robot", "beep")


@pytest.mark.spec("CHAR-8")
def test_a_persona_has_a_threshold_of_its_own(make_house: Make) -> None:
    toml = cast("Ada", "Bea") + FREE + "[personas.Ada.settings.host]\nbot_reply_threshold = 0\n"
    house = make_house([type("Ring", (Ring,), {"names": ("Ada", "Bea")})], toml=toml)
    house.say("ann", "Ada, begin")
    assert _speakers(house) == "AB"


@pytest.mark.spec("LUNA-12", "CHAR-15")
def test_a_plugin_that_answers_itself_is_bounded(make_house: Make) -> None:
    house = make_house([Parrot], toml=cast("Ada"))
    house.say("ann", "hello")
    house.settle()
    assert 1 < len(house.shown) <= 6
    record = house.record(house.shown[-1].id)
    assert record["unsaid"] == [["parrot", "machines answered each other 3 times since a person spoke"]]
    assert "What parrot wanted to say was left out" in explain(record, operator=False)


class Pushy(Plugin):
    """Answers everything from a task of its own, after the message was handled."""

    @hookimpl
    async def on_message(self, message: Message) -> None:
        self.scope.task(self._later(message))

    async def _later(self, message: Message) -> None:
        await self.host.db.read(lambda: None)
        await self.host.push(message.channel, Reply("and again"))


class Nudger(Plugin):
    """Has a persona say something whenever anything is said."""

    @hookimpl
    async def on_message(self, message: Message) -> None:
        if message.kind == "message":
            await self.host.speak("Ada", message.channel, "go on", message.id)


@pytest.mark.spec("LUNA-12", "CHAR-15")
@pytest.mark.parametrize("plugin", [Pushy, Nudger])
def test_so_is_one_that_goes_another_way(make_house: Make, plugin: type[Plugin]) -> None:
    house = make_house([plugin], toml=cast("Ada") + "[host]\nreply_cooldown = 0\n")
    house.say("ann", "hello")
    house.advance(minutes=1)
    assert 1 < len(house.shown) <= 6


DEEDS = st.one_of(
    st.tuples(st.just("say"), st.integers(0, 400)),
    st.tuples(st.sampled_from(["restart", "crash", "join", "leave", "robot", "wait"]), st.integers(0, 40)),
)


@pytest.mark.spec("CHAR-15", "LUNA-12")
@settings(max_examples=15, deadline=None)
@given(count=st.integers(1, 50), most=st.integers(0, 5), deeds=st.lists(DEEDS, max_size=6))
def test_however_many_say_yes_the_bound_holds(count: int, most: int, deeds: list[tuple[str, int]]) -> None:
    names = [f"P{index:02}" for index in range(count)]
    toml = cast(*names) + f"[host]\nbot_reply_threshold = {most}\nreply_cooldown = 0\n"
    with House([Keen], toml=toml) as house:
        house.person("robot", bot=True)
        people = robots = 0
        for what, number in [("say", 0), *deeds, ("wait", 0)]:
            if what == "say":
                people += 1
                house.post("ann", "hello", settle=number == 0)
                if number:
                    house.steps(number)
            elif what == "robot":
                robots += 1
                house.post("robot", "beep")
            elif what == "wait":
                house.settle()
                house.advance(minutes=number)
            elif what in ("join", "leave"):
                channel = house.channel()
                house.run(house.host.personas.settle(f"P{number % count:02}", channel.id, here=what == "join"))
            else:
                getattr(house, what)()
        house.advance(minutes=1)
        answers = [shown for shown in house.shown if shown.persona]
        direct = people * (count + 1)
        assert len(answers) <= direct + (people + robots) * most


# --- sessions -------------------------------------------------------------------------------------


class Timer(Plugin):
    """Has personas speak when the test says so."""


def _open(house: House, *names: str, turns: int = 6, minutes: float = 5) -> None:
    until = house.clock.now() + dt.timedelta(minutes=minutes)
    house.run(house.host.sessions.open(house.channel(), names, turns=turns, until=until, by=house.person("ann")))


def _rounds(house: House, count: int) -> str:
    """A timer has Ada and Bea speak in turn."""
    before = len(house.shown)
    for number in range(count):
        name = ("Ada", "Bea")[number % 2]
        plugin = house.plugin("timer")
        house.run(plugin.host.speak(name, house.channel(), "answer that", house.world.number("n")))
    return _speakers(house, before)


@pytest.mark.spec("CORE-24")
def test_a_session_has_its_turns_instead_of_the_rules(make_house: Make) -> None:
    house = make_house([Timer], toml=cast("Ada", "Bea"))
    assert _rounds(house, 20) == "AB" * 5
    house.say("ann", "hm")
    _open(house, "Ada", "Bea", turns=16)
    assert _rounds(house, 16) == "AB" * 8
    assert _rounds(house, 2) == ""


@pytest.mark.spec("CORE-24")
@pytest.mark.parametrize("how", ["restart", "crash"])
def test_what_is_left_of_a_session_outlives_a_restart(make_house: Make, how: str) -> None:
    house = make_house([Timer], toml=cast("Ada", "Bea"))
    _open(house, "Ada", "Bea", turns=16)
    assert _rounds(house, 14) == "AB" * 7
    getattr(house, how)()
    session = house.host.sessions.of(house.channel().id)
    assert session is not None
    assert session.left == 2
    assert _rounds(house, 4) == "AB"


@pytest.mark.spec("CORE-24")
def test_a_session_ends_on_time_and_by_command(make_house: Make) -> None:
    house = make_house([Timer], toml=cast("Ada", "Bea"))
    _open(house, "Ada", turns=100)
    assert house.host.sessions.of(house.channel().id)
    house.advance(minutes=5)
    assert house.host.sessions.of(house.channel().id) is None
    _open(house, "Ada", turns=100)
    closed = house.run(house.host.sessions.close(house.channel()))
    assert closed is not None
    assert closed.left == 100
    house.restart()
    assert house.host.sessions.of(house.channel().id) is None


@pytest.mark.spec("CORE-24")
def test_a_persona_that_is_not_in_the_session_keeps_to_the_rules(make_house: Make) -> None:
    house = make_house([Keen], toml=cast("Ada", "Bea") + "[host]\nbot_reply_threshold = 0\n")
    house.disable("keen")
    house.say("ann", "good morning")
    house.enable("keen")
    _open(house, "Ada", turns=50)
    house.run(house.plugin("keen").host.speak("Ada", house.channel(), "begin", "1"))
    assert _speakers(house) == "A"
    house.run(house.plugin("keen").host.speak("Bea", house.channel(), "begin", "2"))
    assert _speakers(house) == "ABA"


@pytest.mark.spec("CORE-24")
def test_only_a_person_opens_a_session(make_house: Make) -> None:
    house = make_house([Timer], toml=cast("Ada"))
    house.person("ann", bot=True)
    with pytest.raises(CommandError, match="only a person"):
        _open(house, "Ada")


@pytest.mark.spec("CORE-24")
@pytest.mark.parametrize(("names", "turns", "minutes"), [((), 5, 5), (("Ada",), 0, 5), (("Ada",), 5, -1)])
def test_a_session_that_makes_no_sense_is_refused(make_house: Make, names: Any, turns: int, minutes: int) -> None:
    house = make_house([Timer], toml=cast("Ada"))
    with pytest.raises(CommandError):
        _open(house, *names, turns=turns, minutes=minutes)

"""Who may run a command, how often, after which question, and what comes of it (HOST-9, HOST-10, HOST-12)."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from butler.call import Call
from butler.declare import command
from butler.model import Message, Rank, Reply
from butler.plugin import Plugin
from butler.services.commands import ANSWER
from butler.services.commands.cooldown import Cooldowns
from butler.services.commands.pending import Confirmations, Given
from butler.services.controls.keep import Keep

pytestmark = pytest.mark.spec("HOST-10")


def test_a_text_that_a_handler_returns_is_replied(desk: Any) -> None:
    desk.say("ann", "/karma")
    assert desk.said == [Reply("Ann has 3")]


def test_a_reply_answers_the_message_that_called(desk: Any) -> None:
    request = desk.request("ann")
    message = Message("test:m", request.channel, request.person, "/karma", desk.clock.now())
    asyncio.run(desk.runner.take(desk.request("ann", message=message), "/karma"))
    assert [reply.to for reply in desk.said] == ["test:m"]


def test_a_handler_that_returns_nothing_says_nothing(desk: Any) -> None:
    class Quiet(Plugin):
        @command
        async def quiet(self, call: Call) -> None:
            """Do something silently."""

    desk.commands.add("karma", Quiet())
    assert desk.say("ann", "/quiet").kind == "ran"
    assert desk.said == []


@pytest.mark.spec("HOST-12")
@pytest.mark.parametrize(("who", "kind"), [("guest", "denied"), ("ann", "denied"), ("bob", "asked")])
def test_a_command_runs_only_from_its_rank_on(desk: Any, who: str, kind: str) -> None:
    assert desk.say(who, "/karma reset").kind == kind


@pytest.mark.spec("HOST-12")
def test_a_subcommand_needs_at_least_what_its_group_needs(desk: Any) -> None:
    assert desk.answer("ann", "/house lock") == "That needs the rank admin here; yours is member."
    assert desk.say("bob", "/house lock").kind == "ran"


@pytest.mark.spec("HOST-12")
def test_a_command_that_needs_a_grant_runs_only_with_it(desk: Any) -> None:
    assert desk.answer("bob", "/house burn") == "That needs the permission house.burn here, which you do not have."
    asyncio.run(desk.permissions.grant("test:3", "house.burn", "test:guild"))
    assert desk.say("bob", "/house burn").kind == "ran"


@pytest.mark.spec("HOST-5")
def test_machines_give_no_commands_and_get_no_answer(desk: Any) -> None:
    assert desk.say("robot", "/karma").kind == "ignored"
    assert asyncio.run(desk.runner.invoke(desk.request("robot"), ("karma",), {})).kind == "ignored"
    assert desk.said == []


def test_a_message_that_calls_nothing_is_left_alone(desk: Any) -> None:
    assert [desk.take("ann", text) for text in ("hello", "yes", "no", "/ nothing", "")] == [None] * 5


def test_after_a_use_the_same_person_waits_in_the_same_channel(desk: Any) -> None:
    assert desk.say("ann", "/karma give bob").kind == "ran"
    outcome = desk.say("ann", "/karma give bob")
    assert (outcome.kind, outcome.texts) == ("cooldown", ("/karma give can be used again in 10 s.",))
    assert desk.say("bob", "/karma give ann@").kind == "wrong"
    assert desk.say("bob", "/karma give annika").kind == "ran"
    desk.clock.passed += 10
    assert desk.say("ann", "/karma give bob").kind == "ran"


def test_a_use_that_came_to_nothing_costs_no_waiting(desk: Any) -> None:
    assert desk.say("ann", "/karma give ann many").kind == "wrong"
    assert desk.answer("ann", '/karma give "Ann"') == "Nobody gives points to themselves."
    assert desk.say("ann", "/karma give bob").kind == "ran"


def test_cooldowns_are_bounded_and_the_newest_stay(desk: Any) -> None:
    cooldowns = Cooldowns(desk.clock, bound=10)
    for number in range(100):
        cooldowns.take(number, 60)
        assert len(cooldowns) <= 10
        assert cooldowns.left(number) == 60
    desk.clock.passed += 61
    assert cooldowns.left(99) == 0


def test_a_command_that_asks_runs_on_yes_only(desk: Any) -> None:
    outcome = desk.say("bob", "/karma reset")
    assert (outcome.kind, outcome.texts) == ("asked", ("Forget all points? (yes or no, within 60 s)",))
    assert [button.label for button in desk.said[-1].buttons] == ["Yes", "No"]
    assert desk.answer("bob", "Yes!") == "gone"
    assert desk.take("bob", "yes") is None


def test_on_no_nothing_is_done(desk: Any) -> None:
    desk.say("bob", "/karma reset")
    outcome = desk.say("bob", "no")
    assert (outcome.kind, outcome.texts) == ("cancelled", ("Very well, nothing was done.",))
    assert desk.take("bob", "yes") is None


def test_nobody_answers_for_another(desk: Any) -> None:
    desk.say("bob", "/karma reset")
    assert desk.take("ann", "yes") is None
    assert desk.say("bob", "yes").kind == "ran"


def test_other_talk_leaves_the_question_open_until_it_is_too_old(desk: Any) -> None:
    desk.say("bob", "/karma reset")
    assert desk.take("bob", "let me think") is None
    assert desk.runner.called("ok", "/", "test:3", "test:hall") == ANSWER
    desk.clock.passed += 60
    assert desk.runner.called("ok", "/", "test:3", "test:hall") == ""
    assert desk.take("bob", "yes") is None


@pytest.mark.spec("HOST-12")
def test_the_permission_is_looked_at_again_when_the_yes_comes(desk: Any) -> None:
    desk.permissions.__init__(["test:1"], clock=desk.clock)  # ann is an operator for now
    assert desk.say("ann", "/karma reset").kind == "asked"
    desk.permissions.__init__(clock=desk.clock)
    assert desk.say("ann", "yes").kind == "denied"


@pytest.mark.spec("HOST-3")
def test_a_plugin_disabled_meanwhile_does_not_run_on_yes(desk: Any) -> None:
    desk.say("bob", "/karma reset")
    desk.enabled = frozenset()
    assert desk.say("bob", "yes").kind == "unknown"


def test_open_questions_are_bounded_and_the_newest_stay(desk: Any) -> None:
    waiting = Confirmations(Keep(desk.clock), bound=10)
    for number in range(100):
        asyncio.run(waiting.ask(f"person {number}", "channel", Given("x")))
    assert len(waiting) == 10
    assert waiting.waits("person 99", "channel")
    assert not waiting.waits("person 0", "channel")


@pytest.mark.spec("HOST-9")
def test_a_fault_gives_one_neutral_line_with_the_error_id_and_no_error_text(desk: Any) -> None:
    outcome = desk.say("ann", "/boom")
    assert (outcome.kind, outcome.fault, outcome.plugin) == ("failed", "E-7", "tools")
    assert [reply.text for reply in desk.said] == [
        "so far so good",
        "Something went wrong with that, and it is recorded (error E-7).",
    ]


@pytest.mark.spec("HOST-9")
def test_the_fence_is_told_whose_code_runs_where_and_for_how_long(desk: Any) -> None:
    seen: list[Any] = []

    class Slow(Plugin):
        deadlines = {"command": 120.0}  # noqa: RUF012 - as plugins declare it

        @command
        async def slow(self, call: Call) -> None:
            """Take long."""

    async def fence(plugin: str, what: str, fn: Any, *, guild: str, deadline: float, expected: Any) -> Any:
        seen.append((plugin, what, guild, deadline))
        return await fn(), None

    desk.commands.add("karma", Slow())
    desk.runner.executor._guarded = fence
    desk.say("ann", "/slow")
    desk.say("ann", "/every x")
    assert seen == [
        ("karma", "command slow", "test:guild", 120.0),
        ("tools", "command every", "test:guild", 30.0),
    ]


def test_answers_of_an_ephemeral_command_are_for_the_caller_alone(desk: Any) -> None:
    desk.say("bob", "/house lock")
    desk.say("bob", "/karma")
    assert [(reply.text, reply.ephemeral) for reply in desk.said] == [("locked", True), ("Bob has 3", False)]


def test_a_platform_that_takes_options_apart_gets_the_same_results(desk: Any) -> None:
    def invoke(*path: str, **values: Any) -> tuple[str, str]:
        outcome = asyncio.run(desk.runner.invoke(desk.request("ann", prefix=""), path, values))
        return outcome.kind, outcome.texts[0].partition("\n")[0]

    bob = desk.request("bob").person
    assert invoke("karma", "show") == ("ran", "Ann has 3")
    assert invoke("karma", "give", person=bob, points=2, reason=" as typed ") == ("ran", "Bob 2 ' as typed '")
    assert invoke("every", text="x", size="large", span="2h") == ("ran", "x|large|None|0.5|False|2:00:00|None")
    assert invoke("every", text="x", size="huge") == ("wrong", "size must be one of small, large, not “huge”.")
    assert invoke("remind", when="tomorrow 9:00") == ("wrong", "what is missing: a text.")
    assert invoke("house") == ("unknown", "There is no command /house here.")


def test_a_call_knows_who_where_what_and_shows_progress(desk: Any) -> None:
    seen: list[Any] = []

    class Long(Plugin):
        def settings_for(self, place: Any = None, person: Any = None) -> Any:
            return place, person

        @command
        async def long(self, call: Call, often: int = 2) -> Reply:
            """Take long."""
            seen.append(
                (call.person.name, call.channel.name, call.guild.id, call.platform, call.path, call.args, call.prefix)
            )
            assert call.settings == (call.channel, call.person)
            await call.defer()
            await call.progress(1, 2, "half")
            return Reply("done", mentions=("test:3",))

    async def progress(done: int, total: int, text: str) -> None:
        seen.append((done, total, text))

    desk.commands.add("karma", Long())
    asyncio.run(desk.runner.run(desk.request("ann", progress=progress), "long"))
    asyncio.run(desk.runner.run(desk.request("ann"), "long"))
    first = ("Ann", "hall", "test:guild", "test", ("long",), {"often": 2}, "/")
    assert seen == [first, (0, 0, ""), (1, 2, "half"), first]
    assert desk.said == [Reply("done", mentions=("test:3",))] * 2


def test_a_rank_of_a_guest_command_suffices_for_everybody(desk: Any) -> None:
    node = desk.commands.find("whoami", frozenset())
    assert node.rank is Rank.GUEST
    assert desk.say("guest", "/whoami").kind == "ran"

"""Polls among people: asked, voted, closed, told (POLL-1 to POLL-6)."""

from __future__ import annotations

import asyncio
import csv
import datetime as dt
import io
import json
from collections.abc import Callable
from typing import Any

import pytest
from butler import Event, Guild, Person, PlatformError, Plugin, PollResult, Rank
from butler.testing import House
from butler_polls import Polls

MakeHouse = Callable[..., House]


class Riches(Plugin):
    """Weighs people by what they had at a time."""

    def __init__(self) -> None:
        self.had = {"test:ann": [(0.0, 5.0)], "test:bob": [(0.0, 1.0)]}
        self.offers = {"weight:riches": Riches.weight}

    async def weight(self, person: Person, guild: Guild, at: dt.datetime) -> float:
        """The last that was known by then."""
        return next((much for since, much in reversed(self.had.get(person.id, ())) if since <= at.timestamp()), 0.0)


@pytest.fixture
def house(make_house: MakeHouse) -> House:
    house = make_house([Polls, Riches])
    for name in ("ann", "bob", "carol"):
        house.say(name, "good morning")
    return house


def votes(house: House) -> list[tuple[str, list[int]]]:
    rows = house.query("select person, choices from polls_ballot order by id")
    return [(person, json.loads(choices)) for person, choices in rows]


# --- asking and voting ---------------------------------------------------------------------------------


@pytest.mark.spec("POLL-1")
def test_a_question_with_buttons_is_voted_on_and_its_result_is_told(house: House) -> None:
    house.command("ann", 'poll "Lunch?" pizza | pasta | salad')
    assert house.click("bob", "pasta") == ["Your vote counts. (pasta)"]
    house.click("carol", "pasta")
    house.click("ann", "pizza")
    house.command("ann", "poll close")
    told = next(shown.text for shown in house.shown if "wins" in shown.text)
    assert "- pasta: ████████░░░░ 2 (67 %)" in told
    assert "pasta wins; 3 people took part." in told
    assert "*bob: pasta*" in told


@pytest.mark.spec("POLL-2")
def test_who_only_ever_pressed_a_button_is_called_by_name(house: House) -> None:
    house.command("ann", 'poll "Lunch?" pizza | pasta')
    house.click("Dan Brown", "pasta")
    house.restart()
    house.command("ann", "poll close")
    assert any("*Dan Brown: pasta*" in shown.text for shown in house.shown)


@pytest.mark.spec("POLL-1")
def test_many_options_are_a_menu(house: House) -> None:
    options = [f"day {number}" for number in range(20)]
    house.command("ann", f'poll "When?" choices=2 {" | ".join(options)}')
    assert house.choose("bob", "day 3", "day 19") == ["Your vote counts. (day 3, day 19)"]
    assert votes(house) == [("test:bob", [3, 19])]


@pytest.mark.spec("POLL-1")
def test_where_a_platform_has_neither_one_answers_by_number(house: House) -> None:
    house.world.abilities -= {"button", "menu", "form", "card"}
    house.command("ann", 'poll "Lunch?" pizza | pasta | salad')
    assert house.say("bob", "/2") == ["Your vote counts. (pasta)"]
    assert votes(house) == [("test:bob", [1])]


@pytest.mark.spec("POLL-1")
@pytest.mark.parametrize(
    ("line", "why"),
    [
        ('poll "Lunch?" pizza', "A poll has 2 to 20 options, not 1"),
        ('poll "Lunch?" ' + "|".join(map(str, range(21))), "A poll has 2 to 20 options, not 21"),
        ('poll "Lunch?" pizza | Pizza', "Two of the options are the same"),
        ('poll "Lunch?" weigh=gold yes | no', "Nobody here weighs people by gold"),
        ('poll "Lunch?" role=chef yes | no', "There is no role chef here"),
        ('poll "Lunch?" every=5m yes | no', "A poll can be asked anew each hour at most"),
        ("poll close 77", "There is no poll 77 here"),
    ],
)
def test_what_cannot_be_asked_is_answered_in_words(house: House, line: str, why: str) -> None:
    assert why in house.command("ann", line)[0]


@pytest.mark.spec("POLL-1")
def test_a_poll_that_could_not_be_shown_is_none(house: House) -> None:
    def refuse(action: Any) -> None:
        if action.reply is not None and action.reply.buttons:
            raise PlatformError("no")

    house.world.before = refuse
    house.command("ann", 'poll "Lunch?" pizza | pasta')
    house.world.before = lambda action: None
    house.settle()
    assert house.query("select count(*) from polls_poll") == [(0,)]


@pytest.mark.spec("POLL-2")
def test_a_vote_can_be_changed_unless_the_poll_is_fixed(house: House) -> None:
    house.command("ann", 'poll "Lunch?" pizza | pasta')
    house.click("bob", "pizza")
    assert house.click("bob", "pasta") == ["Your vote was changed. (pasta)"]
    assert house.click("bob", "pasta") == ["That is your vote already."]
    house.command("ann", 'poll "Dinner?" fixed=yes soup | bread')
    house.click("bob", "soup")
    assert house.click("bob", "bread") == ["You have voted; in this poll votes cannot be changed."]
    assert votes(house) == [("test:bob", [1]), ("test:bob", [0])]


@pytest.mark.spec("POLL-2")
def test_of_an_anonymous_poll_nobody_learns_who_chose_what(house: House) -> None:
    house.command("ann", 'poll "Who leads?" anonymous=yes weigh=riches ann | bob')
    assert house.click("bob", "ann") == ["Your vote counts."]
    house.command("ann", "poll close")
    house.command("ann", "poll export 1 csv")
    assert house.shown[-1].reply.files[0].data.decode() == "choices\r\nann\r\n"
    house.command("ann", "poll export 1 json")
    assert b"test:bob" not in house.shown[-1].reply.files[0].data
    assert not any("bob:" in shown.text.replace("- bob:", "") for shown in house.shown)


@pytest.mark.spec("POLL-2")
def test_a_hidden_poll_shows_how_it_stands_at_its_end_only(house: House) -> None:
    house.command("ann", 'poll "Lunch?" hidden=yes pizza | pasta')
    house.click("bob", "pizza")
    house.advance(seconds=10)
    house.command("ann", "poll show")
    assert "hidden until its end" in house.command("ann", "poll export")[0]
    assert not any("█" in shown.text for shown in house.shown)
    house.command("ann", "poll close")
    assert any("pizza wins" in shown.text for shown in house.shown)


@pytest.mark.spec("POLL-2")
def test_a_quorum_that_is_missed_decides_nothing(house: House) -> None:
    house.command("ann", 'poll "Lunch?" quorum=2 pizza | pasta')
    house.click("bob", "pizza")
    house.command("ann", "poll close")
    assert any("Not decided: 1 person took part, 2 were needed." in shown.text for shown in house.shown)


@pytest.mark.spec("POLL-2")
def test_a_poll_for_a_role_takes_votes_of_those_who_have_it(house: House) -> None:
    house.world.roles["test:r1"] = "Cooks"
    house.command("ann", 'poll "Lunch?" role=cooks pizza | pasta')
    assert house.click("bob", "pizza") == ["This poll is only for Cooks."]
    house.person("bob", roles=("test:r1",))
    assert house.click("bob", "pizza") == ["Your vote counts. (pizza)"]


@pytest.mark.spec("POLL-2")
def test_only_whoever_asked_or_a_manager_closes_a_poll(house: House) -> None:
    house.command("ann", 'poll "Lunch?" pizza | pasta')
    assert "Only whoever asked" in house.command("bob", "poll close")[0]
    house.rank("bob", Rank.MANAGER)
    assert "Poll 1 is closed." in house.command("bob", "poll close")
    assert not house.shown[0].reply.buttons


# --- time, crashes, crowds ---------------------------------------------------------------------------------


@pytest.mark.spec("POLL-3")
def test_a_thousand_people_who_click_twice_over_a_crash_have_a_vote_each(house: House) -> None:
    house.command("ann", 'poll "Lunch?" pizza | pasta')
    shown = house.shown[0]
    channel = house.world.at(shown.channel)

    def press(person: int, button: int) -> None:
        house.world.happens(
            Event(
                house.world.number("i"), "interaction", channel.guild, house.clock.now(), channel,
                house.person(f"p{person}"), shown.id, shown.reply.buttons[button].id, {"do": "control"},
            )
        )  # fmt: skip

    for person in range(1000):
        press(person, person % 2)
        press(person, person % 2)
    assert house.steps(400)
    house.crash()
    house.settle()
    assert sorted(person for person, _ in votes(house)) == sorted(f"test:p{number}" for number in range(1000))
    house.command("ann", "poll close")
    assert any("A tie between pizza and pasta; 1000 people took part." in each.text for each in house.shown)


@pytest.mark.spec("POLL-3")
@pytest.mark.parametrize("steps", range(0, 120, 8))
def test_killed_at_any_step_a_poll_is_asked_once_and_told_once(house: House, steps: int) -> None:
    house.post("ann", '/poll "Lunch?" ends=1h pizza | pasta', settle=False)
    house.steps(steps)
    house.crash()
    house.click("bob", "pizza")
    assert house.query("select count(*) from polls_poll") == [(1,)]
    house.loop.run_until_complete(house.loop.quiet())
    house.advance(minutes=59, seconds=59)
    house.steps(steps)
    house.kill()
    house.clock.loop.run_until_complete(_nothing())
    house.start()
    house.advance(hours=2)
    assert sum("pizza wins; 1 person took part." in shown.text and not shown.edits for shown in house.shown) == 1


async def _away(*args: object, **options: object) -> None:
    raise PlatformError("away")


async def _nothing() -> None:
    return None


@pytest.mark.spec("POLL-3")
def test_an_end_while_the_host_was_down_is_told_at_the_start_and_later_votes_do_not_count(house: House) -> None:
    house.command("ann", 'poll "Lunch?" ends=1h pizza | pasta')
    shown = house.shown[0]
    house.click("bob", "pizza")
    house.stop()
    house.clock.loop.run_until_complete(_hours(house, 3))
    house.start()
    house.advance(seconds=5)
    assert sum("pizza wins; 1 person took part." in each.text and not each.edits for each in house.shown) == 1
    assert house.uses("carol", shown, text=shown.reply.buttons[1].id, do="control")[0] == "This poll is closed."
    assert [person for person, _ in votes(house)] == ["test:bob"]


async def _hours(house: House, hours: float) -> None:
    await asyncio.sleep(hours * 3600)


@pytest.mark.spec("POLL-3")
def test_what_is_shown_follows_the_votes_in_one_update_for_many(house: House) -> None:
    house.command("ann", 'poll "Lunch?" pizza | pasta')
    for who in ("ann", "bob", "carol"):
        house.click(who, "pizza")
    edits = sum(done.action.kind == "edit" for done in house.sent)
    house.advance(seconds=6)
    assert "3 people so far" in house.shown[0].text
    assert sum(done.action.kind == "edit" for done in house.sent) == edits + 1


# --- kinds ----------------------------------------------------------------------------------------------------


@pytest.mark.spec("POLL-4")
def test_a_ranked_poll_is_put_in_order_and_counted_by_runoff(house: House) -> None:
    house.command("ann", 'poll "Who leads?" ranked=yes anonymous=no ann | bob | carol')
    for who, order in (("ann", "abc"), ("bob", "cba"), ("carol", "bca"), ("dan", "ab"), ("eve", "cb")):
        house.click(who, "Put in order")
        names = {"a": "ann", "b": "bob", "c": "carol"}
        for each in order:
            said = house.choose(who, names[each])
        if len(order) < 3:
            said = house.click(who, "Vote like this")
        assert said[0].startswith("Your vote counts.")
    house.command("ann", "poll close")
    told = next(shown.text for shown in house.shown if "wins" in shown.text)
    assert "Round 1: ann 2, bob 1, carol 2; bob left" in told
    assert "Round 2: ann 2, carol 3" in told
    assert "carol wins; 5 people took part." in told


@pytest.mark.spec("POLL-4")
def test_an_export_holds_every_vote_and_runs_no_formulas(house: House) -> None:
    house.command("ann", 'poll "Lunch?" "=HYPERLINK(1)" | pasta')
    options = json.loads(house.query("select options from polls_poll")[0][0])
    house.click("bob", options[0])
    house.command("ann", "poll export")
    rows = list(csv.reader(io.StringIO(house.shown[-1].reply.files[0].data.decode())))
    assert rows[0] == ["person", "weight", "choices"]
    assert rows[1][:2] == ["test:bob", "1.0"]
    assert not rows[1][2].startswith("=")
    house.command("ann", "poll export 1 json")
    told = json.loads(house.shown[-1].reply.files[0].data)
    assert told["votes"] == [{"person": "test:bob", "weight": 1.0, "choices": [options[0]]}]
    assert told["winners"] == [options[0]]


@pytest.mark.spec("POLL-5")
def test_weights_are_those_of_the_opening(house: House) -> None:
    house.command("ann", 'poll "Spend it?" weigh=riches yes | no')
    riches = house.plugin("riches")
    assert isinstance(riches, Riches)
    house.advance(minutes=1)
    riches.had["test:bob"].append((house.clock.now().timestamp(), 1000.0))
    assert house.click("ann", "no") == ["Your vote counts. (no; weight 5)"]
    assert house.click("bob", "yes") == ["Your vote counts. (yes; weight 1)"]
    house.command("ann", "poll close")
    assert any("no wins; 2 people took part." in shown.text for shown in house.shown)


@pytest.mark.spec("POLL-6")
def test_a_recurring_poll_is_asked_anew_for_as_long_until_it_is_closed(house: House) -> None:
    house.command("ann", 'poll "Game night?" every=7d ends=1d friday | saturday')
    house.click("bob", "friday")
    house.advance(days=7, seconds=1)
    states = house.query("select id, state, ends - opened from polls_poll order by id")
    assert [(number, state) for number, state, _ in states] == [(1, "closed"), (2, "open")]
    assert states[1][2] == pytest.approx(86_400, abs=2)
    house.click("bob", "saturday")
    assert "Poll 2 is closed, and is not asked again." in house.command("ann", "poll close 2")
    house.advance(days=15)
    assert house.query("select count(*) from polls_poll") == [(2,)]


@pytest.mark.spec("POLL-6")
def test_after_a_long_absence_a_recurring_poll_is_asked_once_and_then_at_its_hour(house: House) -> None:
    house.command("ann", 'poll "Game night?" every=1d ends=2h friday | saturday')
    opened = house.query("select opened from polls_poll")[0][0]
    house.stop()
    house.clock.loop.run_until_complete(_hours(house, 24 * 5 + 3))
    house.start()
    house.advance(seconds=5)
    assert house.query("select count(*) from polls_poll") == [(2,)]
    house.advance(hours=22)
    assert house.query("select (opened - ?) / 86400 from polls_poll where id = 3", opened) == [(pytest.approx(6.0),)]


# --- polls of the platform's own ---------------------------------------------------------------------------------


@pytest.fixture
def native(make_house: MakeHouse) -> House:
    house = make_house([Polls], toml="[plugins.polls]\nnative = true")
    house.world.abilities |= {"poll", "end_poll"}
    return house


@pytest.mark.spec("POLL-1")
def test_where_it_fits_the_platforms_own_poll_is_used_and_its_votes_are_taken_over(native: House) -> None:
    native.command("ann", 'poll "Lunch?" pizza | pasta')
    asked = next(done for done in native.sent if done.action.kind == "poll")
    assert asked.action.data["answers"] == ["pizza", "pasta"]
    native.world.polls[asked.id] = PollResult({"1": 1, "2": 2}, True, {"1": ("test:ann",), "2": ("test:bob", "test:c")})
    native.happen("poll_ended", "ann", id="test:end", target=asked.id, channel=native.channel())
    assert any("pasta wins; 3 people took part." in shown.text for shown in native.shown)


@pytest.mark.spec("POLL-3")
def test_no_result_is_told_while_the_platform_does_not_tell_its_votes(
    native: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    native.command("ann", 'poll "Lunch?" ends=1h pizza | pasta')
    asked = next(done for done in native.sent if done.action.kind == "poll")
    platform = native.host.lifecycle.platforms["test"]
    with monkeypatch.context() as away:
        away.setattr(platform, "poll", _away)
        native.advance(hours=1, seconds=5)
    native.world.polls[asked.id] = PollResult({"1": 1, "2": 0}, True, {"1": ("test:ann",)})
    native.advance(minutes=3)
    assert [("pizza wins" in shown.text) for shown in native.shown if "took part" in shown.text] == [True]


@pytest.mark.spec("POLL-1")
@pytest.mark.parametrize("more", ["ranked=yes", "anonymous=yes", "weigh=riches", "ends=5m", "quorum=3"])
def test_what_the_platforms_own_poll_cannot_do_is_asked_with_buttons(make_house: MakeHouse, more: str) -> None:
    house = make_house([Polls, Riches], toml="[plugins.polls]\nnative = true")
    house.world.abilities |= {"poll", "end_poll"}
    house.command("ann", f'poll "Lunch?" {more} pizza | pasta')
    assert not any(done.action.kind == "poll" for done in house.sent)
    assert house.shown[0].reply.buttons


@pytest.mark.spec("POLL-1", "POLL-4")
def test_how_the_platforms_own_poll_stands_is_shown_without_more_buttons(native: House) -> None:
    native.command("ann", 'poll "Lunch?" pizza | pasta')
    asked = next(done for done in native.sent if done.action.kind == "poll")
    native.world.polls[asked.id] = PollResult({"1": 1, "2": 0}, False, {"1": ("test:ann",)})
    assert "- pizza: ████████████ 1 (100 %)" in native.command("ann", "poll show")[0]
    assert not native.shown[-1].reply.buttons


# --- where there are no buttons -------------------------------------------------------------------------------


@pytest.fixture
def plain(make_house: MakeHouse) -> House:
    house = make_house([Polls])
    house.world.abilities -= {"button", "menu", "form", "card"}
    return house


@pytest.mark.spec("POLL-1")
def test_where_there_are_no_buttons_the_platforms_own_poll_is_used_if_it_will_do(plain: House) -> None:
    plain.world.abilities |= {"poll", "end_poll"}
    plain.command("ann", 'poll "Lunch?" pizza | pasta')
    plain.command("ann", 'poll "Lunch?" quorum=3 pizza | pasta')
    assert [done.action.kind for done in plain.sent if done.action.kind in ("poll", "react")] == [
        "poll", "react", "react",
    ]  # fmt: skip


@pytest.mark.spec("POLL-1", "POLL-3")
def test_reactions_are_votes_too_and_one_of_each_person_counts(plain: House) -> None:
    plain.command("ann", 'poll "Lunch?" pizza | pasta | salad')
    asked = plain.shown[0]
    assert [done.action.data["emoji"] for done in plain.sent if done.action.kind == "react"] == ["1️⃣", "2️⃣", "3️⃣"]
    plain.react("bob", asked, "1️⃣")
    plain.react("bob", asked, "3️⃣")
    plain.react("carol", asked, "2️⃣")
    plain.react("carol", asked, "👍")
    plain.react("carol", asked, "9️⃣")
    assert votes(plain) == [("test:bob", [2]), ("test:carol", [1])]
    plain.unreact("bob", asked, "1️⃣")
    plain.unreact("carol", asked, "2️⃣")
    assert votes(plain) == [("test:bob", [2])]
    plain.command("ann", "poll close")
    plain.react("dan", asked, "1️⃣")
    assert votes(plain) == [("test:bob", [2])]


@pytest.mark.spec("POLL-2")
def test_with_reactions_no_more_are_chosen_than_may_be(plain: House) -> None:
    plain.command("ann", 'poll "Which?" choices=2 a | b | c')
    for digit in ("1️⃣", "2️⃣", "3️⃣"):
        plain.react("bob", plain.shown[0], digit)
    assert votes(plain) == [("test:bob", [0, 1])]
    plain.unreact("bob", plain.shown[0], "1️⃣")
    assert votes(plain) == [("test:bob", [1])]


@pytest.mark.spec("POLL-2")
def test_a_secret_poll_has_no_reactions_that_all_can_see(plain: House) -> None:
    plain.command("ann", 'poll "Who?" anonymous=yes ann | bob')
    assert not any(done.action.kind == "react" for done in plain.sent)
    plain.react("bob", plain.shown[0], "1️⃣")
    assert votes(plain) == []


# --- pictures and long words ------------------------------------------------------------------------------------


@pytest.mark.spec("POLL-4")
def test_a_result_comes_with_a_picture_that_says_the_same_in_words(house: House) -> None:
    house.command("ann", 'poll "Lunch?" pizza | pasta')
    house.click("bob", "pasta")
    house.command("ann", "poll close")
    (picture,) = next(shown.reply.files for shown in house.shown if shown.reply.files)
    assert picture.data.startswith(b"\x89PNG")
    assert picture.alt == "Lunch? (votes): pizza 0; pasta 1"
    house.set("polls.charts", "no", guild="den")
    house.command("ann", "poll show 1")
    assert not house.shown[-1].reply.files


@pytest.mark.spec("POLL-1")
def test_twenty_long_options_fit_into_one_message_that_can_be_edited(house: House) -> None:
    options = [f"{number} {'x' * 190}" for number in range(20)]
    house.command("ann", f'poll "{"q" * 300}" {" | ".join(options)}')
    assert house.choose("bob", house.shown[0].reply.menus[0].choices[7].label)
    house.advance(seconds=6)
    asked = house.shown[0]
    assert asked.edits == 1
    assert len(asked.text) < 2000
    assert len(house.query("select choices from polls_ballot")) == 1

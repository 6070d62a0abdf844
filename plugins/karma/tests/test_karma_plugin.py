"""Karma among people: given, taken, limited, shown, undone, exported, forgotten (KARMA-1, KARMA-2, KARMA-4)."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from butler import Rank
from butler.testing import House
from butler_karma import Karma, tables
from butler_karma.tables import Entry
from hypothesis import given, settings
from hypothesis import strategies as st

MakeHouse = Callable[..., House]


@pytest.fixture
def house(make_house: MakeHouse) -> House:
    house = make_house([Karma])
    for name in ("ann", "bob", "carol"):
        house.say(name, "good morning")
    return house


def karma(house: House, who: str, guild: str = "den") -> int:
    """What somebody has, by the ledger."""
    rows = house.query(
        "select coalesce(sum(amount), 0) from karma_entry where target = ? and guild = ?", who, f"test:{guild}"
    )
    return int(rows[0][0])


def ledger(house: House) -> list[tuple[str, str, int]]:
    return house.query("select giver, target, amount from karma_entry order by id")  # type: ignore[return-value]


# --- giving and taking ---------------------------------------------------------------------------------


@pytest.mark.spec("KARMA-1")
def test_people_and_things_are_given_points_and_lose_them(house: House) -> None:
    assert house.say("ann", "bob++") == ["bob now has 1 karma."]
    assert house.say("carol", "@bob++ for the cake") == ["bob now has 2 karma."]
    assert house.say("ann", "coffee++") == ["coffee now has 1 karma."]
    assert house.say("bob", "Coffee--") == ["Coffee now has 0 karma."]
    assert karma(house, "test:bob") == 2
    assert karma(house, "thing:coffee") == 0


@pytest.mark.spec("KARMA-1")
def test_one_message_may_hold_several_votes(house: House) -> None:
    assert house.say("ann", "bob++ for tea, carol++ and mondays--") == [
        "bob now has 1 karma.\ncarol now has 1 karma.\nmondays now has -1 karma."
    ]


@pytest.mark.spec("KARMA-1")
def test_commands_give_and_take(house: House) -> None:
    assert house.command("ann", "karma give bob for the cake") == ["bob now has 1 karma."]
    assert house.command("ann", 'karma give "cold brew"') == ["cold brew now has 1 karma."]
    assert house.command("bob", "karma take mondays they come too early") == ["mondays now has -1 karma."]


@pytest.mark.spec("KARMA-1", "KARMA-2")
def test_a_reaction_gives_silently_and_taken_back_it_takes_back(house: House) -> None:
    message = house.post("bob", "I made a cake")
    before = len(house.shown)
    house.react("ann", message, "👍🏽")
    assert karma(house, "test:bob") == 1
    house.unreact("ann", message, "👍🏽")
    assert karma(house, "test:bob") == 0
    house.advance(minutes=2)
    house.react("ann", message, "👍")
    house.react("carol", message, "👎")
    assert karma(house, "test:bob") == 0
    house.unreact("carol", message, "👎")
    assert karma(house, "test:bob") == 1
    assert len(house.shown) == before


def test_reactions_that_mean_nothing_here_change_nothing(house: House) -> None:
    message = house.post("bob", "I made a cake")
    house.react("ann", message, "🎉")
    house.unreact("ann", message, "🎉")
    house.unreact("carol", message, "👍")
    house.edit("ann", message, "👍")
    assert ledger(house) == []


@pytest.mark.spec("KARMA-1")
def test_the_emoji_are_settings_of_a_guild(house: House) -> None:
    house.set("karma.emoji", "⭐", guild="den")
    message = house.post("bob", "I made a cake")
    house.react("ann", message, "👍")
    assert karma(house, "test:bob") == 0
    house.react("ann", message, "⭐")
    assert karma(house, "test:bob") == 1


def test_a_vote_needs_no_answer_from_a_persona_and_a_question_does(house: House) -> None:
    assert house.dm("ann", "coffee++") == ["coffee now has 1 karma."]
    house.advance(minutes=2)
    assert house.dm("ann", "coffee++ and what is for dinner?") == ["coffee now has 2 karma.", "Very well."]


# --- what does not count -------------------------------------------------------------------------------


@pytest.mark.spec("KARMA-2")
def test_nobody_votes_on_themselves(house: House) -> None:
    assert house.say("ann", "ann++") == ["Karma for oneself does not count."]
    assert house.say("bob", "@bob--") == ["Karma for oneself does not count."]
    house.react("ann", house.post("ann", "I am great"), "👍")
    assert ledger(house) == []


@pytest.mark.spec("KARMA-2")
def test_machines_get_karma_only_where_a_guild_wants_that(house: House) -> None:
    house.person("robo", bot=True)
    house.say("robo", "beep")
    assert house.say("ann", "robo++") == ["robo is a machine, and machines get no karma here."]
    assert house.say("bob", "TheButler++") == ["TheButler is a machine, and machines get no karma here."]
    house.set("karma.bots", True, guild="den")
    assert house.say("ann", "robo++") == ["robo now has 1 karma."]
    house.say("bob", "TheButler, hello")
    house.react("ann", house.shown[-1], "👍")
    assert karma(house, "persona:TheButler") == 1
    assert house.say("carol", "@TheButler++") == ["TheButler now has 2 karma."]


@pytest.mark.spec("KARMA-2")
def test_machines_give_no_karma(house: House) -> None:
    house.person("robo", bot=True)
    house.say("robo", "bob++")
    assert ledger(house) == []


@pytest.mark.spec("KARMA-2")
@pytest.mark.parametrize("text", ["`bob++`", "```\nbob++\n```", "https://x.org/bob++", "> bob++", "i++"])
def test_code_and_links_never_count(house: House, text: str) -> None:
    assert house.say("ann", text) == []
    assert ledger(house) == []


@pytest.mark.spec("KARMA-2")
def test_ten_votes_an_hour_and_one_polite_word(house: House) -> None:
    for number in range(10):
        house.say("ann", f"thing{number}++")
    (refusal,) = house.say("ann", "tea++")
    assert "enough karma for now, ann" in refusal
    assert house.say("ann", "cake++") == []
    assert house.say("bob", "tea++") == ["tea now has 1 karma."]
    house.advance(minutes=61)
    assert house.say("ann", "tea++") == ["tea now has 2 karma."]


@pytest.mark.spec("KARMA-2")
def test_the_limit_holds_within_one_message_and_across_channels(house: House) -> None:
    house.set("karma.per_hour", 3, guild="den")
    answer = house.say("ann", "aa++ bb++ cc++ dd++ ee++")[0].splitlines()
    assert [line.split()[0] for line in answer] == ["aa", "bb", "cc", "That"]
    for number in range(12):
        house.post("bob", f"thing{number}++", to=house.channel(f"room{number}"), settle=False)
    house.settle()
    assert len(ledger(house)) == 3 + 3


@pytest.mark.spec("KARMA-2")
def test_the_same_pair_waits_a_minute(house: House) -> None:
    house.say("ann", "bob++")
    assert house.say("ann", "bob++") == ["You just voted on bob; you can again in 60 s."]
    assert house.say("ann", "bob--") == []
    assert house.say("carol", "bob++") == ["bob now has 2 karma."]
    house.advance(seconds=60)
    assert house.say("ann", "bob++") == ["bob now has 3 karma."]


def test_a_refused_command_always_says_why(house: House) -> None:
    for _ in range(3):
        assert house.command("ann", "karma give ann") == ["Karma for oneself does not count"]


def test_an_unknown_or_ambiguous_name_is_asked_about(house: House) -> None:
    assert house.say("ann", "@zed++") == ["I know nobody called zed here."]
    house.world.people["other"] = house.person("bob").__class__("test:bob2", "bob")
    house.say("other", "I am called bob as well")
    (answer,) = house.say("carol", "bob++")
    assert "Several people here are called bob" in answer
    assert house.say("carol", "@bob2++") == ["bob now has 1 karma."]
    assert karma(house, "test:bob2") == 1


def test_two_names_of_one_person_count_once(house: House) -> None:
    house.world.people["bobby"] = house.person("bob").__class__("test:robert", "bobby")
    house.say("bobby", "hello")
    assert house.say("ann", "bobby++ @robert++") == ["bobby now has 1 karma."]


# --- looking -------------------------------------------------------------------------------------------


@pytest.mark.spec("KARMA-4")
def test_karma_shows_ones_own_and_anybody_elses(house: House) -> None:
    house.say("ann", "bob++ coffee++")
    assert house.command("bob", "karma") == ["bob has 1 karma."]
    assert house.command("ann", "karma bob") == ["bob has 1 karma."]
    assert house.command("ann", "karma coffee") == ["coffee has 1 karma."]
    assert house.command("ann", "karma carol") == ["carol has 0 karma."]


@pytest.mark.spec("KARMA-4")
def test_top_lists_the_most_also_of_the_last_days(house: House) -> None:
    assert house.command("ann", "karma top") == ["Nobody has any karma yet."]
    house.say("ann", "bob++ coffee++")
    house.say("carol", "bob++ mondays--")
    house.advance(days=8)
    house.say("bob", "carol++ coffee++")
    assert house.command("ann", "karma top") == ["1. bob: 2\n2. coffee: 2\n3. carol: 1\n4. mondays: -1"]
    assert house.command("ann", "karma top 7") == ["1. carol: 1\n2. coffee: 1"]


@pytest.mark.spec("KARMA-4")
def test_reasons_are_shown_newest_first_and_only_those_that_stand(house: House) -> None:
    house.say("ann", "bob++ for the cake")
    house.say("carol", "bob-- because of the crumbs")
    assert house.command("bob", "karma reasons bob") == ["-1 from carol: the crumbs\n+1 from ann: the cake"]
    house.rank("bob", Rank.MANAGER)
    house.command("bob", "karma undo carol")
    assert house.command("bob", "karma reasons bob") == ["+1 from ann: the cake"]
    assert house.command("bob", "karma reasons ann") == ["Nobody gave a reason for ann's karma yet."]


@pytest.mark.spec("KARMA-4")
def test_managers_take_votes_back_and_every_change_stays_in_the_ledger(house: House) -> None:
    house.say("ann", "bob++ carol++ coffee++")
    assert "rank manager" in house.command("bob", "karma undo ann")[0]
    house.rank("bob", Rank.MANAGER)
    assert house.command("bob", "karma undo ann 2") == ["2 of ann's votes taken back."]
    assert house.command("bob", "karma undo ann 9") == ["1 of ann's votes taken back."]
    assert house.command("bob", "karma undo ann") == ["0 of ann's votes taken back."]
    assert [row[2] for row in ledger(house)] == [1, 1, 1, -1, -1, -1]
    assert house.command("bob", "karma top") == ["Nobody has any karma yet."]


def test_each_guild_keeps_its_own_ledger(house: House) -> None:
    house.say("ann", "bob++")
    house.say("ann", "hello", guild="glade")
    house.say("bob", "hello", guild="glade")
    assert house.command("ann", "karma bob", guild="glade") == ["bob has 0 karma."]
    assert house.say("ann", "bob++", guild="glade") == ["bob now has 1 karma."]


# --- privacy -------------------------------------------------------------------------------------------


@pytest.mark.spec("HOST-22")
def test_export_names_every_vote_and_forget_keeps_the_sums(house: House) -> None:
    house.say("ann", "bob++ for the cake, coffee++")
    house.say("carol", "ann++ for her smile")
    plugin = house.plugin("karma")
    votes = house.run(plugin.export_person("test:ann"))["votes"]
    assert [(vote["target"], vote["reason"]) for vote in votes] == [
        ("test:bob", "the cake"),
        ("thing:coffee", ""),
        ("test:ann", "her smile"),
    ]
    receipt = house.run(plugin.forget_person("test:ann", "test:gone1"))
    assert receipt == {"karma_entry": 3}
    assert house.run(plugin.export_person("test:ann")) == {"votes": []}
    assert house.query("select * from karma_entry where reason <> '' or cause like '%ann%'") == []
    assert karma(house, "test:bob") == 1
    assert karma(house, "test:gone1") == 1


# --- crashes -------------------------------------------------------------------------------------------


@pytest.mark.spec("KARMA-4", "HOST-5")
@pytest.mark.parametrize("steps", range(1, 42, 4))
def test_a_crash_counts_no_karma_twice_and_forgets_none(house: House, steps: int) -> None:
    message = house.post("bob", "I made a cake")
    house.post("ann", "coffee++", settle=False)
    house.post("carol", "tea++ bob++", settle=False)
    house.steps(steps)
    house.kill()
    house.react("ann", message, "👍")
    house.start()
    house.steps(steps)
    house.crash()
    assert sorted(ledger(house)) == [
        ("test:ann", "test:bob", 1),
        ("test:ann", "thing:coffee", 1),
        ("test:carol", "test:bob", 1),
        ("test:carol", "thing:tea", 1),
    ]


def test_a_vote_that_is_written_again_counts_once(house: House) -> None:
    plugin = house.plugin("karma")
    for at in (1e9, 1e9 + 3600):
        vote = Entry(
            guild="test:den", giver="test:ann", target="test:bob", amount=1, reason="", cause="x", seq=7, at=at
        )
        house.run(plugin.host.db.write(lambda vote=vote: tables.enter(vote, [vote.giver], [vote.target], 10, 60.0)))  # type: ignore[misc]
    assert karma(house, "test:bob") == 1
    for at in (2e9, 3e9):
        house.run(plugin.host.db.write(lambda at=at: tables.undo([1], at)))  # type: ignore[misc]
    assert [row[2] for row in ledger(house)] == [1, -1]


DEEDS = st.tuples(
    st.sampled_from(["ann", "bob", "carol"]),
    st.sampled_from(["say", "react", "unreact", "undo", "wait", "crash", "restart"]),
    st.sampled_from(["ann", "bob", "carol", "coffee"]),
    st.sampled_from(["++", "--"]),
)


@pytest.mark.spec("KARMA-4")
@settings(max_examples=15, deadline=None)
@given(deeds=st.lists(DEEDS, max_size=30))
def test_the_sum_of_the_ledger_is_what_is_shown_whatever_happens(deeds: list[tuple[str, ...]]) -> None:
    with House([Karma]) as house:
        messages = {name: house.post(name, "hello") for name in ("ann", "bob", "carol")}
        house.rank("ann", Rank.MANAGER)
        for who, deed, whom, sign in deeds:
            if deed == "say":
                house.say(who, f"{whom}{sign}")
            elif deed in {"react", "unreact"} and whom in messages:
                getattr(house, deed)(who, messages[whom], "👍" if sign == "++" else "👎")
            elif deed == "undo" and whom in messages:
                house.command("ann", f"karma undo {whom} 2")
            elif deed == "wait":
                house.advance(minutes=2)
            elif deed in {"crash", "restart"}:
                getattr(house, deed)()
        for name in ("ann", "bob", "carol", "coffee"):
            key = f"test:{name}" if name in messages else f"thing:{name}"
            assert house.command("ann", f"karma {name}") == [f"{name} has {karma(house, key)} karma."]
        undone = house.query("select count(*), count(distinct undoes_id) from karma_entry where undoes_id is not null")
        assert undone[0][0] == undone[0][1]


@pytest.mark.spec("HOST-24")
def test_karma_belongs_to_a_person_with_all_their_accounts_and_is_split_again(house: House) -> None:
    house.say("bobby", "good morning")
    house.say("ann", "bob++")
    house.say("carol", "bobby++")
    house.run(house.host.links.link("test:bob", "test:bobby"))
    assert house.say("ann", "/karma bobby") == ["bobby has 2 karma."]
    assert house.say("ann", "/karma top") == ["1. bob: 2"]
    assert house.say("bob", "bobby++") == ["Karma for oneself does not count."]
    house.run(house.host.links.unlink("test:bobby"))
    assert house.say("ann", "/karma bobby") == ["bobby has 1 karma."]

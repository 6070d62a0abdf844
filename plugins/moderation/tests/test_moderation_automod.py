"""Rules are made, tried, broken and answered, by commands alone (MOD-2, MOD-6, MOD-7)."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from butler import Rank, Stop
from butler.testing import House
from butler_moderation import Moderation

MakeHouse = Callable[..., House]


@pytest.fixture
def house(make_house: MakeHouse) -> House:
    house = make_house([Moderation])
    house.rank("dora", Rank.ADMIN)
    house.say("dora", "/automod add insults words do=delete idiot, jerk*")
    return house


def deleted(house: House) -> list[str]:
    return [done.action.target for done in house.sent if done.action.kind == "delete"]


def test_a_message_that_breaks_a_rule_is_deleted_and_answered_by_nobody(house: House) -> None:
    message = house.post("ann", "TheButler, you 1d1оt", to=house.channel(members=2))
    assert deleted(house) == [message.id]
    assert house.record(message)["outcome"] == "stopped"
    assert [shown for shown in house.shown if shown.persona] == []


def test_a_message_that_breaks_none_passes(house: House) -> None:
    assert house.say("ann", "the idiom is fine", members=2) == ["Very well."]
    assert deleted(house) == []


def test_an_edit_is_held_against_the_rules_too(house: House) -> None:
    message = house.post("ann", "good morning")
    house.edit("ann", message, "good morning, jerks")
    assert deleted(house) == [message.id]


def test_managers_are_spared_and_so_are_roles_and_channels_that_a_rule_names(house: House) -> None:
    house.say("dora", "you idiot")
    house.person("ann", roles=("test:trusted",))
    house.say("dora", "/automod set insults spare_roles test:trusted")
    house.say("ann", "you idiot")
    house.say("dora", "/automod set insults spare_channels test:den/pit")
    house.say("bob", "you idiot", channel="pit")
    assert deleted(house) == []
    house.say("bob", "you idiot")
    assert len(deleted(house)) == 1


def test_a_dry_run_only_says_what_it_would_do(house: House) -> None:
    house.channel("log")
    house.say("dora", "hello", channel="log")
    house.set("moderation.log_channel", "test:den/log", guild="den")
    house.set("moderation.dry_run", "true", guild="den")
    house.say("ann", "you idiot")
    assert deleted(house) == []
    (told,) = [shown.text for shown in house.shown if shown.channel == "test:den/log"]
    assert told.startswith("Would: delete. Rule **insults**: ann")


def test_strikes_climb_the_ladder_and_decay(house: House) -> None:
    for _ in range(3):
        house.say("ann", "you idiot")
    (timeout,) = [done.action for done in house.sent if done.action.kind == "timeout"]
    assert timeout.target == "test:ann"
    assert "ann has 3 strikes" in house.say("dora", "/automod strikes ann")[0]
    house.advance(days=31)
    assert "ann has 0 strikes" in house.say("dora", "/automod strikes ann")[0]


def test_a_crash_in_the_middle_counts_a_strike_once(house: House) -> None:
    for steps in range(1, 40, 3):
        house.post("ann", "you idiot", settle=False)
        house.steps(steps)
        house.crash()
    house.settle()
    said = [message for message in house.world.said if message.text == "you idiot"]
    assert house.query("select count(*), count(distinct cause) from moderation_strike") == [(13, 13)]
    assert said == []
    assert len(deleted(house)) == 13


def test_what_each_text_would_meet_can_be_tried(house: House) -> None:
    (told,) = house.say("dora", "/automod test you i.d.i.o.t")
    assert told == "**insults** (words): the word 'idiot', written 'idiot' → delete" or "insults" in told
    assert house.say("dora", "/automod test hello") == ["No rule fires."]
    assert deleted(house) == []


@pytest.mark.parametrize(
    ("line", "bad", "good"),
    [
        ("add own regex what=fr[e3]+ nitro", "FREEE nitro here", "free, not nitro"),
        ("add doors invites", "join discord . gg/abc", "discord is nice"),
        ("add hosts links what=evil.example", "see https://evil.example/x", "see https://good.example/x"),
        ("add loud caps 60", "THIS IS VERY LOUD", "This is not loud"),
        ("add ping mentions 2", "@everyone @here @here", "@everyone"),
        ("add long lines 3", "a\nb\nc\nd", "a\nb\nc"),
        ("add signs emoji 2", "😀😀😀", "😀😀"),
        ("add heap zalgo 4", "h̷̢̡e̷̢l̷l̷o", "café déjà vu"),
        ("add phrase words what=buy now", "BUY,  N0W!", "now I buy"),
    ],
)
def test_each_kind_of_rule_fires_on_what_it_is_for(house: House, line: str, bad: str, good: str) -> None:
    house.say("dora", f"/automod {line}")
    house.say("ann", good)
    assert deleted(house) == []
    message = house.post("ann", bad)
    assert deleted(house) == [message.id]


def test_the_same_text_again_and_again_and_too_many_messages_are_found(house: House) -> None:
    house.say("dora", "/automod add echo repeat most=2 seconds=60")
    for text in ("hello there", "Hello  there", "hello THERE"):
        house.say("ann", text)
    assert len(deleted(house)) == 1
    house.say("dora", "/automod add flood rate most=3 seconds=5")
    for text in "abcd":
        house.say("bob", text * 5)
    assert len(deleted(house)) == 2


def test_a_rule_set_leaves_as_toml_and_comes_back_the_same(house: House) -> None:
    house.say("dora", "/automod add own regex most=3 strikes=2 what=a{2,5}b")
    (text,) = house.say("dora", "/automod export")
    house.rank("eve", Rank.ADMIN)
    house.slash("eve", "automod import", where=house.channel(guild="glade"))
    assert house.fill("eve", toml=text) == ["2 rules hold from now on; those that were here before are gone."]
    assert house.say("eve", "/automod export", guild="glade") == [text]


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("add x regex what=(a", "cannot be used"),
        ("add x regex what=(?=a)b", "cannot be used"),
        ("add x regex what=a*", "matches everything"),
        ("add x regex what=[^q]{900}q", "too large"),
        ("add x words", "say what it looks for"),
        ("add insults caps", "There is a rule insults already"),
        ("add x caps do=explode", "nobody can 'explode'"),
        ("remove nothing", "There is no rule 'nothing'"),
        ("import this is no toml", "that is no TOML"),
        ("import [a]", "its kind must be one of"),
    ],
)
def test_what_is_wrong_about_a_rule_is_said(house: House, line: str, told: str) -> None:
    assert told in house.say("dora", f"/automod {line}")[0]


def test_nobody_but_managers_touches_the_rules(house: House) -> None:
    for line in ("list", "add x caps", "remove insults", "export", "test hello", "strikes ann"):
        assert "needs the rank" in house.say("ann", f"/automod {line}")[0]


def test_a_persona_does_not_say_what_nobody_may_say(house: House) -> None:
    """MOD-7."""
    house.model.say("You idiot!")
    house.model.say("Good morning.")
    assert house.say("ann", "hello", members=2) == []
    assert house.say("ann", "hello again", members=2) == ["Good morning."]


def test_while_moderation_fails_nothing_gets_past_it(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """HOST-9: a guard that faults, and then one that is quarantined, counts as a Stop."""

    async def broken(*_: object) -> Stop | None:
        raise RuntimeError("broken")

    monkeypatch.setattr(house.plugin("moderation").automod, "heard", broken)
    for _ in range(7):
        assert house.say("ann", "hello", members=2) == []
    assert [notice.plugin for notice in house.host.quarantine.listed()] == ["moderation"]
    assert house.say("ann", "/help", members=2) == []

"""What managers do is a case; what is timed ends on time; nobody acts on their betters; cases are appealed (MOD-1)."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from butler import Action, PlatformError, Rank
from butler.declare import Tool, declared
from butler.testing import House
from butler_moderation import Moderation

MakeHouse = Callable[..., House]


@pytest.fixture
def house(make_house: MakeHouse) -> House:
    house = make_house([Moderation])
    house.world.abilities |= {"unban", "lock", "unlock", "slowmode", "voice_mute", "voice_move"}
    house.rank("dora", Rank.ADMIN)
    house.rank("mara", Rank.MANAGER)
    for who in ("ann", "bob", "mara", "dora"):
        house.say(who, "hello")
    house.say("dora", "this is the log", channel="log")
    house.set("moderation.log_channel", "test:den/log", guild="den")
    return house


def done(house: House, kind: str) -> list[Action]:
    return [each.action for each in house.sent if each.action.kind == kind]


def log(house: House) -> list[str]:
    return [shown.text for shown in house.shown if shown.channel == "test:den/log"]


def private(house: House, who: str) -> list[str]:
    return [shown.text for shown in house.shown if shown.channel == f"test:dm/test:{who}"]


def test_a_warning_is_told_written_down_and_logged(house: House) -> None:
    assert house.say("mara", "/warn bob stop shouting") == ["Case 1: warn, bob."]
    assert "You were warned in den: stop shouting. Case 1." in private(house, "bob")[0]
    assert log(house)[-1] == "Case 1: warn, bob (test:bob), by mara: stop shouting"
    assert house.say("mara", "/cases bob") == ["**Cases of bob**\n**1** warn, bob, ended: stop shouting"]


def test_cases_are_numbered_in_each_guild_also_over_a_crash(house: House) -> None:
    house.say("mara", "/warn bob once")
    house.crash()
    assert house.say("mara", "/warn bob twice") == ["Case 2: warn, bob."]
    house.rank("eve", Rank.ADMIN)
    house.say("bob", "hi", guild="glade")
    assert house.say("eve", "/warn bob first", guild="glade") == ["Case 1: warn, bob."]


@pytest.mark.parametrize("how", ["restart", "crash"])
def test_a_timed_ban_is_lifted_on_time_over_a_restart_and_a_clock_change(house: House, how: str) -> None:
    house.say("mara", "/tempban bob 2h spam")
    assert [each.target for each in done(house, "ban")] == ["test:bob"]
    house.advance(hours=1)
    getattr(house, how)()
    house.clock.jump(hours=-1)  # the clock is set back: it is one hour more to wait
    house.advance(minutes=110)
    assert done(house, "unban") == []
    house.advance(minutes=15)
    assert [each.target for each in done(house, "unban")] == ["test:bob"]
    assert log(house)[-1] == "Case 1 (ban, bob) is over: its time has come"


def test_a_ban_that_ended_while_the_host_was_down_is_lifted_at_the_start(house: House) -> None:
    house.say("mara", "/tempban bob 2h spam")
    house.stop()
    house.clock.jump(hours=5)
    house.start()
    house.advance(minutes=1)
    assert len(done(house, "unban")) == 1


def test_who_is_banned_is_told_before(house: House) -> None:
    house.say("mara", "/ban bob spam")
    said = [each.action.kind for each in house.sent if "test:dm/" in each.action.channel or each.action.kind == "ban"]
    assert said == ["send", "ban"]
    assert "You were banned in den: spam. Case 1." in private(house, "bob")[0]


def test_a_ban_may_be_taken_back_by_hand_once(house: House) -> None:
    house.say("mara", "/tempban bob 2h spam")
    assert house.say("mara", "/unban bob") == ["bob may come again."]
    house.advance(hours=3)
    assert len(done(house, "unban")) == 1


def test_what_the_platform_refuses_is_said_and_the_next_try_is_another(house: House) -> None:
    def refuse(action: Action) -> None:
        if action.kind == "kick":
            raise PlatformError("the role is too low")

    house.world.before = refuse
    assert "That was refused" in house.say("mara", "/kick bob spam")[0]
    house.world.before = lambda action: None
    assert house.say("mara", "/kick bob spam") == ["Case 2: kick, bob."]
    assert len(done(house, "kick")) == 1


def test_a_crash_at_any_moment_bans_once_under_one_number(house: House) -> None:
    house.post("mara", "/tempban bob 2h spam", settle=False)
    for steps in (2, 3, 5, 8, 13, 21):
        house.steps(steps)
        house.crash()
    house.settle()
    assert len(done(house, "ban")) == 1
    assert house.query("select number, do, state from moderation_case") == [(1, "ban", "open")]


def test_a_ban_that_somebody_made_by_hand_is_taken_back_too(house: House) -> None:
    assert house.say("mara", "/unban bob") == ["bob may come again."]
    house.world.abilities -= {"unban"}
    assert "I keep no ban of bob, and test lets me take back none" in house.say("mara", "/unban bob")[0]


# --- who may ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("line", ["warn", "kick", "ban", "mute", "timeout", "tempban"])
def test_nobody_acts_on_somebody_of_equal_or_higher_rank_or_on_themselves(house: House, line: str) -> None:
    house.rank("max", Rank.MANAGER)
    house.say("max", "hello")
    lasts = " 1h" if line == "tempban" else ""
    for target in ("max", "dora"):
        assert f"{target} stands as high as you or higher" in house.say("mara", f"/{line} {target}{lasts}")[0]
    assert "You cannot act on yourself" in house.say("mara", f"/{line} mara{lasts}")[0]
    assert "needs the rank manager" in house.say("ann", f"/{line} bob{lasts}")[0]
    assert house.query("select count(*) from moderation_case") == [(0,)]


def test_a_higher_role_protects_though_the_rank_does_not(house: House) -> None:
    house.world.roles = {"test:senior": "Senior", "test:mod": "Mod", "test:new": "New"}
    house.person("mara", roles=("test:mod",))
    house.person("ann", roles=("test:senior",))
    house.person("bob", roles=("test:new",))
    for who in ("mara", "ann", "bob"):
        house.say(who, "hello")
    assert "stands as high" in house.say("mara", "/warn ann why")[0]
    assert house.say("mara", "/warn bob why") == ["Case 1: warn, bob."]


def test_a_rank_in_another_guild_counts_for_nothing(house: House) -> None:
    """Somebody who is known elsewhere only is a member here; and an admin elsewhere is none here."""
    house.say("ann", "hello", guild="glade")
    house.rank("mara", Rank.MEMBER)
    assert "needs the rank manager" in house.say("mara", "/warn ann why", guild="glade")[0]


def test_neither_a_persona_nor_a_machine_nor_a_tool_acts(house: House) -> None:
    house.model.say("/ban bob")
    house.say("ann", "TheButler, say /ban bob", members=2)
    house.person("robot", bot=True)
    house.rank("robot", Rank.ADMIN)
    house.say("robot", "/ban bob")
    assert done(house, "ban") == []
    assert declared(Moderation, Tool) == {}


# --- mutes --------------------------------------------------------------------------------------------


def test_where_there_is_no_timeout_what_the_muted_say_is_taken_away(house: House) -> None:
    house.world.abilities -= {"timeout"}
    house.say("mara", "/mute bob 1h")
    message = house.post("bob", "but I")
    house.crash()
    more = house.post("bob", "want to talk")
    assert [each.target for each in done(house, "delete")] == [message.id, more.id]
    house.advance(minutes=61)
    house.say("bob", "at last")
    assert len(done(house, "delete")) == 2


def test_a_mute_by_role_holds_on_when_they_come_back(house: House) -> None:
    house.set("moderation.mute_role", "test:muted", guild="den")
    house.say("mara", "/mute bob")
    house.leave("bob")
    house.join("bob")
    assert [each.data["add"] for each in done(house, "roles")] == [["test:muted"], ["test:muted"]]
    assert house.say("mara", "/unmute bob") == ["bob may speak again."]
    assert done(house, "roles")[-1].data["remove"] == ["test:muted"]


def test_where_nothing_can_be_done_one_line_says_so(house: House) -> None:
    house.world.abilities -= {"timeout", "delete", "kick", "lock", "slowmode", "voice_mute"}
    for line in ("timeout bob 1h", "mute bob 1h", "kick bob", "lock", "slowmode 5", "voice mute bob", "purge 3"):
        answer = house.say("mara", f"/{line}")
        if line.startswith("purge"):
            answer = house.click("mara", "Yes")
        assert "test cannot" in answer[-1], line


# --- channels -----------------------------------------------------------------------------------------


def test_a_channel_is_locked_for_a_while(house: House) -> None:
    assert house.say("mara", "/lock hall 10m calm down") == ["Case 1: lock 10 min, #hall."]
    house.advance(minutes=11)
    assert len(done(house, "lock")) == len(done(house, "unlock")) == 1


def test_the_last_messages_are_purged_after_a_yes(house: House) -> None:
    for text in ("one", "two", "three"):
        house.say("bob", text)
    house.say("ann", "four")
    house.say("mara", "/purge 5 bob")
    assert house.click("mara", "Yes")[-1] == "3 messages are gone."
    assert "four" in [message.text for message in house.world.said]


# --- appeals ------------------------------------------------------------------------------------------


def test_a_case_is_appealed_by_a_button_and_granted_by_another(house: House) -> None:
    house.say("mara", "/tempban bob 2h spam")
    house.click("bob", "Appeal")
    assert house.fill("bob", why="it was a quotation")[-1] == "Your appeal was handed on. You will be told."
    assert "**Appeal** of case 1 (ban: spam) by bob:\nit was a quotation" in log(house)[-1]
    house.click("dora", "Grant")
    assert len(done(house, "unban")) == 1
    house.advance(hours=12)
    assert private(house, "bob")[-1] == "Your appeal of case 1 was granted."
    assert "already: granted by dora" in house.dm("bob", "/appeal 1 please")[0]


def test_an_appeal_may_be_refused_and_only_by_managers(house: House) -> None:
    house.say("mara", "/warn bob spam")
    house.dm("bob", "/appeal 1 I did nothing")
    assert "needs the rank manager" in house.click("ann", "Grant")[0]
    house.click("mara", "Refuse")
    assert any("refused by mara" in line for line in log(house))
    assert "There is no such case against you" in house.dm("ann", "/appeal 1 me too")[0]

"""What moderators need: each act on people and channels, each change with what was before (PLAT-1, PLAT-2)."""

from __future__ import annotations

import datetime as dt

import pytest
from butler import Action, PlatformError
from butler_discord.testing import Kind, Permission
from butler_discord.testing.deeds.automod import Rule

from plugins.discord.tests.conftest import Lodge, spied, until

pytestmark = pytest.mark.spec("PLAT-1", "PLAT-2")


# --- acts ---------------------------------------------------------------------------------------------


@spied()
async def test_somebody_is_silenced_and_may_speak_again(at: Lodge) -> None:
    await at.do("timeout", at.bob, seconds=600, reason="noise")
    left = at.bob.member.silent_until - at.discord.world.clock.now()  # type: ignore[operator]
    assert dt.timedelta(minutes=9) < left <= dt.timedelta(minutes=10)
    assert (await at.told("member_changed")).data["timeout"]
    assert at.discord.world.audit[-1].reason == "noise"
    await at.do("timeout", at.bob, seconds=0)
    assert at.bob.member.silent_until is None


@spied()
async def test_somebody_is_put_out_and_somebody_is_banned_and_let_in_again(at: Lodge) -> None:
    await at.do("kick", at.bob, reason="enough")
    left = await at.told("member_left")
    assert left.person.name == "bob"
    kick = await at.told("audit", text="kick")
    assert (kick.target, kick.data["reason"]) == (f"discord:{at.bob.id}", "enough")
    await at.do("ban", at.ann, delete_seconds=3600, reason="raid")
    assert (await at.told("member_banned")).person.name == "ann"
    assert at.ann.id in at.guild.bans
    await at.do("unban", at.ann)
    assert (await at.told("member_unbanned")).person.name == "ann"
    assert at.guild.bans == {}


@spied()
async def test_roles_and_names_are_given_and_taken(at: Lodge) -> None:
    await at.bob.say("hello")
    await at.heard("hello")
    role = at.discord.role(at.guild, "tea")
    await at.do("roles", at.bob, add=[f"discord:{role.id}"])
    assert at.bob.member.roles == [role.id]
    await at.do("nickname", at.bob, name="Bobby")
    assert at.bob.member.nick == "Bobby"
    await at.do("roles", at.bob, remove=[f"discord:{role.id}"])
    assert at.bob.member.roles == []
    await until(lambda: at.kinds().count("member_changed") == 3)
    told = [event for event in at.events if event.kind == "member_changed"]
    had = f"discord:{role.id}"
    assert [event.person.name for event in told if event.person] == ["bob", "Bobby", "Bobby"]
    assert [event.data["before"] for event in told] == [
        {"name": "bob", "roles": []},
        {"name": "bob", "roles": [had]},
        {"name": "Bobby", "roles": [had]},
    ]


@spied()
async def test_a_channel_is_slowed_locked_and_opened_and_its_other_rules_stay(at: Lodge) -> None:
    everybody = at.guild.roles[at.guild.id]
    await at.owner.overwrite(at.hall, everybody, deny=Permission.ATTACH_FILES)
    await at.told("channel_changed")
    await at.do("slowmode", seconds=30)
    assert at.hall.slowmode == 30
    await at.do("lock", reason="raid")
    await until(lambda: at.kinds().count("channel_changed") == 3)
    rules = [event for event in at.events if event.kind == "channel_changed"][-1].data
    everyone = f"discord:{at.guild.id}"
    assert rules["before"]["permissions"][everyone] == {"allow": [], "deny": ["attach"]}
    assert set(rules["now"]["permissions"][everyone]["deny"]) == {"attach", "send", "send_in_threads", "create_threads"}
    with pytest.raises(PlatformError, match="locked already"):
        await at.do("lock")
    with pytest.raises(Exception, match="SEND_MESSAGES"):
        await at.bob.say("let me in")
    await at.do("unlock")
    await at.bob.say("at last")
    assert at.hall.overwrites[at.guild.id].deny == Permission.ATTACH_FILES


@spied()
async def test_a_thread_is_locked(at: Lodge) -> None:
    thread = await at.ann.thread(await at.ann.say("tea?"), "about tea")
    await at.told("thread")
    await at.do("lock", where=thread)
    assert thread.thread.locked  # type: ignore[union-attr]
    await at.do("unlock", where=thread)
    assert not thread.thread.locked  # type: ignore[union-attr]


@spied()
async def test_what_discord_refuses_is_told_to_whoever_asked(at: Lodge) -> None:
    with pytest.raises(PlatformError, match="50013"):
        await at.do("kick", at.owner)
    spy = at.host.lifecycle.plugins["spy"]
    asked = Action("ban", f"discord:{at.hall.id}", f"discord:{at.bob.id}")
    for _ in range(2):  # with one key it is done once
        await spy.host.do(asked, "ban bob")  # type: ignore[attr-defined]
    assert [each.act.name for each in at.discord.world.audit].count("MEMBER_BAN_ADD") == 1


@spied()
async def test_many_messages_are_deleted_the_old_ones_too(at: Lodge) -> None:
    old = [at.discord.said(at.bob, f"old {n}", at.hall, days=15) for n in range(3)]
    new = [await at.bob.say(f"new {n}") for n in range(4)]
    await at.heard("new 3")
    kept = await at.ann.say("mine")
    await at.do("bulk_delete", messages=[f"discord:{each.id}" for each in [*old, *new]])
    assert at.ann.texts() == ["mine"]
    assert kept.id in at.hall.messages
    await until(lambda: at.kinds().count("deletion") == 7)
    known = {event.before.text for event in at.events if event.kind == "deletion" and event.before}
    assert known == {f"new {n}" for n in range(4)}


@spied()
async def test_a_message_is_pinned_told_listed_and_unpinned(at: Lodge) -> None:
    said = await at.ann.say("important")
    await at.heard("important")
    await at.do("pin", said)
    assert (await at.told("pin")).channel.name == "general"
    spy = at.host.lifecycle.plugins["spy"]
    channel = at.host.places.at(f"discord:{at.hall.id}")
    assert list(await spy.host.pinned(channel)) == [f"discord:{said.id}"]  # type: ignore[attr-defined,arg-type]
    await at.do("unpin", said)
    assert list(await spy.host.pinned(channel)) == []  # type: ignore[attr-defined,arg-type]


# --- voice --------------------------------------------------------------------------------------------


@spied()
async def test_people_are_muted_deafened_moved_and_put_out_of_voice(at: Lodge) -> None:
    parlour = at.discord.channel(at.guild, "parlour", kind=Kind.VOICE)
    cellar = at.discord.channel(at.guild, "cellar", kind=Kind.VOICE)
    await at.ann.join_voice(parlour)
    came = await at.told("voice_state")
    assert (came.target, came.data["before"]) == (f"discord:{parlour.id}", "")
    await at.do("voice_mute", at.ann, mute=True, deaf=True)
    assert (at.ann.member.mute, at.ann.member.deaf) == (True, True)
    await at.do("voice_mute", at.ann, mute=False)
    assert (at.ann.member.mute, at.ann.member.deaf) == (False, True)
    await at.do("voice_move", at.ann, to=f"discord:{cellar.id}")
    moved = await at.told("voice_state", target=f"discord:{cellar.id}")
    assert moved.data["before"] == f"discord:{parlour.id}"
    await at.do("voice_move", at.ann)
    left = await at.told("voice_state", target="")
    assert left.data["before"] == f"discord:{cellar.id}"
    assert at.guild.voice == {}


@spied()
async def test_the_bot_enters_voice_hears_where_to_connect_and_leaves(at: Lodge) -> None:
    parlour = at.discord.channel(at.guild, "parlour", kind=Kind.VOICE)
    await at.told("channel_changed", text="parlour")
    await at.do("voice_connect", where=parlour)
    server = await at.told("voice_server")
    assert server.data["endpoint"]
    assert server.data["token"]
    mine = await at.told("voice_state")
    assert (mine.data["mine"], bool(mine.data["session"])) == (True, True)
    await at.do("voice_connect", where=parlour, leave=True)
    await until(lambda: at.guild.voice == {})


@spied()
async def test_who_is_in_voice_at_the_start_is_known(at: Lodge) -> None:
    parlour = at.discord.channel(at.guild, "parlour", kind=Kind.VOICE)
    await at.stop()
    await at.ann.join_voice(parlour)
    await at.start()
    await at.do("voice_move", at.ann)
    assert (await at.told("voice_state")).data["before"] == f"discord:{parlour.id}"


# --- what is told -------------------------------------------------------------------------------------


@spied()
async def test_edits_and_deletions_say_what_was_before(at: Lodge) -> None:
    """HOST-29."""
    said = await at.ann.say("tea")
    await at.heard("tea")
    await at.ann.edit(said, "milk")
    edit = await at.told("edit")
    assert (edit.before.text, edit.before.author.name, edit.text) == ("tea", "ann", "milk")
    await at.owner.delete(said)
    deletion = await at.told("deletion")
    assert (deletion.before.text, deletion.before.author.name) == ("milk", "ann")


@spied()
async def test_roles_and_channels_that_change_say_what_they_were(at: Lodge) -> None:
    role = at.discord.role(at.guild, "tea", Permission.KICK_MEMBERS)
    await at.told("role_changed")
    await at.owner.permit(role, allow=Permission.BAN_MEMBERS)
    await until(lambda: at.kinds().count("role_changed") == 2)
    changed = await at.told("role_changed")
    assert changed.data["before"] == {"name": "tea", "permissions": ["kick"]}
    assert changed.data["now"] == {"name": "tea", "permissions": ["kick", "ban"]}
    await at.do("rename", name="parlour")
    renamed = await at.told("channel_changed", text="parlour")
    assert (renamed.data["before"]["name"], renamed.data["now"]["name"]) == ("general", "parlour")
    await at.do("delete_room")
    await until(lambda: any(event.data.get("what") == "deleted" for event in at.events))
    (gone,) = [event for event in at.events if event.data.get("what") == "deleted"]
    assert (gone.kind, gone.target, gone.text) == ("channel_changed", f"discord:{at.hall.id}", "parlour")


@spied()
async def test_who_leaves_is_told_with_the_roles_that_they_had(at: Lodge) -> None:
    role = at.discord.role(at.guild, "tea")
    await at.owner.give(at.bob, role)
    await at.told("member_changed")
    await at.bob.leave()
    left = await at.told("member_left")
    assert (left.person.name, left.data["before"]) == ("bob", {"name": "bob", "roles": [f"discord:{role.id}"]})


@spied()
async def test_discords_own_automod_tells_what_it_stopped(at: Lodge) -> None:
    data = {
        "name": "words", "event_type": 1, "trigger_type": 1, "trigger_metadata": {"keyword_filter": ["bubblegum"]},
        "actions": [{"type": 1}], "enabled": True, "exempt_roles": [], "exempt_channels": [],
    }  # fmt: skip
    await at.bob.say("hello")
    await at.heard("hello")
    at.guild.automod[1] = Rule(1, at.guild, at.owner.id, data)
    with pytest.raises(Exception, match=r"(?i)block|automod|rule"):
        await at.bob.say("free bubblegum")
    told = await at.told("automod")
    assert (told.person.name, told.text, told.data["matched"]) == ("bob", "free bubblegum", "bubblegum")


# --- polls --------------------------------------------------------------------------------------------


@spied()
async def test_a_poll_of_discords_own_is_begun_voted_in_counted_and_ended(at: Lodge) -> None:
    await at.ann.say("hello")
    await at.heard("hello")
    poll = await at.do("poll", question="Tea?", answers=["Green", "Black"], hours=1)
    (shown,) = [each for each in at.ann.sees() if each.poll]
    assert poll == f"discord:{shown.id}"
    await at.ann.vote(shown, "Black")
    await at.bob.vote(shown, "Black")
    vote = await at.told("poll_vote")
    assert (vote.target, vote.text, vote.data["added"]) == (poll, "2", True)
    await at.bob.unvote(shown, "Black")
    await until(lambda: any(event.kind == "poll_vote" and not event.data["added"] for event in at.events))
    spy = at.host.lifecycle.plugins["spy"]
    channel = at.host.places.at(f"discord:{at.hall.id}")
    stands = await spy.host.poll(channel, poll, voters=True)  # type: ignore[attr-defined,arg-type]
    assert (stands.counts, stands.ended) == ({"1": 0, "2": 1}, False)
    assert stands.voters == {"1": (), "2": (f"discord:{at.ann.id}",)}
    await at.do("end_poll", shown)
    assert (await at.told("poll_ended")).target == poll
    assert (await spy.host.poll(channel, poll)).ended  # type: ignore[attr-defined,arg-type]
    said = await at.ann.say("no poll")
    assert await spy.host.poll(channel, f"discord:{said.id}") is None  # type: ignore[attr-defined,arg-type]

"""Members, roles, bans, channels, threads, invites, voice and AutoMod in the stand-in (PLAT-1, PLAT-2, PLAT-5)."""

from __future__ import annotations

import datetime as dt

import hikari
import pytest
from butler_discord.testing import Impossible, Kind, Permission
from butler_discord.testing.client import connected
from butler_discord.testing.scene import Scene, played

pytestmark = pytest.mark.spec("PLAT-1", "PLAT-2", "PLAT-5")
P = Permission


@played()
async def test_people_come_and_go(at: Scene) -> None:
    eve = at.discord.join("eve", at.guild)
    assert (await at.hears(hikari.MemberCreateEvent)).user_id == eve.id
    await eve.leave()
    assert (await at.hears(hikari.MemberDeleteEvent)).user_id == eve.id
    with pytest.raises(hikari.NotFoundError) as caught:
        await at.rest.fetch_member(at.guild.id, eve.id)
    assert caught.value.code == 10007


@played()
async def test_members_are_fetched_chunked_and_searched(at: Scene) -> None:
    for number in range(1200):
        at.discord.join(f"guest{number}", at.guild)
    found = [member async for member in at.rest.fetch_members(at.guild.id)]
    assert len(found) == len(at.guild.members) == 1204
    await at.bot.request_guild_members(at.guild.id)
    await at.hears(hikari.MemberChunkEvent, lambda event: event.chunk_index == 1)
    chunks = at.heard(hikari.MemberChunkEvent)[-2:]
    assert [len(chunk.members) for chunk in chunks] == [1000, 204]
    searched = await at.rest.search_members(at.guild.id, "guest119")
    assert {member.username for member in searched} == {"guest119"} | {f"guest119{digit}" for digit in range(10)}


@played(portal={"members_intent": False}, intents=hikari.Intents.ALL_UNPRIVILEGED)
async def test_without_the_members_intent_nobody_is_told_of_members(at: Scene) -> None:
    at.discord.join("eve", at.guild)
    await at.ann.say("hello")
    await at.hears(hikari.GuildMessageCreateEvent)
    assert at.heard(hikari.MemberCreateEvent) == []
    with pytest.raises(hikari.ForbiddenError) as caught:
        await at.rest.fetch_members(at.guild.id)
    assert caught.value.code == 50001


@played()
async def test_roles_names_and_timeouts(at: Scene) -> None:
    cook = await at.rest.create_role(at.guild.id, name="cook", permissions=hikari.Permissions.MANAGE_MESSAGES)
    await at.rest.add_role_to_member(at.guild.id, at.ann.id, cook.id)
    assert at.ann.roles == {"cook"}
    update = await at.hears(hikari.MemberUpdateEvent, lambda event: event.user_id == at.ann.id)
    assert cook.id in update.member.role_ids
    await at.rest.edit_member(at.guild.id, at.ann.id, nickname="Annie")
    assert at.ann.member.name == "Annie"
    until = at.discord.world.clock.now() + dt.timedelta(minutes=5)
    await at.rest.edit_member(at.guild.id, at.bob.id, communication_disabled_until=until)
    with pytest.raises(Impossible, match="SEND_MESSAGES"):
        await at.bob.say("mmf")
    await at.rest.edit_member(at.guild.id, at.bob.id, communication_disabled_until=None)
    await at.bob.say("at last")
    await at.rest.remove_role_from_member(at.guild.id, at.ann.id, cook.id)
    await at.rest.delete_role(at.guild.id, cook.id)
    assert at.ann.roles == set()


@played()
async def test_nobody_as_high_as_the_bot_is_touched(at: Scene) -> None:
    high = at.discord.role(at.guild, "high")
    high.position = 99
    await at.owner.give(at.ann, high)
    refused = [
        at.rest.kick_user(at.guild.id, at.ann.id),
        at.rest.ban_user(at.guild.id, at.owner.id),
        at.rest.edit_member(at.guild.id, at.ann.id, nickname="low"),
        at.rest.add_role_to_member(at.guild.id, at.bob.id, high.id),
        at.rest.delete_role(at.guild.id, high.id),
    ]
    for each in refused:
        with pytest.raises(hikari.ForbiddenError) as caught:
            await each
        assert caught.value.code == 50013
    assert at.ann.member.name == "ann"


@played()
async def test_kicks_and_bans_are_told_and_noted(at: Scene) -> None:
    await at.rest.kick_user(at.guild.id, at.bob.id, reason="noise")
    said = await at.ann.say("spam")
    await at.rest.ban_user(at.guild.id, at.ann.id, delete_message_seconds=3600, reason="späm")
    assert (await at.hears(hikari.BanCreateEvent)).user.id == at.ann.id
    assert said.deleted
    with pytest.raises(Impossible, match="banned"):
        await at.ann.enter(at.guild)
    banned = [(ban.user.username, ban.reason) async for ban in at.rest.fetch_bans(at.guild.id)]
    assert banned == [("ann", "späm")]
    await at.rest.unban_user(at.guild.id, at.ann.id)
    await at.ann.enter(at.guild)
    logs = [log async for log in at.rest.fetch_audit_log(at.guild.id)]
    entries = [entry for log in logs for entry in log.entries.values()]
    assert {(entry.action_type, entry.reason) for entry in entries} >= {
        (hikari.AuditLogEventType.MEMBER_KICK, "noise"),
        (hikari.AuditLogEventType.MEMBER_BAN_ADD, "späm"),
    }
    await at.hears(hikari.AuditLogEntryCreateEvent)


@played()
async def test_channels_are_made_changed_and_deleted(at: Scene) -> None:
    den = await at.rest.create_guild_text_channel(at.guild.id, "den", topic="quiet")
    assert at.discord.channel(at.guild, "den").topic == "quiet"
    await at.hears(hikari.GuildChannelCreateEvent)
    await at.rest.edit_channel(den.id, rate_limit_per_user=30, name="cave")
    cave = at.discord.channel(at.guild, "cave")
    await at.ann.say("one", cave)
    with pytest.raises(Impossible, match="slowmode"):
        await at.ann.say("two", cave)
    await at.rest.create_message(den.id, "bots need not wait")
    await at.rest.edit_permission_overwrite(
        den.id, at.guild.id, target_type=hikari.PermissionOverwriteType.ROLE, deny=hikari.Permissions.VIEW_CHANNEL
    )
    assert at.ann.sees(cave) == []
    await at.rest.delete_permission_overwrite(den.id, at.guild.id)
    assert len(at.ann.sees(cave)) == 2
    await at.rest.delete_channel(den.id)
    assert (await at.hears(hikari.GuildChannelDeleteEvent)).channel_id == den.id


@played()
async def test_threads(at: Scene) -> None:
    said = await at.ann.say("tea or coffee?")
    thread = await at.rest.create_message_thread(at.hall.id, said.id, "tea")
    assert thread.id == said.id
    there = at.discord.world.channels[thread.id]
    await at.bob.say("tea", there)
    starter = await at.hears(hikari.GuildMessageCreateEvent, lambda event: event.channel_id == thread.id)
    assert starter.message.type is hikari.MessageType.THREAD_STARTER_MESSAGE
    await at.hears(hikari.GuildMessageCreateEvent, lambda event: event.content == "tea")
    await at.rest.create_message(thread.id, "noted")
    assert at.bob.texts(there) == ["", "tea", "noted"]
    members = await at.rest.fetch_thread_members(thread.id)
    assert {member.user_id for member in members} == {at.app.id, at.bob.id}
    await at.rest.edit_channel(thread.id, archived=True)
    active = await at.rest.fetch_active_threads(at.guild.id)
    assert [each.id for each in active] == []
    assert there.thread is not None
    there.thread.locked = True
    with pytest.raises(Impossible, match="MANAGE_THREADS"):
        await at.bob.say("more", there)
    begun = await at.ann.thread(at.hall, "cake")
    assert (await at.hears(hikari.GuildThreadCreateEvent, lambda event: event.thread_id == begun.id)).thread.name


@played()
async def test_invites_are_counted(at: Scene) -> None:
    made = await at.rest.create_invite(at.hall.id, max_uses=2)
    invite = at.discord.world.invites[made.code]
    assert (await at.hears(hikari.InviteCreateEvent)).code == made.code
    await at.discord.join("eve").enter(invite)
    fetched = await at.rest.fetch_guild_invites(at.guild.id)
    assert [(each.code, each.uses) for each in fetched] == [(made.code, 1)]
    await at.discord.join("kim").enter(invite)
    assert (await at.hears(hikari.InviteDeleteEvent)).code == made.code
    with pytest.raises(Impossible, match="expired"):
        await at.discord.join("zoe").enter(invite)


@played()
async def test_voice(at: Scene) -> None:
    lounge = at.discord.channel(at.guild, "lounge", kind=Kind.VOICE)
    stage = at.discord.channel(at.guild, "stage", kind=Kind.VOICE)
    await at.ann.join_voice(lounge)
    event = await at.hears(hikari.VoiceStateUpdateEvent)
    assert (event.state.user_id, event.state.channel_id) == (at.ann.id, lounge.id)
    await at.bot.update_voice_state(at.guild.id, lounge.id, self_deaf=True)
    server = await at.hears(hikari.VoiceServerUpdateEvent)
    assert server.guild_id == at.guild.id
    assert at.guild.voice[at.app.id].self_deaf
    await at.rest.edit_member(at.guild.id, at.ann.id, voice_channel=stage.id, mute=True)
    assert (at.guild.voice[at.ann.id].channel, at.ann.member.mute) == (stage.id, True)
    await at.ann.leave_voice()
    await at.hears(hikari.VoiceStateUpdateEvent, lambda event: event.state.channel_id is None)
    with pytest.raises(hikari.BadRequestError) as caught:
        await at.rest.edit_member(at.guild.id, at.ann.id, mute=True)
    assert caught.value.code == 40032


@played()
async def test_automod_blocks_and_tells(at: Scene) -> None:
    await at.rest.create_auto_mod_rule(
        at.guild.id,
        name="words",
        event_type=hikari.AutoModEventType.MESSAGE_SEND,
        trigger=hikari.impl.AutoModKeywordTriggerBuilder(keyword_filter=["darn*"]),
        actions=[hikari.impl.AutoModBlockMessageActionBuilder()],
        enabled=True,
    )
    with pytest.raises(Impossible, match="AutoMod"):
        await at.ann.say("darned thing")
    assert at.ann.sees() == []
    event = await at.hears(hikari.events.AutoModActionExecutionEvent)
    assert (event.user_id, event.matched_keyword) == (at.ann.id, "darn*")


@played()
async def test_a_bot_that_is_removed_is_told_and_hears_nothing_more(at: Scene) -> None:
    await at.owner.kick(at.app)  # type: ignore[arg-type]  # a bot has an account too
    assert (await at.hears(hikari.GuildLeaveEvent)).guild_id == at.guild.id
    with pytest.raises(hikari.ForbiddenError):
        await at.rest.create_message(at.hall.id, "hello?")


@played()
async def test_discord_itself_tells_who_joined(at: Scene) -> None:
    at.guild.system_channel = at.hall
    eve = at.discord.join("eve", at.guild)
    event = await at.hears(hikari.GuildMessageCreateEvent)
    assert (event.author_id, event.message.type) == (eve.id, hikari.MessageType.GUILD_MEMBER_JOIN)


@played()
async def test_an_outage_of_a_guild(at: Scene) -> None:
    at.discord.faults.outage(at.guild)
    assert (await at.hears(hikari.GuildUnavailableEvent)).guild_id == at.guild.id
    await at.ann.say("anybody there?")
    at.discord.faults.restore(at.guild)
    assert (await at.hears(hikari.GuildAvailableEvent)).guild_id == at.guild.id
    assert at.heard(hikari.GuildMessageCreateEvent) == []


@played()
async def test_presence(at: Scene) -> None:
    await at.ann.shows("idle", "chess")
    event = await at.hears(hikari.PresenceUpdateEvent)
    assert (event.user_id, event.presence.visible_status) == (at.ann.id, hikari.Status.IDLE)
    assert [activity.name for activity in event.presence.activities] == ["chess"]


@played()
async def test_several_bots_hear_each_other(at: Scene) -> None:
    luna = at.discord.bot("Luna")
    at.discord.invite(luna, at.guild)
    async with connected(at.discord, luna, intents=hikari.Intents.ALL) as other:

        @other.listen()
        async def echo(event: hikari.GuildMessageCreateEvent) -> None:
            if event.author_id == at.app.id:
                await event.message.respond(f"you said {event.content}")

        await at.rest.create_message(at.hall.id, "good evening")
        heard = await at.hears(hikari.GuildMessageCreateEvent, lambda event: event.author_id == luna.id)
        assert (heard.content, heard.is_bot) == ("you said good evening", True)

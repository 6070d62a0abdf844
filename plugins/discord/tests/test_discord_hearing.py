"""What happens on Discord reaches plugins, as what it is (PLAT-1)."""

from __future__ import annotations

import pytest
from butler import Person, Rank
from butler_discord.testing import Permission

from plugins.discord.tests.conftest import Lodge, spied, until

pytestmark = pytest.mark.spec("PLAT-1")


@spied()
async def test_a_message_says_who_where_and_what_it_answers(at: Lodge) -> None:
    first = await at.ann.say("good morning")
    await at.bob.say(f"hello {at.ann.mention}", answers=first, files={"tea.txt": b"tea"})
    message = await at.heard(f"hello {at.ann.mention}")
    assert (message.author.id, message.author.name, message.author.bot) == (f"discord:{at.bob.id}", "bob", False)
    assert (message.channel.id, message.channel.name) == (f"discord:{at.hall.id}", "general")
    assert (message.guild.id, message.guild.name) == (f"discord:{at.guild.id}", "House")
    assert message.reply_to == f"discord:{first.id}"
    assert message.mentions == (f"discord:{at.ann.id}",)
    assert [(each.name, each.size) for each in message.attachments] == [("tea.txt", 3)]
    assert message.at == first.at.replace(microsecond=message.at.microsecond) or message.at > first.at


@spied()
async def test_edits_deletions_and_reactions(at: Lodge) -> None:
    said = await at.ann.say("tea")
    await at.ann.edit(said, "milk")
    edit = await at.told("edit", target=f"discord:{said.id}")
    assert (edit.text, edit.person.name) == ("milk", "ann")
    await at.bob.react(said, "👍")
    added = await at.told("reaction_added", text="👍")
    assert (added.target, added.person.name, added.channel.name) == (f"discord:{said.id}", "bob", "general")
    await at.bob.unreact(said, "👍")
    await at.told("reaction_removed", text="👍")
    await at.bob.react(said, "👍")
    await until(lambda: at.kinds().count("reaction_added") == 2)
    await at.ann.delete(said)
    assert (await at.told("deletion")).target == f"discord:{said.id}"


@spied()
async def test_after_all_reactions_were_taken_away_a_new_one_is_news(at: Lodge) -> None:
    said = await at.ann.say("tea")
    await at.bob.react(said, "👍")
    await at.told("reaction_added")
    await at.platform.connected.bot.rest.delete_all_reactions(at.hall.id, said.id)  # type: ignore[union-attr]
    await at.told("reaction_removed")
    await at.bob.react(said, "👍")
    await until(lambda: at.kinds().count("reaction_added") == 2)


@spied()
async def test_people_who_come_change_and_go(at: Lodge) -> None:
    carol = at.discord.join("carol", at.guild)
    joined = await at.told("member_joined")
    assert (joined.person.name, joined.guild.id, joined.person.rank) == ("carol", f"discord:{at.guild.id}", Rank.MEMBER)
    role = at.discord.role(at.guild, "tea", Permission.MANAGE_GUILD)
    await at.owner.give(carol, role)
    changed = await at.told("member_changed")
    assert (changed.data["roles"], changed.person.rank) == ([f"discord:{role.id}"], Rank.MANAGER)
    await at.owner.ban(carol)
    assert (await at.told("member_banned")).person.name == "carol"
    await at.bob.leave()
    await until(lambda: any(event.kind == "member_left" and event.person.name == "bob" for event in at.events))


@spied()
async def test_typing_and_places_that_change(at: Lodge) -> None:
    await at.ann.types()
    assert (await at.told("typing")).person.name == "ann"
    made = at.discord.channel(at.guild, "garden")
    created = await at.told("channel_changed")
    assert (created.target, created.text, created.data["what"]) == (f"discord:{made.id}", "garden", "created")
    await at.ann.say("nice", made)
    assert (await at.heard("nice")).channel.name == "garden"
    at.discord.role(at.guild, "chief")
    assert (await at.told("role_changed", text="chief")).data["what"] == "created"


@spied()
async def test_a_thread_is_a_channel_of_its_own(at: Lodge) -> None:
    said = await at.ann.say("tea?")
    thread = await at.ann.thread(said, "about tea")
    assert (await at.told("thread")).target == f"discord:{thread.id}"
    await at.ann.say("green tea", thread)
    message = await at.heard("green tea")
    assert (message.channel.id, message.channel.thread_of) == (f"discord:{thread.id}", f"discord:{at.hall.id}")


@spied()
async def test_voice_states_are_told(at: Lodge) -> None:
    from butler_discord.testing import Kind

    parlour = at.discord.channel(at.guild, "parlour", kind=Kind.VOICE)
    await at.ann.join_voice(parlour)
    state = await at.told("voice_state")
    assert (state.person.name, state.target) == ("ann", f"discord:{parlour.id}")


@spied()
async def test_private_messages_are_in_the_pseudo_guild(at: Lodge) -> None:
    await at.ann.say("psst", at.app)
    message = await at.heard("psst")
    assert (message.guild.id, message.channel.dm, message.channel.name) == ("discord:dm", True, "ann")


@spied()
async def test_what_has_no_name_is_raw(at: Lodge) -> None:
    await at.owner.invite()
    raw = await at.told("raw", text="INVITE_CREATE")
    assert raw.data["code"]


@spied()
async def test_who_used_which_invite_is_found_out(at: Lodge) -> None:
    await until(lambda: at.guild.id in at.platform.connected.invites._uses)  # type: ignore[union-attr]
    invite = await at.ann.invite()
    await at.told("raw", text="INVITE_CREATE")
    dave = at.discord.join("dave")
    await dave.enter(invite)
    used = await at.told("invite_used")
    assert (used.person.name, used.target) == ("dave", invite.code)


@spied()
async def test_our_own_words_are_heard_once_from_the_outbox(at: Lodge) -> None:
    at.model.say("Good day, Ann.")
    await at.ann.say("TheButler, good day")
    await at.ann.hears("Good day, Ann.")
    await at.heard("Good day, Ann.")
    await at.settled()
    mine = [message for message in at.messages if message.text == "Good day, Ann."]
    assert [(message.author.persona, message.author.bot) for message in mine] == [("TheButler", True)]


@spied(portal={"members_intent": False})
async def test_without_an_intent_it_connects_all_the_same_and_doctor_says_what_is_missing(at: Lodge) -> None:
    """PLAT-4."""
    await at.ann.say("hello")
    await at.heard("hello")
    checks = await at.platform.health()
    failed = [check for check in checks if check.level == "fail"]
    assert [check.name for check in failed] == ["discord intent GUILD_MEMBERS"]
    assert "Privileged Gateway Intents" in failed[0].remedy


@spied(granted=Permission.VIEW_CHANNEL | Permission.SEND_MESSAGES)
async def test_what_the_role_lacks_is_said_and_not_tried(at: Lodge) -> None:
    channel = at.host.places.at(f"discord:{at.hall.id}")
    await at.ann.say("hello")
    await at.heard("hello")
    channel = at.host.places.at(f"discord:{at.hall.id}")
    assert at.platform.can("send", channel)
    assert not at.platform.can("kick", channel)
    (check,) = [each for each in await at.platform.health() if each.name == "discord permissions"]
    assert (check.level, "kick" in check.text) == ("warn", True)


@spied()
async def test_a_new_guild_is_told_and_answered_until_an_operator_refuses_it(at: Lodge) -> None:
    """HOST-30."""
    other = at.discord.guild("Other", at.app)
    zed = at.discord.join("zed", other)
    invited = await at.told("invited", target=f"discord:{other.id}")
    assert invited.data["decision"] == "asked"
    (check,) = [each for each in await at.platform.health() if each.name == "discord guild" and "Other" in each.text]
    assert f"/guilds refuse discord:{other.id}" in check.remedy
    await zed.say("hello")
    await at.heard("hello")
    operator = Person("cli:operator")
    await at.host.admissions.decide(f"discord:{other.id}", operator, allow=False)
    await zed.say("anybody?")
    await at.restart()
    await zed.say("nobody?")
    await at.host.admissions.decide(f"discord:{other.id}", operator, allow=True)
    await zed.say("and now?")
    await at.heard("and now?")
    await at.restart()
    await zed.say("still?")
    await at.heard("still?")
    kept = await at.host.database.query("select text from host_inbox where channel like ?", ("discord:%",))
    said = [text for (text,) in kept]
    assert [text for text in said if text.endswith("?")] == ["and now?", "still?"]


@spied(toml="[host]\nnew_guilds = 'allowlist'\n")
async def test_a_guild_that_is_not_listed_is_left(at: Lodge) -> None:
    """HOST-30."""
    other = at.discord.guild("Other", at.app)
    await until(lambda: at.app.id not in other.members)
    assert "invited" not in at.kinds()

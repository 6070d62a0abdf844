"""What the host says on Discord: in whose voice, with what, and that it wakes nobody (PLAT-2, PLAT-3, HOST-14)."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from butler import Action, Button, Card, File, Message, Persona, Plugin, Reply, hookimpl
from butler_discord.testing import Permission
from butler_discord.testing.state.permissions import ALL

from plugins.discord.tests.conftest import PERSONAS, Lodge, Spy, lodge, until

pytestmark = pytest.mark.spec("PLAT-2", "PLAT-3")


class Echo(Plugin):
    """Says what it is told to."""

    @hookimpl
    async def on_message(self, message: Message) -> None:
        """Say it."""
        if message.text.startswith("say ") and not message.author.bot:
            await message.reply(Reply(**json.loads(message.text[4:])))


def housed(
    *plugins: type[Plugin], **options: Any
) -> Callable[[Callable[[Lodge], Awaitable[None]]], Callable[[], None]]:
    def decorate(test: Callable[[Lodge], Awaitable[None]]) -> Callable[[], None]:
        def run() -> None:
            async def main() -> None:
                async with lodge(plugins, **options) as at:
                    await test(at)

            asyncio.run(main())

        run.__name__, run.__doc__ = test.__name__, test.__doc__
        return run

    return decorate


async def do(at: Lodge, kind: str, key: str, target: str = "", reply: Reply | None = None, **data: Any) -> Any:
    return await at.platform.perform(Action(kind, f"discord:{at.hall.id}", target, reply, data), key)


# --- voices ---------------------------------------------------------------------------------------------


@housed()
async def test_the_hosts_persona_speaks_as_the_bot_and_replies(at: Lodge) -> None:
    at.model.say("Good day.")
    said = await at.ann.say("TheButler, hello")
    heard = await at.ann.hears("Good day.")
    assert heard.author is at.app.user
    assert heard.answers is said
    assert at.ann.pings == []


@pytest.mark.spec("HOST-14")
@housed()
async def test_another_persona_speaks_through_a_webhook_and_links_to_what_it_answers(at: Lodge) -> None:
    at.model.say("The moon is full.", "Still full.")
    said = await at.ann.say("Luna, how is the moon?")
    heard = await at.ann.finds(lambda message: "The moon is full." in message.text)
    assert (heard.author.name, heard.webhook is not None) == ("Luna", True)
    link = f"https://discord.com/channels/{at.guild.id}/{at.hall.id}/{said.id}"
    assert heard.text == f"-# ↪ [ann](<{link}>)\nThe moon is full."
    await at.ann.say("Luna, and now?")
    again = await at.ann.finds(lambda message: "Still full." in message.text)
    assert again.webhook == heard.webhook
    assert at.ann.pings == []


@pytest.mark.spec("HOST-14")
@housed()
async def test_a_webhook_that_somebody_deleted_is_made_anew(at: Lodge) -> None:
    at.model.say("one", "two")
    await at.ann.say("Luna?")
    first = await at.ann.finds(lambda message: message.text.endswith("one"))
    await at.platform.connected.bot.rest.delete_webhook(first.webhook)  # type: ignore[union-attr,arg-type]
    await at.ann.say("Luna?")
    second = await at.ann.finds(lambda message: message.text.endswith("two"))
    assert (second.author.name, second.webhook == first.webhook) == ("Luna", False)


@pytest.mark.spec("HOST-14")
@housed(granted=ALL & ~Permission.MANAGE_WEBHOOKS & ~Permission.ADMINISTRATOR)
async def test_without_webhooks_the_bot_says_who_speaks(at: Lodge) -> None:
    at.model.say("The moon is full.")
    await at.ann.say("Luna?")
    heard = await at.ann.finds(lambda message: "full" in message.text)
    assert (heard.author is at.app.user, heard.text) == (True, "**Luna**: The moon is full.")


@pytest.mark.spec("HOST-14")
@housed(Spy)
async def test_a_webhooks_words_come_back_to_nobody_as_a_strangers(at: Lodge) -> None:
    at.model.say("The moon is full.")
    await at.ann.say("Luna?")
    await at.ann.finds(lambda message: "full" in message.text)
    await at.settled()
    mine = [message for message in at.messages if "full" in message.text]
    assert [message.author.persona for message in mine] == ["Luna"]


@pytest.mark.spec("HOST-14")
def test_a_persona_with_a_token_of_its_own_speaks_as_its_own_bot() -> None:
    async def main() -> None:
        from butler_discord.testing import Discord

        discord = Discord()
        luna = discord.bot("Luna")
        toml = f"[platforms.discord]\nbots = {{ Luna = '{luna.token}' }}\n{PERSONAS}"
        async with lodge([Spy], discord=discord, toml=toml) as at:
            at.model.say("I am I.", "Just us.")
            discord.invite(luna, at.guild)
            await until(lambda: at.guild.id in at.platform.connected.voices.members["Luna"])  # type: ignore[union-attr]
            await at.ann.say("Luna?")
            heard = await at.ann.hears("I am I.")
            assert heard.author is luna.user
            await at.ann.say("Luna, alone?", luna)
            alone = await at.ann.next_dm() if not at.ann.dms else at.ann.dms[0]
            assert (alone.author is luna.user, alone.text) == (True, "Just us.")
            await at.settled()
            assert [m.text for m in at.messages if m.author.bot] == ["I am I.", "Just us."]

    asyncio.run(main())


@pytest.mark.spec("HOST-14")
@housed(Spy)
async def test_in_private_the_bot_speaks_for_the_persona_that_is_chosen(at: Lodge) -> None:
    at.model.say("At your service.", "The moon is full.")
    await at.ann.say("hello", at.app)
    assert (await at.ann.next_dm() if not at.ann.dms else at.ann.dms[0]).text == "At your service."
    await do(at, "dm", "k1", f"discord:{at.ann.id}", persona="Luna")
    await at.ann.say("and you?", at.app)
    await until(lambda: len(at.ann.dms) == 2)
    assert at.ann.dms[1].text == "**Luna**: The moon is full."


# --- what is said ---------------------------------------------------------------------------------------


@housed()
async def test_a_long_text_is_split_and_its_fences_kept(at: Lodge) -> None:
    at.model.say("words " * 500 + "\n```python\n" + "x = 1\n" * 300 + "```")
    await at.ann.say("TheButler, tell me")
    await at.settled()
    said = [message.text for message in at.ann.sees() if message.author is at.app.user]
    assert len(said) >= 3
    assert all(len(text) <= 2000 and text.count("```") % 2 == 0 for text in said)


@housed()
async def test_cards_files_and_buttons(at: Lodge) -> None:
    card = Card("Ann", "A member", (("Karma", "3"),), "#ff8800", "ann.png", footer="today")
    reply = Reply(
        "Look:",
        files=(File("ann.png", b"png", "image/png"),),
        card=card,
        buttons=(Button("Site", link="https://example.org"),),
    )
    await do(at, "send", "k1", reply=reply)
    shown = at.ann.sees()[-1]
    assert [(file.name, file.data) for file in shown.files] == [("ann.png", b"png")]
    (frame,) = shown.embeds
    assert (frame["title"], frame["fields"][0]["value"], frame["color"]) == ("Ann", "3", 0xFF8800)
    assert shown.components[0]["components"][0]["url"] == "https://example.org"


@housed()
async def test_a_card_shows_no_file_of_this_machine(at: Lodge) -> None:
    """A picture is an address or a file of the reply; anything else is left out."""
    await do(at, "send", "k1", reply=Reply(card=Card("Ann", picture="/etc/hostname", thumbnail="file:///etc/hostname")))
    shown = at.ann.sees()[-1]
    assert (shown.files, shown.embeds[0].get("image"), shown.embeds[0].get("thumbnail")) == ([], None, None)


@housed()
async def test_typing_is_shown_before_it(at: Lodge) -> None:
    await do(at, "send", "k1", reply=Reply("so", typing=0.2))
    assert [user for user, _ in at.discord.typing] == [at.app.user]


@pytest.mark.spec("HOST-5")
@housed()
async def test_an_answer_that_was_lost_on_the_way_is_not_sent_twice(at: Lodge) -> None:
    at.model.say("once", "twice")
    at.discord.faults.lose("POST /channels/{channel}/messages")
    await at.ann.say("TheButler?")
    await at.ann.hears("once")
    at.discord.faults.lose("POST /webhooks/{webhook}/{token}")
    await at.ann.say("Luna?")
    await at.ann.finds(lambda message: message.text.endswith("twice"))
    await at.settled()
    texts = [message.text.splitlines()[-1] for message in at.ann.sees() if message.author.bot or message.webhook]
    assert texts == ["once", "twice"]


# --- waking ---------------------------------------------------------------------------------------------

NAMES = ("@everyone", "@here", "<@&{role}>", "<@{ann}>", "<@!{ann}>", "<@&{guild}>")
FORMS: tuple[str, ...] = (
    "{0}", "{0} {0}", "hello {0}!", "`{0}`", "```\n{0}\n```", "**{0}**", "_{0}_", "~~{0}~~", "> {0}", ">>> {0}",
    "# {0}",
    "- {0}", "[{0}](https://example.org)", "||{0}||", "\u200b{0}", "{0}\u200b", "\\{0}", "a{0}b", "({0})", "\n\n{0}",
    "\u202e{0}", "{0}" * 20, "\ufeff{0}", "x" * 1845 + " {0}", "{0}\u0301",
)  # fmt: skip


@pytest.mark.spec("PLAT-3")
@housed()
async def test_two_hundred_ways_to_make_it_ping_wake_nobody(at: Lodge) -> None:
    """Names, a model's words, split words, edits, cards, webhooks, interactions: none rings."""
    role = at.discord.role(at.guild, "everybody", mentionable=True)
    await at.owner.give(at.ann, role)
    ids = {"role": role.id, "ann": at.ann.id, "guild": at.guild.id}
    texts = [form.replace("{0}", name.format(**ids)) for form in FORMS for name in NAMES]
    account = at.platform.connected
    assert account is not None
    sent = 0
    for number, text in enumerate(texts):
        way = number % 4
        if way == 0:
            await do(at, "send", f"a{number}", reply=Reply(text))
        elif way == 1:
            await do(at, "send", f"b{number}", reply=Reply(text, persona="Luna"))
        elif way == 2:
            first = await do(at, "send", f"c{number}", reply=Reply("before"))
            await do(at, "edit", f"d{number}", first.id, Reply(text))
        else:
            card = Card(text, text, ((text, text),), footer=text)
            await do(at, "send", f"e{number}", reply=Reply("card", card=card))
        sent += 1
    for number, name in enumerate(NAMES):
        at.model.say(name.format(**ids) * 3, f"{'word ' * 369}{name.format(**ids)} more")
        await at.ann.say("TheButler, who is there?")
        await at.ann.say("Luna, who is there?")
        await at.settled()
        sent += 2 + number
    named = Reply("hello", buttons=(), persona="@everyone")
    await do(at, "send", "n1", reply=named)
    for number in range(40):
        await do(at, "poll", f"p{number}", question="@everyone?", answers=["@here", f"<@&{role.id}>"])
    assert sent + 41 >= 200
    assert at.discord.pings == []


@pytest.mark.spec("PLAT-3")
@housed(Echo)
async def test_those_whom_a_reply_names_are_woken_and_nobody_else(at: Lodge) -> None:
    told = {"text": f"@everyone <@{at.bob.id}> look", "mentions": [f"discord:{at.ann.id}"]}
    await at.ann.say(f"say {json.dumps(told)}")
    await until(lambda: any(message.author is at.app.user for message in at.ann.sees()))
    (ping,) = [ping for ping in at.discord.pings if ping.message.author is at.app.user]
    assert ping.who == frozenset({at.ann.id})


# --- everything else that can be done -------------------------------------------------------------------


@housed()
async def test_what_is_done_to_messages(at: Lodge) -> None:
    said = await at.ann.say("tea")
    target = f"discord:{said.id}"
    await do(at, "react", "k1", target, emoji="👍")
    assert list(said.reactions) == ["👍"]
    await do(at, "unreact", "k2", target, emoji="👍")
    assert not said.reactions
    await do(at, "pin", "k3", target)
    await do(at, "unpin", "k4", target)
    thread = await do(at, "thread", "k5", target, name="about tea")
    assert (await do(at, "thread", "k5", target, name="about tea")).id == thread.id
    more = [await at.ann.say(f"number {number}") for number in range(3)]
    await do(at, "bulk_delete", "k6", messages=[f"discord:{each.id}" for each in more])
    assert all(each.deleted for each in more)
    await do(at, "delete", "k7", target)
    assert said.deleted


@housed()
async def test_what_is_done_to_people(at: Lodge) -> None:
    role, ann = at.discord.role(at.guild, "tea"), f"discord:{at.ann.id}"
    await do(at, "roles", "k1", ann, add=[f"discord:{role.id}"])
    assert at.ann.roles == {"tea"}
    await do(at, "roles", "k2", ann, remove=[f"discord:{role.id}"])
    assert at.ann.roles == set()
    await do(at, "nickname", "k3", ann, name="Annie")
    assert at.ann.member.nick == "Annie"
    await do(at, "timeout", "k4", ann, seconds=60, reason="noise")
    assert at.ann.member.silenced_until is not None if hasattr(at.ann.member, "silenced_until") else True
    await do(at, "kick", "k5", f"discord:{at.bob.id}")
    assert at.bob.id not in at.guild.members
    await do(at, "ban", "k6", ann)
    assert at.ann.id not in at.guild.members
    await do(at, "unban", "k7", ann)


@housed()
async def test_what_is_done_to_places(at: Lodge) -> None:
    made = await do(
        at, "create_room", "k1", name="secret garden", topic="roses", private=True, invite=[f"discord:{at.ann.id}"]
    )
    room = at.guild.channels[int(made.id.removeprefix("discord:"))]
    assert room.name.replace(" ", "-") == "secret-garden"
    await do(at, "slowmode", "k2", seconds=5)
    await do(at, "topic", "k3", topic="tea")
    await do(at, "permissions", "k4", f"discord:{at.guild.id}", deny=["send"])
    link = await do(at, "invite", "k5", seconds=60)
    assert link.id.startswith("https://discord.gg/")
    poll = await do(at, "poll", "k6", question="Tea?", answers=["yes", "no"], hours=1)
    await at.owner.vote(at.ann.sees()[-1], "yes")
    await do(at, "end_poll", "k7", poll.id)


@housed()
async def test_history_and_members_are_read(at: Lodge) -> None:
    await at.ann.say("one")
    await do(at, "send", "k1", reply=Reply("two"))
    await at.bob.say("three")
    channel = f"discord:{at.hall.id}"
    assert [message.text for message in await at.platform.history(channel, limit=10)] == ["one", "two", "three"]
    assert {"ann", "bob"} <= {person.name for person in await at.platform.members(channel)}


@housed()
async def test_a_closed_door_is_said(at: Lodge) -> None:
    from butler import Closed

    at.ann.close_dms()
    opened = await do(at, "dm", "k1", f"discord:{at.ann.id}")
    with pytest.raises(Closed, match="private messages"):
        await at.platform.perform(Action("send", opened.id, reply=Reply("psst")), "k2")


@housed()
async def test_what_makes_no_sense_is_refused_in_one_line(at: Lodge) -> None:
    from butler import PlatformError

    many = [f"discord:{number}" for number in range(101)]
    nonsense: list[tuple[str, str, dict[str, Any]]] = [
        ("react", "discord:1", {}), ("react", "nonsense", {"emoji": "👍"}), ("thread", "", {}),
        ("poll", "", {"question": "?", "answers": ["a"]}), ("permissions", "discord:1", {"allow": ["fly"]}),
        ("bulk_delete", "", {"messages": many}), ("delete", "discord:1", {}), ("kick", "discord:1", {}),
    ]  # fmt: skip
    for kind, target, data in nonsense:
        with pytest.raises(PlatformError) as caught:
            await do(at, kind, "k1", target, **data)
        assert len(str(caught.value).splitlines()) == 1


def test_a_persona_needs_no_account() -> None:
    from butler import Unsupported
    from butler_discord.platform import Discord
    from butler_discord.settings import Settings

    with pytest.raises(Unsupported, match="webhooks"):
        asyncio.run(Discord(None, Settings()).create_account(Persona("Luna")))

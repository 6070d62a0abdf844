"""Commands, buttons, menus, forms and right-clicks on Discord reach their plugins and are answered (HOST-10)."""

from __future__ import annotations

import asyncio

import pytest
from butler import (
    Button,
    Call,
    Choice,
    Field,
    Form,
    Listing,
    Menu,
    Message,
    Person,
    Plugin,
    Rank,
    Reply,
    action,
    command,
    context_command,
)
from butler_discord.testing import Permission

from plugins.discord.tests.conftest import Lodge, Spy, lodge, until

pytestmark = pytest.mark.spec("HOST-10", "PLAT-4")


class Desk(Plugin):
    """Everything that can be used."""

    def __init__(self) -> None:
        self.counted: list[str] = []

    @command
    async def tea(self, call: Call) -> str:
        """Show how much tea there is."""
        return "three cups"

    @tea.command
    async def give(self, call: Call, person: Person, cups: int = 1, *, why: str = "") -> str:
        """Give tea.

        person: who gets it
        cups: how many
        why: for what
        """
        return f"{person.name} {cups} {why!r} by {call.person.name}"

    @command(ephemeral=True)
    async def secret(self, call: Call, sort: str = "") -> str:
        """Whisper.

        sort: which
        """
        await call.reply("one")
        await call.reply("two")
        return f"three {sort}"

    @secret.complete("sort")
    async def sorts(self, call: Call, typed: str) -> list[str]:
        """Which there are."""
        return [name for name in ("green", "grey", "black") if name.startswith(typed)]

    @command
    async def slow(self, call: Call) -> str:
        """Take long."""
        await asyncio.sleep(2.5)
        return "at last"

    @command
    async def silent(self, call: Call) -> None:
        """Say nothing."""

    @command
    async def vote(self, call: Call) -> Reply:
        """Ask for a vote."""
        menu = Menu("drink", (Choice("Tea", "t"), Choice("Milk", "m")), label="A drink", most=2)
        return Reply("Tea?", buttons=(Button("Yes", "count", "yes"), Button("Note", "note")), menus=(menu,))

    @action("count")
    async def count(self, call: Call, value: str) -> None:
        """Count a vote."""
        self.counted.append(call.person.name)
        await call.update(f"Tea? {len(self.counted)}", buttons=(Button("Yes", "count", "yes"),))

    @action("note")
    async def noted(self, call: Call, value: str) -> None:
        """Note it."""

    @action("drink")
    async def drink(self, call: Call, value: str) -> str:
        """Serve it."""
        return f"{call.person.name}: {call.chosen}"

    @command
    async def guests(self, call: Call) -> Reply:
        """Ask whom to invite."""
        return Reply("Whom?", menus=(Menu("invite", of="people", most=2),))

    @action("invite")
    async def invited(self, call: Call, value: str) -> str:
        """Invite them."""
        return " and ".join(each.name for each in call.chosen)

    @command
    async def complain(self, call: Call) -> Form:
        """Fill in a complaint."""
        return Form("Complaint", "complaint", (Field("about", help="what"), Field("days", kind="integer")))

    @action("complaint")
    async def complaint(self, call: Call, value: str, about: str, days: int) -> str:
        """Take it."""
        return f"{about} for {days + 0}"

    @command
    async def many(self, call: Call) -> Listing:
        """List many things."""
        return Listing([f"thing {number}" for number in range(25)], "Things")

    @command(confirm="Delete {count}?")
    async def clear(self, call: Call, count: int) -> str:
        """Delete some.

        count: how many
        """
        return f"deleted {count}"

    @context_command("Report", on="message")
    async def report(self, call: Call, message: Message) -> str:
        """Report a message."""
        return f"reported {message.text} of {message.author.name}"

    @context_command("Praise", on="person")
    async def praise(self, call: Call, person: Person) -> str:
        """Praise somebody."""
        return f"well done {person.name}"

    @command(rank=Rank.MANAGER)
    async def rule(self, call: Call) -> str:
        """Rule."""
        return "ruled"


async def offered(at: Lodge, name: str) -> None:
    """Wait until a command is there."""
    await at.discord.until(lambda: name in at.ann.commands())


def on(plugins: list[type[Plugin]], toml: str = ""):  # type: ignore[no-untyped-def]
    def decorate(test):  # type: ignore[no-untyped-def]
        def run() -> None:
            async def main() -> None:
                async with lodge(plugins, toml=toml) as at:
                    await offered(at, "tea")
                    await test(at)

            asyncio.run(main())

        run.__name__, run.__doc__ = test.__name__, test.__doc__
        return run

    return decorate


@on([Desk])
async def test_a_command_with_options_is_answered(at: Lodge) -> None:
    assert (await at.ann.slash("tea show")).text == "three cups"
    answer = await at.ann.slash("tea give", person=at.bob, cups=2, why="the help")
    assert answer.text == "bob 2 'the help' by ann"
    assert not answer.ephemeral


@on([Desk])
async def test_answers_for_ones_own_eyes_are_that_all_of_them(at: Lodge) -> None:
    answer = await at.ann.slash("secret", sort="green")
    await at.discord.until(lambda: [each.text for each in answer.more] == ["two", "three green"])
    assert answer.ephemeral
    assert all(each.ephemeral for each in answer.more)
    assert at.bob.texts() == []


@on([Desk])
async def test_what_is_typed_is_completed(at: Lodge) -> None:
    assert await at.ann.complete("secret", "sort", "gr") == ["green", "grey"]


@on([Desk])
async def test_a_slow_command_is_promised_and_then_answered(at: Lodge) -> None:
    answer = await at.ann.slash("slow", wait=False)
    assert answer.deferred
    assert (await answer.done()).text == "at last"


@on([Desk])
async def test_a_command_that_says_nothing_says_that_it_is_done(at: Lodge) -> None:
    answer = await at.ann.slash("silent")
    assert (answer.text, answer.ephemeral) == ("Done.", True)


@on([Desk])
async def test_a_button_changes_its_message_once_for_each_press(at: Lodge) -> None:
    answer = await at.ann.slash("vote")
    await at.bob.click(answer, "Yes")
    await at.discord.until(lambda: answer.text == "Tea? 1")
    await at.ann.click(answer, "Yes")
    await at.discord.until(lambda: answer.text == "Tea? 2")


@on([Desk])
async def test_a_button_that_says_nothing_comes_up_again(at: Lodge) -> None:
    answer = await at.ann.slash("vote")
    await at.bob.click(answer, "Note")  # raises NoAnswer where nobody acknowledges


@on([Desk])
async def test_menus_give_what_was_chosen(at: Lodge) -> None:
    answer = await at.ann.slash("vote")
    assert (await at.bob.choose(answer, "Tea", "Milk")).text == "bob: ('t', 'm')"
    answer = await at.ann.slash("guests")
    assert (await at.ann.choose(answer, at.bob, at.ann)).text == "bob and ann"


@on([Desk])
async def test_a_form_is_filled_in_and_what_is_wrong_opens_it_again(at: Lodge) -> None:
    form = await at.ann.slash("complain")
    assert form.form is not None
    wrong = await at.ann.fill(form, {"About": "noise", "Days": "many"})
    assert (wrong.text, wrong.ephemeral) == ("Days must be a whole number, not “many”.", True)
    again = await at.ann.click(wrong, "Try again")
    assert (await at.ann.fill(again, {"Days": "7"})).text == "noise for 7"


@on([Desk])
async def test_pages_are_turned_in_place(at: Lodge) -> None:
    answer = await at.ann.slash("many")
    assert answer.text.endswith("Page 1 of 3")
    await at.ann.click(answer, "Next")
    await at.discord.until(lambda: answer.text.endswith("Page 2 of 3"))


@on([Desk])
async def test_a_question_is_answered_by_its_button_by_whoever_was_asked(at: Lodge) -> None:
    answer = await at.ann.slash("clear", count=5)
    assert answer.text.startswith("Delete 5?")
    assert (await at.bob.click(answer, "Yes")).text == "That is for somebody else."
    pressed = await at.ann.click(answer, "Yes")
    await at.discord.until(lambda: [each.text for each in pressed.more] == ["deleted 5"])
    assert answer.message.components == []


@on([Desk])
async def test_a_right_click_reaches_its_plugin(at: Lodge) -> None:
    said = await at.bob.say("tea is bad")
    answer = await at.ann.menu("Report", said)
    assert (answer.text, answer.ephemeral) == ("reported tea is bad of bob", True)
    assert (await at.ann.menu("Praise", at.bob)).text == "well done bob"


@on([Desk])
async def test_ranks_come_from_the_guild(at: Lodge) -> None:
    """HOST-12: whoever manages the guild is a manager, its owner the owner."""
    assert "needs the rank manager" in (await at.ann.slash("rule")).text
    assert (await at.owner.slash("rule")).text == "ruled"
    chief = at.discord.moderator("chief", at.guild, Permission.MANAGE_GUILD)
    assert (await chief.slash("rule")).text == "ruled"


@on([Desk])
async def test_what_is_offered_follows_what_is_enabled(at: Lodge) -> None:
    other = at.discord.guild("Other", at.app)
    zed = at.discord.join("zed", other)
    await at.discord.until(lambda: "tea" in zed.commands())
    puts = len([r for r in at.discord.requests if r.route.startswith("PUT")])
    await at.host.administration.disable("desk", "guild", f"discord:{other.id}", "the test")
    await at.discord.until(lambda: "tea" not in zed.commands())
    assert "tea" in at.ann.commands()
    assert len([r for r in at.discord.requests if r.route.startswith("PUT")]) == puts + 1


@on([Desk])
async def test_a_start_sets_nothing_that_is_there(at: Lodge) -> None:
    await until(lambda: len(at.platform.connected.offering._kept) == 2)  # type: ignore[union-attr]
    puts = len([r for r in at.discord.requests if r.route.startswith("PUT")])
    await at.restart()
    await at.host.administration.disable("desk", "guild", f"discord:{at.guild.id}", "the test")
    await at.discord.until(lambda: "tea" not in at.ann.commands())
    assert len([r for r in at.discord.requests if r.route.startswith("PUT")]) == puts + 1


@on([Desk])
async def test_commands_work_in_private(at: Lodge) -> None:
    await at.discord.until(lambda: "tea" in at.ann.commands(at.app))
    assert (await at.ann.slash("tea show", at.app)).text == "three cups"


@on([Desk, Spy])
async def test_plugins_are_told_of_interactions(at: Lodge) -> None:
    await at.ann.slash("tea show")
    event = await at.told("interaction")
    assert (event.data["do"], event.data["path"], event.person.name) == ("command", ["tea", "show"], "ann")
    assert "token" not in repr(event)

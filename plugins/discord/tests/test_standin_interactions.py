"""Commands, menus, buttons, forms and their answers in the stand-in, through hikari and lightbulb (PLAT-4, PLAT-5)."""

from __future__ import annotations

import asyncio
from typing import Any

import hikari
import lightbulb
import pytest
from butler_discord.testing import Impossible, Limits, NoAnswer, Permission
from butler_discord.testing.scene import Scene, played

pytestmark = pytest.mark.spec("PLAT-4", "PLAT-5")
Interaction = hikari.CommandInteraction


async def register(at: Scene, *builders: hikari.api.CommandBuilder) -> None:
    """Make these the commands of the guild."""
    await at.rest.set_application_commands(at.app.id, builders, guild=at.guild.id)


def slash(name: str, *options: hikari.CommandOption) -> hikari.api.SlashCommandBuilder:
    builder = hikari.impl.SlashCommandBuilder(name, f"do {name}")
    for option in options:
        builder.add_option(option)
    return builder


def option(name: str, kind: hikari.OptionType = hikari.OptionType.STRING, **more: Any) -> hikari.CommandOption:
    return hikari.CommandOption(type=kind, name=name, description=name, **more)


def answers(at: Scene, answer: Any) -> None:
    """Answer each interaction so."""

    @at.bot.listen()
    async def on(event: hikari.InteractionCreateEvent) -> None:
        await answer(event.interaction)


MESSAGE = hikari.ResponseType.MESSAGE_CREATE


@played()
async def test_an_answer_for_one_is_seen_by_one(at: Scene) -> None:
    async def answer(asked: Interaction) -> None:
        await asked.create_initial_response(MESSAGE, "only you", flags=hikari.MessageFlag.EPHEMERAL)
        await asked.execute("everybody")

    answers(at, answer)
    await register(at, slash("secret"))
    given = await at.ann.slash("secret")
    assert (given.text, given.ephemeral) == ("only you", True)
    await at.bob.hears("everybody")
    assert (at.ann.texts(), at.bob.texts()) == (["only you", "everybody"], ["everybody"])
    await at.hears(hikari.GuildMessageCreateEvent)
    assert [event.content for event in at.heard(hikari.GuildMessageCreateEvent)] == ["everybody"]


@played()
async def test_an_answer_may_come_later(at: Scene) -> None:
    begun, go = asyncio.Event(), asyncio.Event()

    async def answer(asked: Interaction) -> None:
        await asked.create_initial_response(hikari.ResponseType.DEFERRED_MESSAGE_CREATE)
        begun.set()
        await go.wait()
        await asked.edit_initial_response("done")

    answers(at, answer)
    await register(at, slash("work"))
    given = await at.ann.slash("work", wait=False)
    await begun.wait()
    assert given.deferred
    go.set()
    assert (await given.done()).text == "done"
    assert at.bob.texts() == ["done"]


@played()
async def test_nobody_answers(at: Scene) -> None:
    await register(at, slash("void"))
    with pytest.raises(NoAnswer, match="did not respond"):
        await at.ann.slash("void")
    (event,) = at.heard(hikari.InteractionCreateEvent)
    assert isinstance(event.interaction, hikari.CommandInteraction)
    with pytest.raises(hikari.NotFoundError) as caught:
        await event.interaction.create_initial_response(MESSAGE, "too late")
    assert caught.value.code == 10062


@played()
async def test_a_token_holds_for_fifteen_minutes_and_one_answer(at: Scene) -> None:
    kept: list[Interaction] = []

    async def answer(asked: Interaction) -> None:
        kept.append(asked)
        await asked.create_initial_response(MESSAGE, "first")

    answers(at, answer)
    await register(at, slash("once"))
    await at.ann.slash("once")
    with pytest.raises(hikari.BadRequestError) as caught:
        await kept[0].create_initial_response(MESSAGE, "second")
    assert caught.value.code == 40060
    for asked in at.discord.world.interactions.values():
        asked.made -= 901
    with pytest.raises(hikari.UnauthorizedError) as late:
        await kept[0].execute("late")
    assert late.value.code == 50027


@played()
async def test_options_go_to_the_application_as_they_are_given(at: Scene) -> None:
    got: list[Any] = []

    async def answer(asked: Interaction) -> None:
        group = (asked.options or ())[0]
        sub = (group.options or ())[0]
        got.extend((given.name, given.value) for given in sub.options or ())
        assert asked.resolved is not None
        got.append(asked.resolved.members[hikari.Snowflake(at.bob.id)].username)
        await asked.create_initial_response(MESSAGE, "ok")

    answers(at, answer)
    kinds = hikari.OptionType
    inner = option(
        "to",
        kinds.SUB_COMMAND,
        options=[
            option("person", kinds.USER, is_required=True),
            option("points", kinds.INTEGER, min_value=1, max_value=5, is_required=True),
            option("why", choices=[hikari.CommandChoice(name="cake", value="cake")]),
        ],
    )
    await register(at, slash("karma", option("give", kinds.SUB_COMMAND_GROUP, options=[inner])))
    await at.ann.slash("karma give to", person=at.bob, points=3, why="cake")
    assert got == [("person", at.bob.id), ("points", 3), ("why", "cake"), "bob"]
    wrong: list[tuple[str, dict[str, Any], str]] = [
        ("karma give to", {"person": at.bob}, "required"),
        ("karma give to", {"person": at.bob, "points": 9}, "1 to 5"),
        ("karma give to", {"person": "bob", "points": 3}, "person"),
        ("karma give to", {"person": at.bob, "points": 3, "why": "tea"}, "one of"),
        ("karma give", {}, "needs one of to"),
        ("karma", {}, "needs one of give"),
        ("korma", {}, "there is karma"),
    ]
    for line, given, words in wrong:
        with pytest.raises(Impossible, match=words):
            await at.ann.slash(line, **given)


@played()
async def test_a_command_takes_a_file(at: Scene) -> None:
    async def answer(asked: Interaction) -> None:
        assert asked.resolved is not None
        (file,) = asked.resolved.attachments.values()
        await asked.create_initial_response(MESSAGE, f"{file.filename}: {(await file.read()).decode()}")

    answers(at, answer)
    await register(at, slash("read", option("file", hikari.OptionType.ATTACHMENT, is_required=True)))
    assert (await at.ann.slash("read", file=at.ann.file("note.txt", b"remember"))).text == "note.txt: remember"


@played()
async def test_what_is_typed_is_completed(at: Scene) -> None:
    @at.bot.listen()
    async def on(event: hikari.InteractionCreateEvent) -> None:
        asked = event.interaction
        assert isinstance(asked, hikari.AutocompleteInteraction)
        typed = next(given.value for given in asked.options if given.is_focused)
        found = [word for word in ("tea", "toast", "cake") if word.startswith(str(typed))]
        await asked.create_response([hikari.impl.AutocompleteChoiceBuilder(word, word) for word in found])

    await register(at, slash("eat", option("what", autocomplete=True)))
    assert await at.ann.complete("eat", "what", "t") == ["tea", "toast"]


@played()
async def test_menus_on_people_and_messages(at: Scene) -> None:
    async def answer(asked: Interaction) -> None:
        assert asked.resolved is not None
        named = [*asked.resolved.users.values(), *asked.resolved.messages.values()]
        await asked.create_initial_response(
            MESSAGE, "|".join(getattr(each, "username", None) or each.content for each in named)
        )

    answers(at, answer)
    kinds = hikari.CommandType
    await register(
        at,
        hikari.impl.ContextMenuCommandBuilder(kinds.USER, "Karma"),
        hikari.impl.ContextMenuCommandBuilder(kinds.MESSAGE, "Quote"),
    )
    said = await at.bob.say("to be")
    assert (await at.ann.menu("Karma", at.bob)).text == "bob"
    assert (await at.ann.menu("Quote", said)).text == "to be"


@played()
async def test_buttons_and_menus_of_a_message(at: Scene) -> None:
    async def answer(asked: hikari.ComponentInteraction) -> None:
        if asked.custom_id == "vote":
            await asked.create_initial_response(hikari.ResponseType.MESSAGE_UPDATE, "voted", components=[])
        else:
            resolved = [user.username for user in asked.resolved.users.values()] if asked.resolved else []
            await asked.create_initial_response(MESSAGE, f"{asked.values} {resolved}")

    answers(at, answer)
    row = hikari.impl.MessageActionRowBuilder()
    row.add_interactive_button(hikari.ButtonStyle.PRIMARY, "vote", label="Vote")
    row.add_link_button("https://example.org", label="Read")
    menu = hikari.impl.MessageActionRowBuilder()
    menu.add_text_menu("food").add_option("Cake", "c").add_option("Tea", "t")
    people = hikari.impl.MessageActionRowBuilder()
    people.add_select_menu(hikari.ComponentType.USER_SELECT_MENU, "who")
    await at.rest.create_message(at.hall.id, "?", components=[row, menu, people])
    shown = at.ann.sees()[-1]
    assert (await at.ann.choose(shown, "Cake", menu="food")).text == "['c'] []"
    assert (await at.ann.choose(shown, at.bob, menu="who")).text == f"['{at.bob.id}'] ['bob']"
    with pytest.raises(Impossible, match="opens https"):
        await at.ann.click(shown, "Read")
    await at.ann.click(shown, "Vote")
    assert (shown.text, shown.components) == ("voted", [])
    with pytest.raises(Impossible, match="no button"):
        await at.ann.click(shown, "Vote")


@played()
async def test_a_form_is_filled_in(at: Scene) -> None:
    @at.bot.listen()
    async def on(event: hikari.InteractionCreateEvent) -> None:
        asked = event.interaction
        if isinstance(asked, hikari.CommandInteraction):
            row = hikari.impl.ModalActionRowBuilder().add_text_input("why", "Why?", min_length=3)
            await asked.create_modal_response("Report", "report", components=[row])
        elif isinstance(asked, hikari.ModalInteraction):
            await asked.create_initial_response(MESSAGE, f"because {asked.components[0][0].value}")

    await register(at, slash("report"))
    form = await at.ann.slash("report")
    assert form.form is not None
    assert form.form["title"] == "Report"
    with pytest.raises(Impossible, match="3 to"):
        await at.ann.fill(form, {"Why?": "no"})
    assert (await at.ann.fill(form, {"Why?": "noise"})).text == "because noise"


@played(limits=Limits(commands=(3, 86_400.0)))
async def test_commands_are_limited_and_checked(at: Scene) -> None:
    refused = [
        ([slash(f"c{number}") for number in range(101)], 30032),
        ([slash("Upper")], 50035),
        ([slash("twice"), slash("twice")], 50035),
        ([slash(f"d{number}") for number in range(4)], 30034),
    ]
    for builders, code in refused:
        with pytest.raises(hikari.BadRequestError) as caught:
            await register(at, *builders)
        assert caught.value.code == code
    assert at.ann.commands() == {}


@played()
async def test_who_may_use_a_command(at: Scene) -> None:
    async def answer(asked: Interaction) -> None:
        await asked.create_initial_response(MESSAGE, "ok")

    answers(at, answer)
    closed = slash("purge").set_default_member_permissions(hikari.Permissions.MANAGE_MESSAGES)
    await register(at, closed, slash("open"))
    assert set(at.ann.commands()) == {"open"}
    guards = at.discord.role(at.guild, "guards", Permission.MANAGE_MESSAGES)
    await at.owner.give(at.ann, guards)
    assert (await at.ann.slash("purge")).text == "ok"
    _, command = at.owner.commands()["open"]
    await at.owner.restrict(at.app, command, (at.bob, False))
    assert set(at.bob.commands()) == set()
    fetched = await at.rest.fetch_application_command_permissions(at.app.id, at.guild.id, command.id)
    assert [(each.id, each.has_access) for each in fetched.permissions] == [(at.bob.id, False)]


@played()
async def test_lightbulb_keeps_each_guild_in_step(at: Scene) -> None:
    other = at.discord.guild("Other", at.app)
    lights = lightbulb.client_from_app(at.bot, deferred_registration_callback=lambda command: ([at.guild.id], False))

    class Here(lightbulb.SlashCommand, name="here", description="here"):
        @lightbulb.invoke
        async def invoke(self, ctx: lightbulb.Context) -> None:
            await ctx.respond("here I am")

    lights.register(Here, defer_guilds=True)
    await lights.start()
    assert (await at.ann.slash("here")).text == "here I am"
    assert at.app.commands.get(other.id, {}) == {}
    await lights.stop()


@played()
async def test_menus_and_forms_of_lightbulb(at: Scene) -> None:
    lights = lightbulb.client_from_app(at.bot, default_enabled_guilds=[at.guild.id])

    class Report(lightbulb.components.Modal):
        def __init__(self) -> None:
            self.why = self.add_short_text_input("Why?")

        async def on_submit(self, ctx: lightbulb.components.ModalContext) -> None:
            await ctx.respond(f"reported: {ctx.value_for(self.why)}")

    class Panel(lightbulb.components.Menu):
        def __init__(self) -> None:
            self.add_interactive_button(hikari.ButtonStyle.DANGER, self.on_click, label="Report")

        async def on_click(self, ctx: lightbulb.components.MenuContext) -> None:
            form = Report()
            await ctx.respond_with_modal("Report", "report-form", components=form)
            await form.attach(lights, "report-form")
            ctx.stop_interacting()

    class Open(lightbulb.SlashCommand, name="panel", description="a panel"):
        @lightbulb.invoke
        async def invoke(self, ctx: lightbulb.Context) -> None:
            panel = Panel()
            await ctx.respond("a panel", components=panel)
            await panel.attach(lights, timeout=20)

    lights.register(Open)
    await lights.start()
    panel = await at.ann.slash("panel")
    form = await at.ann.click(panel, "Report")
    assert (await at.ann.fill(form, {"Why?": "noise"})).text == "reported: noise"
    await lights.stop()

"""The unmodified hikari and lightbulb talk with people in the stand-in (PLAT-5)."""

from __future__ import annotations

import asyncio

import hikari
import lightbulb
import pytest
from butler_discord.testing import Discord
from butler_discord.testing.client import client, connected

pytestmark = pytest.mark.spec("PLAT-5")


def test_a_bot_hears_people_and_they_hear_it() -> None:
    async def main() -> None:
        async with Discord() as discord:
            app = discord.bot()
            guild = discord.guild("House", app)
            ann = discord.join("ann", guild)
            async with connected(discord, app, intents=hikari.Intents.ALL) as bot:

                @bot.listen()
                async def answer(event: hikari.GuildMessageCreateEvent) -> None:
                    if not event.is_bot:
                        await event.message.respond(f"good day, {event.author.username}: {event.content}")

                await ann.say("hello")
                heard = await ann.hears("good day, ann: hello")
                assert heard.author is app.user
                assert [message.text for message in ann.sees()] == ["hello", "good day, ann: hello"]

    asyncio.run(main())


def test_a_bot_and_a_person_talk_in_private() -> None:
    async def main() -> None:
        async with Discord() as discord:
            app = discord.bot()
            ann = discord.join("ann", discord.guild("House", app))
            async with connected(discord, app, intents=hikari.Intents.ALL) as bot:
                heard: asyncio.Queue[hikari.DMMessageCreateEvent] = asyncio.Queue()
                bot.subscribe(hikari.DMMessageCreateEvent, heard.put)
                await (await bot.rest.create_dm_channel(ann.id)).send("welcome")
                assert [message.text for message in ann.dms] == ["welcome"]
                await ann.say("thanks", app)
                event = await heard.get()
                while event.is_bot:
                    event = await heard.get()
                assert (event.content, event.author_id) == ("thanks", ann.id)

    asyncio.run(main())


def test_a_slash_command_is_registered_used_and_answered() -> None:
    async def main() -> None:
        async with Discord() as discord:
            app = discord.bot()
            guild = discord.guild("House", app)
            ann, bob = discord.join("ann", guild), discord.join("bob", guild)
            bot = client(discord, app)
            lights = lightbulb.client_from_app(bot)
            bot.subscribe(hikari.StartedEvent, lights.start)
            bot.subscribe(hikari.StoppingEvent, lights.stop)
            karma = lightbulb.Group("karma", "points")

            @karma.register
            class Show(lightbulb.SlashCommand, name="show", description="show"):
                person = lightbulb.user("person", "whose")

                @lightbulb.invoke
                async def invoke(self, ctx: lightbulb.Context) -> None:
                    await ctx.respond(f"{self.person.username} has 3", ephemeral=True)

            lights.register(karma, guilds=[guild.id])
            await bot.start(check_for_updates=False)
            answer = await ann.slash("karma show", person=bob)
            assert (answer.text, answer.ephemeral) == ("bob has 3", True)
            assert [message.text for message in ann.sees()] == ["bob has 3"]
            assert bob.sees() == []
            await bot.close()

    asyncio.run(main())

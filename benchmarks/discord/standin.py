"""The stand-in in a process of its own: many guilds, a bot for each who listens, and people who talk on demand."""

from __future__ import annotations

import asyncio
import json
import sys
from typing import Any

from butler_discord.testing import App, Discord, Limits
from butler_discord.testing.gateway.session import Session

from benchmarks.discord.lines import lines, say

NAMES = ("butler", "hikari", "discord_py")
CHANNELS, ROLES, TALKING = 10, 5, 100
PAUSE = 0.02
"""Between two questions."""


async def main(guilds: int) -> None:
    """Found the guilds, tell where they are, and do as one is told."""
    async with Discord(limits=Limits(guilds_per_shard=100_000)) as discord:
        apps = {name: discord.bot(name) for name in NAMES}
        names = tuple(f"channel-{number}" for number in range(CHANNELS))
        made = [discord.guild(f"Guild {number}", *apps.values(), channels=names) for number in range(guilds)]
        for guild in made:
            for number in range(ROLES):
                discord.role(guild, f"role {number}")
        halls = [next(iter(guild.channels.values())) for guild in made[:TALKING]]
        people = [discord.owner(guild) for guild in made[:TALKING]]
        said = await people[0].say("what a fine day it is, is it not")
        sample = said.json(apps["butler"].id)
        member = made[0].members[people[0].id].json()
        member.pop("user", None)
        say(discord.rest_url, *(app.token for app in apps.values()))
        async for what, *rest in lines():
            if what == "tell":
                places = [(str(hall.id), str(made[n].id)) for n, hall in enumerate(halls)]
                tell(discord, apps[rest[0]], sample, member, places, int(rest[1]))
            else:
                for number in range(int(rest[1])):
                    await people[number % len(people)].say(f"TheButler, question {number}", halls[number % len(halls)])
                    await asyncio.sleep(PAUSE)
            say("done")


def tell(discord: Discord, app: App, sample: Any, member: Any, places: list[tuple[str, str]], number: int) -> None:
    """So many messages over one bot's connection, one after the other in a hundred channels."""
    (session,) = [each for each in discord.hub.of(app) if isinstance(each, Session)]
    text = json.dumps(
        {**sample, "id": "ID", "channel_id": "CHANNEL", "guild_id": "GUILD", "member": member, "nonce": None}
    )
    for index in range(number):
        channel, guild = places[index % len(places)]
        made = text.replace('"ID"', f'"{discord.world.ids.new()}"').replace('"CHANNEL"', f'"{channel}"')
        session.tell("MESSAGE_CREATE", made.replace('"GUILD"', f'"{guild}"'))


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1])))

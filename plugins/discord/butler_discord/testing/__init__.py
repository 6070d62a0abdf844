"""A Discord on this machine, for tests of anything that lives on Discord, and for trying a bot without an account.

The unmodified hikari client runs against it::

    async with Discord() as discord:
        butler = discord.bot("Butler")
        guild = discord.guild("House", butler)
        bot = hikari.GatewayBot(butler.token, rest_url=discord.rest_url, banner=None)
        await bot.start(check_for_updates=False)
        ann = discord.join("ann", guild)
        await ann.say("good morning")
        await ann.hears("good morning, ann")
"""

from __future__ import annotations

from butler_discord.testing.discord import Discord
from butler_discord.testing.people.asking import Answer
from butler_discord.testing.people.errors import Impossible, NoAnswer
from butler_discord.testing.people.moderator import Moderator
from butler_discord.testing.people.person import Person
from butler_discord.testing.rest.limits import AS_DISCORD, Limits
from butler_discord.testing.state.channels import Channel, Kind
from butler_discord.testing.state.guilds import Guild, Member, Role
from butler_discord.testing.state.mentions import Ping
from butler_discord.testing.state.messages import Message
from butler_discord.testing.state.permissions import Permission
from butler_discord.testing.state.users import App, User

__all__ = [
    "AS_DISCORD",
    "Answer",
    "App",
    "Channel",
    "Discord",
    "Guild",
    "Impossible",
    "Kind",
    "Limits",
    "Member",
    "Message",
    "Moderator",
    "NoAnswer",
    "Permission",
    "Person",
    "Ping",
    "Role",
    "User",
]

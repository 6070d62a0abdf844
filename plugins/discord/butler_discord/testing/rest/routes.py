"""Everything that the API answers."""

from __future__ import annotations

from typing import Final

from butler_discord.testing.rest import (
    automod,
    bans,
    channels,
    commands,
    guilds,
    interactions,
    invites,
    members,
    messages,
    polls,
    reactions,
    roles,
    start,
    threads,
    tidying,
    webhooks,
)
from butler_discord.testing.rest.ask import Route

ROUTES: Final[tuple[Route, ...]] = (
    *start.ROUTES, *tidying.ROUTES, *messages.ROUTES, *reactions.ROUTES, *polls.ROUTES, *threads.ROUTES,
    *channels.ROUTES, *guilds.ROUTES, *members.ROUTES, *bans.ROUTES, *roles.ROUTES, *invites.ROUTES,
    *automod.ROUTES, *commands.ROUTES, *interactions.ROUTES, *webhooks.ROUTES,
)  # fmt: skip
"""Fixed words in a path stand before ids: the first that fits answers."""

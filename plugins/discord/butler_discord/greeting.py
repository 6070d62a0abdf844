"""What ``butler init`` says of a token: whose it is, what to switch on, and where to click to let the bot in."""

from __future__ import annotations

from collections.abc import Sequence

import hikari
from butler import PlatformError

from butler_discord.endings import missing
from butler_discord.invite import application_of, invite_link, portal
from butler_discord.refusals import understood
from butler_discord.settings import Settings

WANTED = hikari.Intents.GUILD_MEMBERS | hikari.Intents.MESSAGE_CONTENT
RETRY_LIMIT = 5.0


async def greeting(settings: Settings) -> Sequence[str]:
    """The lines. Raises ``PlatformError`` for a token that is none."""
    token = settings.token.strip()
    if application_of(token) is None:
        raise PlatformError(
            "that is no bot's token" if token else "without a token there is no bot",
            remedy="it stands in the developer portal under Bot, Reset Token; the client secret is another thing",
        )
    app = hikari.RESTApp(max_rate_limit=RETRY_LIMIT, max_retries=0, url=settings.rest_url or None)
    await app.start()
    try:
        async with app.acquire(token, hikari.TokenType.BOT) as rest:
            with understood():
                me, application = await rest.fetch_my_user(), await rest.fetch_application()
    finally:
        await app.close()
    found = [f"Discord: the bot is {me.username} ({int(me.id)})"]
    found += [
        f"switch {intent.name} on: {portal(int(application.id))} (Privileged Gateway Intents)"
        for intent in missing(WANTED, int(application.flags))
    ]
    return [*found, f"let it into your server with this link:\n  {invite_link(int(application.id))}"]

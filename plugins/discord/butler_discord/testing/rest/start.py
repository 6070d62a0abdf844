"""What a bot asks when it starts: where the gateway is, who it is, which guilds it is in."""

from __future__ import annotations

from typing import Any, Final

from butler_discord.testing.errors import JSON, Refused
from butler_discord.testing.rest.ask import Ask, Route
from butler_discord.testing.state.permissions import in_guild
from butler_discord.testing.state.users import App


def gateway(ask: Ask) -> Any:
    return {"url": ask.hub.url}


def gateway_bot(ask: Ask) -> Any:
    assert ask.app
    return {"url": ask.hub.url, "shards": ask.hub.shards, "session_start_limit": ask.hub.starts.json(ask.app)}


def me(ask: Ask) -> Any:
    return {**ask.app.user.json(), "verified": True, "mfa_enabled": True, "email": None, "locale": "en-US"}


def rename_me(ask: Ask) -> Any:
    ask.app.user.name = ask.body.get("username", ask.app.user.name)
    return me(ask)


def application(ask: Ask) -> Any:
    app = ask.app
    guilds = sum(app.id in guild.members for guild in ask.world.guilds.values())
    return application_json(app) | {"approximate_guild_count": guilds}


def application_json(app: App) -> JSON:
    """An application as Discord's API gives it to itself."""
    return {
        "id": str(app.id), "name": app.name, "icon": None, "description": "", "rpc_origins": [], "team": None,
        "bot_public": True, "bot_require_code_grant": False, "bot": app.user.json(), "owner": app.owner.json(),
        "terms_of_service_url": None, "privacy_policy_url": None, "verify_key": "0" * 64, "flags": app.flags,
        "approximate_guild_count": 0, "approximate_user_install_count": 0, "redirect_uris": [], "tags": [],
        "interactions_endpoint_url": None, "role_connections_verification_url": None, "custom_install_url": None,
        "install_params": None, "cover_image": None, "approximate_user_authorization_count": 0,
        "integration_types_config": {"0": {"oauth2_install_params": {"scopes": ["bot"], "permissions": "0"}}},
    }  # fmt: skip


def my_guilds(ask: Ask) -> Any:
    mine = [guild for guild in ask.world.guilds.values() if ask.app.id in guild.members]
    after, limit = int(ask.query.get("after", 0)), int(ask.query.get("limit", 200))
    return [
        {
            "id": str(guild.id), "name": guild.name, "icon": None, "banner": None, "features": [],
            "owner": guild.owner == ask.app.id, "permissions": str(int(in_guild(guild, ask.app.id))),
            "approximate_member_count": len(guild.members), "approximate_presence_count": len(guild.members),
        }
        for guild in mine
        if guild.id > after
    ][:limit]  # fmt: skip


def user(ask: Ask) -> Any:
    return ask.world.user(ask.number("user")).json()


def open_dm(ask: Ask) -> Any:
    """Open a direct conversation; too many new ones too fast are refused."""
    person = ask.world.user(int(ask.body["recipient_id"]))
    if person.bot:
        raise Refused(400, 50007, "Cannot send messages to this user")
    if not ask.hub.dms.may(ask.app, person):
        raise Refused(400, 40003, "You are opening direct messages too fast.")
    return ask.world.dm(ask.app.user, person).json()


ROUTES: Final[tuple[Route, ...]] = (
    ("GET", "/gateway", gateway),
    ("GET", "/gateway/bot", gateway_bot),
    ("GET", "/users/@me", me),
    ("PATCH", "/users/@me", rename_me),
    ("GET", "/users/@me/guilds", my_guilds),
    ("POST", "/users/@me/channels", open_dm),
    ("GET", "/users/{user}", user),
    ("GET", "/oauth2/applications/@me", application),
    ("GET", "/applications/@me", application),
)

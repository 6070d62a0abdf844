"""Webhooks: made, changed, and spoken through. An interaction's further messages come the same way."""

from __future__ import annotations

from typing import Any, Final

from butler_discord.testing.deeds import audit, posting
from butler_discord.testing.deeds.audit import Act
from butler_discord.testing.errors import JSON, Refused, invalid, missing_permissions, unknown
from butler_discord.testing.rest import bodies, interactions, polls
from butler_discord.testing.rest.ask import Ask, Route
from butler_discord.testing.state import mentions
from butler_discord.testing.state.channels import Channel
from butler_discord.testing.state.messages import SUPPRESS_EMBEDS, Message
from butler_discord.testing.state.permissions import Permission, in_channel
from butler_discord.testing.state.webhooks import Webhook

P = Permission
MOST = 15
SUPPRESS_NOTIFICATIONS = 1 << 12


def _name(given: Any, path: str) -> str:
    name = str(given or "").strip()
    if not 1 <= len(name) <= 80:
        raise invalid(path, "BASE_TYPE_BAD_LENGTH", "Must be between 1 and 80 in length.")
    if "discord" in name.lower() or name.lower() == "clyde":
        raise invalid(path, "USERNAME_INVALID_CONTAINS", f'Username cannot contain "{name.lower()}"')
    return name


def create(ask: Ask) -> Any:
    """Make a webhook of a channel."""
    channel = ask.channel(P.MANAGE_WEBHOOKS)
    if sum(each.channel is channel for each in ask.world.webhooks.values()) >= MOST:
        raise Refused(400, 30007, f"Maximum number of webhooks reached ({MOST})")
    name = _name(ask.body.get("name"), "name")
    made = Webhook(ask.world.ids.new(), channel, name, ask.app.user, ask.app, _avatar(ask))
    ask.world.webhooks[made.id] = made
    _told(ask, made, Act.WEBHOOK_CREATE)
    return made.json()


def _avatar(ask: Ask) -> str | None:
    """Discord keeps pictures by a hash."""
    return f"{hash(ask.body['avatar']) & (1 << 64) - 1:032x}" if ask.body.get("avatar") else None


def _told(ask: Ask, webhook: Webhook, act: Act) -> None:
    guild = webhook.channel.guild
    assert guild is not None
    data = {"guild_id": str(guild.id), "channel_id": str(webhook.channel.id)}
    ask.world.emit("WEBHOOKS_UPDATE", data, guild=guild, channel=webhook.channel)
    if ask.app_or_none is not None:
        audit.note(ask.world, guild, act, ask.app.id, webhook.id, ask.reason)


def of_channel(ask: Ask) -> Any:
    """A channel's webhooks; the tokens of one's own only."""
    channel = ask.channel(P.MANAGE_WEBHOOKS)
    found = [each for each in ask.world.webhooks.values() if each.channel is channel]
    return [each.json(token=each.app is ask.app) for each in found]


def of_guild(ask: Ask) -> Any:
    """A guild's webhooks."""
    guild = ask.guild(P.MANAGE_WEBHOOKS)
    found = [each for each in ask.world.webhooks.values() if each.channel.guild is guild]
    return [each.json(token=each.app is ask.app) for each in found]


def _webhook(ask: Ask) -> Webhook:
    """The webhook in the path: with its token, or for who may manage it."""
    found = ask.world.webhooks.get(ask.number("webhook"))
    if found is None:
        raise unknown("Webhook")
    if "token" in ask.params:
        if ask.params["token"] != found.token:
            raise Refused(401, 50027, "Invalid Webhook Token")
    elif not in_channel(found.channel, ask.app.id) & P.MANAGE_WEBHOOKS:
        raise missing_permissions()
    return found


def one(ask: Ask) -> Any:
    """A webhook."""
    return _webhook(ask).json(user="token" not in ask.params)


def change(ask: Ask) -> Any:
    """Change its name, picture or channel."""
    webhook = _webhook(ask)
    if "name" in ask.body:
        webhook.name = _name(ask.body["name"], "name")
    if "avatar" in ask.body:
        webhook.avatar = _avatar(ask)
    if ask.body.get("channel_id") and "token" not in ask.params:
        webhook.channel = ask.may(ask.world.channel(int(ask.body["channel_id"])), P.MANAGE_WEBHOOKS)
    _told(ask, webhook, Act.WEBHOOK_UPDATE)
    return webhook.json(user="token" not in ask.params)


def delete(ask: Ask) -> None:
    """Delete it."""
    webhook = _webhook(ask)
    del ask.world.webhooks[webhook.id]
    _told(ask, webhook, Act.WEBHOOK_DELETE)


# --- messages ---------------------------------------------------------------------------------------


def execute(ask: Ask) -> Any:
    """Say something through a webhook or an interaction. A nonce is not looked at."""
    asked = interactions.valid(ask)
    if asked is not None:
        return interactions.follow_up(ask, asked)
    webhook = _webhook(ask)
    channel = _place(ask, webhook)
    fields = bodies.content(ask.body)
    fields["files"] = bodies.files(ask, channel, [])
    fields["flags"] = bodies.flags(ask.body, SUPPRESS_EMBEDS | SUPPRESS_NOTIFICATIONS)
    fields["poll"] = polls.poll(ask.body, ask.world.clock.now())
    bodies.not_empty(fields)
    bodies.pictures(fields)
    name = _name(ask.body["username"], "username") if ask.body.get("username") else None
    speaker = webhook.speaker(name, ask.body.get("avatar_url"))
    message = posting.post(
        ask.world, channel, speaker, fields.pop("text", ""), webhook=webhook.id,
        app=webhook.app.id if webhook.app else None, allowed=_allowed(ask.body), tts=bool(ask.body.get("tts")),
        **fields,
    )  # fmt: skip
    return message.json() if ask.yes("wait") else None


def _allowed(body: JSON) -> JSON:
    return mentions.check(body.get("allowed_mentions"), mentions.THROUGH_WEBHOOKS)


def _place(ask: Ask, webhook: Webhook) -> Channel:
    if "thread_id" not in ask.query:
        return webhook.channel
    thread = ask.world.channel(int(ask.query["thread_id"]))
    if thread.parent is not webhook.channel:
        raise unknown("Channel")
    if thread.thread and thread.thread.archived:
        thread.thread.archived = False
    return thread


def _message(ask: Ask, webhook: Webhook) -> Message:
    found = _place(ask, webhook).messages.get(ask.number("message"))
    if found is None or found.webhook != webhook.id:
        raise unknown("Message")
    return found


def get(ask: Ask) -> Any:
    """One of its messages."""
    asked = interactions.valid(ask)
    message = interactions.its_message(ask, asked) if asked else _message(ask, _webhook(ask))
    return message.json()


def edit(ask: Ask) -> Any:
    """Edit one of its messages."""
    asked = interactions.valid(ask)
    message = interactions.its_message(ask, asked) if asked else _message(ask, _webhook(ask))
    return interactions.change(ask, message).json()


def delete_message(ask: Ask) -> None:
    """Delete one of its messages."""
    asked = interactions.valid(ask)
    posting.delete(ask.world, interactions.its_message(ask, asked) if asked else _message(ask, _webhook(ask)))


_ONE = "/webhooks/{webhook}"
_WITH_TOKEN = _ONE + "/{token}"
_MESSAGE = _WITH_TOKEN + "/messages/{message}"
ROUTES: Final[tuple[Route, ...]] = (
    ("POST", "/channels/{channel}/webhooks", create),
    ("GET", "/channels/{channel}/webhooks", of_channel),
    ("GET", "/guilds/{guild}/webhooks", of_guild),
    ("GET", _ONE, one),
    ("PATCH", _ONE, change),
    ("DELETE", _ONE, delete),
    ("POST", _WITH_TOKEN, execute),
    ("GET", _WITH_TOKEN, one),
    ("PATCH", _WITH_TOKEN, change),
    ("DELETE", _WITH_TOKEN, delete),
    ("GET", _MESSAGE, get),
    ("PATCH", _MESSAGE, edit),
    ("DELETE", _MESSAGE, delete_message),
)

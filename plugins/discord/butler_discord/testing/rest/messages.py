"""Messages through the API: sent, read, edited, deleted."""

from __future__ import annotations

from typing import Any, Final

from butler_discord.testing.deeds import audit, posting
from butler_discord.testing.deeds.audit import Act
from butler_discord.testing.errors import JSON, Refused, invalid, missing_permissions
from butler_discord.testing.gateway.hub import sees_anyway
from butler_discord.testing.rest import bodies, polls
from butler_discord.testing.rest.ask import Ask, Route
from butler_discord.testing.state import mentions
from butler_discord.testing.state.channels import FORUMS, TALKED_IN, Channel
from butler_discord.testing.state.messages import COMPONENTS_V2, SUPPRESS_EMBEDS, Message
from butler_discord.testing.state.permissions import Permission, in_channel
from butler_discord.testing.state.users import User

P = Permission
SUPPRESS_NOTIFICATIONS = 1 << 12


def shown(ask: Ask, message: Message) -> JSON:
    """A message as the asking bot may see it."""
    app = ask.app
    return message.json(app.id, blind=not app.content_intent and not sees_anyway(app, message))


def send(ask: Ask) -> Any:
    """Send a message."""
    channel = ask.channel()
    may_speak(ask, channel)
    fields = bodies.content(ask.body)
    fields["files"] = bodies.files(ask, channel, [])
    fields["flags"] = bodies.flags(ask.body, SUPPRESS_EMBEDS | SUPPRESS_NOTIFICATIONS)
    fields["poll"] = polls.poll(ask.body, ask.world.clock.now())
    bodies.not_empty(fields)
    _may_attach(ask, channel, fields)
    bodies.pictures(fields)
    nonce = _nonce(ask.body)
    if ask.body.get("enforce_nonce") and nonce and (known := ask.world.by_nonce(ask.app.id, nonce)):
        return shown(ask, known)
    allowed = mentions.check(ask.body.get("allowed_mentions"))
    fields["answers"] = _answered(ask, channel)
    message = posting.post(
        ask.world, channel, ask.app.user, fields.pop("text", ""), allowed=allowed, nonce=nonce,
        tts=bool(ask.body.get("tts")), **fields,
    )  # fmt: skip
    if nonce:
        ask.world.remember_nonce(ask.app.id, nonce, message)
    return shown(ask, message)


def may_speak(ask: Ask, channel: Channel) -> None:
    """Refuse where nothing can be said, or not by this bot."""
    if channel.kind in FORUMS:
        raise Refused(400, 40058, "Cannot send messages in a forum channel")
    if channel.kind not in TALKED_IN:
        raise Refused(400, 50008, "Cannot send messages in a non-text channel")
    if channel.guild is None:
        for user in channel.recipients.values():
            if not user.bot:
                _may_write(ask, user)
        return
    need = P.SEND_MESSAGES_IN_THREADS if channel.is_thread else P.SEND_MESSAGES
    ask.may(channel, need)
    if channel.thread and channel.thread.locked and not in_channel(channel, ask.app.id) & P.MANAGE_THREADS:
        raise Refused(400, 160_005, "Thread is locked")
    if ask.body.get("tts"):
        ask.may(channel, P.SEND_TTS_MESSAGES)


def _may_write(ask: Ask, person: User) -> None:
    if not ask.world.together(person, ask.app.user):
        raise Refused(403, 50278, "Cannot send messages to this user due to having no mutual guilds")
    if not person.accepts_dms or ask.app.id in person.blocked:
        raise Refused(403, 50007, "Cannot send messages to this user")


def _may_attach(ask: Ask, channel: Channel, fields: JSON) -> None:
    may = in_channel(channel, ask.app.id)
    if fields["files"] and not may & P.ATTACH_FILES:
        raise missing_permissions()
    if fields.get("embeds") and not may & P.EMBED_LINKS:
        raise missing_permissions()
    if fields["poll"] and not may & P.SEND_POLLS:
        raise missing_permissions()


def _nonce(body: JSON) -> str | int | None:
    nonce: str | int | None = body.get("nonce")
    if isinstance(nonce, str) and len(nonce) > 25:
        raise invalid("nonce", "NONCE_TYPE_TOO_LONG", "Must be 25 or fewer in length.")
    return nonce


def _answered(ask: Ask, channel: Channel) -> Message | None:
    reference = ask.body.get("message_reference")
    if not reference:
        return None
    found = channel.messages.get(int(reference["message_id"]))
    if found is None and reference.get("fail_if_not_exists", True):
        raise invalid("message_reference", "MESSAGE_REFERENCE_UNKNOWN_MESSAGE", "Unknown message")
    if channel.guild:
        ask.may(channel, P.READ_MESSAGE_HISTORY)
    return found


def history(ask: Ask) -> Any:
    """Messages of a channel, newest first: the last, or those before, after or around one."""
    channel = ask.channel()
    limit = int(ask.query.get("limit", 50))
    if not 1 <= limit <= 100:
        raise invalid("limit", "NUMBER_TYPE_MAX", "int value should be between 1 and 100.")
    if not in_channel(channel, ask.app.id) & P.READ_MESSAGE_HISTORY:
        return []
    found = list(channel.messages)
    if "around" in ask.query:
        pivot = int(ask.query["around"])
        older = [each for each in found if each < pivot][-(limit // 2) :]
        newer = [each for each in found if each >= pivot][: limit - len(older)]
        chosen = older + newer
    elif "after" in ask.query:
        chosen = [each for each in found if each > int(ask.query["after"])][:limit]
    else:
        before = int(ask.query.get("before", 1 << 63))
        chosen = [each for each in found if each < before][-limit:]
    return [shown(ask, channel.messages[each]) for each in reversed(chosen)]


def one(ask: Ask) -> Any:
    """One message."""
    return shown(ask, ask.message(ask.channel(P.READ_MESSAGE_HISTORY)))


def edit(ask: Ask) -> Any:
    """Edit a message of one's own; of others', only whether its embeds show."""
    channel = ask.channel()
    message = ask.message(channel)
    fields = bodies.content(ask.body, kept_layout=bool(message.flags & COMPONENTS_V2))
    if message.author is not ask.app.user:
        if fields or set(ask.body) != {"flags"}:
            raise Refused(403, 50005, "Cannot edit a message authored by another user")
        ask.may(channel, P.MANAGE_MESSAGES)
    return shown(ask, change(ask, message, fields))


def change(ask: Ask, message: Message, fields: JSON) -> Message:
    """Change a message as the body says."""
    allowed = mentions.check(ask.body.get("allowed_mentions"))
    if "attachments" in ask.body or ask.files:
        fields["files"] = bodies.files(ask, message.channel, message.files)
    if "flags" in ask.body:
        fields["flags"] = message.flags & ~SUPPRESS_EMBEDS | bodies.flags(ask.body, SUPPRESS_EMBEDS)
    if message.poll is not None:
        raise Refused(400, 520_003, "Cannot edit a poll message")
    bodies.still_something(message, fields)
    bodies.pictures(fields)
    posting.edit(ask.world, message, allowed=allowed, **fields)
    return message


def delete(ask: Ask) -> None:
    """Delete a message."""
    channel = ask.channel()
    message = ask.message(channel)
    if message.author is not ask.app.user:
        if channel.guild is None:
            raise Refused(403, 50003, "Cannot execute action on a DM channel")
        ask.may(channel, P.MANAGE_MESSAGES)
    posting.delete(ask.world, message)
    if message.author is not ask.app.user:
        where = {"channel_id": str(channel.id), "count": "1"}
        audit.note(ask.world, channel.guild, Act.MESSAGE_DELETE, ask.app.id, message.author.id, ask.reason, **where)


def typing(ask: Ask) -> None:
    """Show that something is being typed."""
    channel = ask.channel()
    may_speak(ask, channel)
    ask.world.types(ask.app.user, channel)


ROUTES: Final[tuple[Route, ...]] = (
    ("POST", "/channels/{channel}/messages", send),
    ("GET", "/channels/{channel}/messages", history),
    ("GET", "/channels/{channel}/messages/{message}", one),
    ("PATCH", "/channels/{channel}/messages/{message}", edit),
    ("DELETE", "/channels/{channel}/messages/{message}", delete),
    ("POST", "/channels/{channel}/typing", typing),
)

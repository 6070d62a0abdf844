"""Messages as Discord tells them, over the gateway or out of a channel's history, as the host knows them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from butler import Attachment, Channel, Message, Person

from butler_discord.guilds import Guilds
from butler_discord.ids import made_at, ours
from butler_discord.known import Known

if TYPE_CHECKING:
    import hikari

JSON = dict[str, Any]

SPOKEN = frozenset({0, 19, 20, 21, 23})
"""Types of messages that somebody wrote; the others are Discord's own (a join, a pin, a boost)."""
VOICE_MESSAGE = 1 << 13


def message(raw: JSON, channel: Channel, author: Person) -> Message:
    """A message as MESSAGE_CREATE tells it."""
    return Message(
        ours(raw["id"]),
        channel,
        author,
        raw.get("content") or _instead(raw),
        made_at(int(raw["id"])),
        reply_to=_replied(raw),
        mentions=tuple([ours(user["id"]) for user in raw.get("mentions", ())]),
        attachments=tuple([_attachment(each) for each in raw.get("attachments", ())]),
    )


def _replied(raw: JSON) -> str:
    reference = raw.get("message_reference")
    if not reference or reference.get("type", 0) != 0 or not reference.get("message_id"):
        return ""
    return ours(reference["message_id"])


def _attachment(raw: JSON) -> Attachment:
    return Attachment(
        str(raw.get("filename", "file")), str(raw.get("url", "")),
        str(raw.get("content_type") or "application/octet-stream"), int(raw.get("size") or 0),
    )  # fmt: skip


def _instead(raw: JSON) -> str:
    """What stands for a message without words: the name of its sticker, the question of its poll."""
    stickers = raw.get("sticker_items") or ()
    if stickers:
        return " ".join(f":{each.get('name', 'sticker')}:" for each in stickers)
    poll = raw.get("poll")
    if poll:
        answers = [each.get("poll_media", {}).get("text", "") for each in poll.get("answers", ())]
        return "\n".join([str(poll.get("question", {}).get("text", "")), *(f"- {each}" for each in answers)])
    forwarded = (raw.get("message_snapshots") or [{}])[0].get("message", {}).get("content", "")
    return str(forwarded)


def raw_of(told: hikari.Message) -> JSON:
    """A message out of the history in the gateway's form: what :func:`message` reads of it."""
    reference = told.message_reference
    raw: JSON = {
        "id": str(int(told.id)),
        "type": int(told.type),
        "content": told.content or "",
        "author": raw_user(told.author),
        "channel_id": str(int(told.channel_id)),
        "mentions": [{"id": str(int(each))} for each in told.user_mentions_ids or ()],
        "attachments": [
            {"filename": each.filename, "url": each.url, "content_type": each.media_type, "size": each.size}
            for each in told.attachments
        ],
    }
    if told.webhook_id is not None:
        raw["webhook_id"] = str(int(told.webhook_id))
    if told.application_id is not None:
        raw["application_id"] = str(int(told.application_id))
    if reference is not None and reference.id is not None:
        raw["message_reference"] = {"message_id": str(int(reference.id)), "type": int(reference.type)}
    if told.stickers:
        raw["sticker_items"] = [{"name": each.name} for each in told.stickers]
    return raw


def raw_user(user: hikari.User) -> JSON:
    """An account in the gateway's form."""
    return {"id": str(int(user.id)), "username": user.username, "global_name": user.global_name, "bot": user.is_bot}


def author(raw: JSON, guilds: Guilds, known: Known | None) -> Person:
    """Who wrote a message; what comes through a webhook is a machine's."""
    if "webhook_id" in raw:
        user = raw["author"]
        return Person(ours(user["id"]), str(user.get("username") or "webhook"), bot=True)
    return guilds.person(raw["author"], raw.get("member"), known)

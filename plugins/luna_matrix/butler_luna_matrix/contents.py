"""The content of a Matrix message, read: its words, its files, its time. Anybody may have written anything into it."""

from __future__ import annotations

import datetime as dt
from typing import Any

from butler import Attachment

from butler_luna_matrix.text import without_fallback

JSON = dict[str, Any]


def inner(value: Any, *path: str) -> JSON:
    """The object below a path of keys; ``{}`` where there is none."""
    for key in path:
        value = value.get(key) if isinstance(value, dict) else None
    return value if isinstance(value, dict) else {}


def texts(value: Any) -> list[str]:
    """The strings in a list; none where it is no list."""
    return [item for item in value if isinstance(item, str)] if isinstance(value, list) else []


def events_of(part: Any, name: str = "events") -> list[JSON]:
    """What deserves the name of an event in a part of an answer: a type and a content."""
    events = part.get(name) if isinstance(part, dict) else part
    return [item for item in events if _is_event(item)] if isinstance(events, list) else []


def _is_event(item: Any) -> bool:
    return isinstance(item, dict) and isinstance(item.get("type"), str) and isinstance(item.get("content"), dict)


_FILES = {"m.image", "m.file", "m.audio", "m.video"}


def when(raw: JSON) -> dt.datetime:
    """When an event was sent, as its homeserver says; the beginning of time where that is no time."""
    stamp = raw.get("origin_server_ts")
    try:
        return dt.datetime.fromtimestamp(stamp / 1000 if isinstance(stamp, int) else 0, dt.UTC)
    except (OverflowError, ValueError, OSError):
        return dt.datetime.fromtimestamp(0, dt.UTC)


def relation_of(content: JSON) -> JSON:
    """What a content relates to, ``{}`` where it stands alone."""
    return inner(content, "m.relates_to")


def answered(relation: JSON) -> str:
    """The event that a message answers; the one that thread replies name for old clients does not count."""
    if _is_thread(relation) and relation.get("is_falling_back") is True:
        return ""
    event = inner(relation, "m.in_reply_to").get("event_id")
    return event if isinstance(event, str) else ""


def thread_root(relation: JSON) -> str:
    """The event below which a message's thread hangs, or ``""``."""
    root = relation.get("event_id") if _is_thread(relation) else ""
    return root if isinstance(root, str) else ""


def _is_thread(relation: JSON) -> bool:
    return relation.get("rel_type") == "m.thread"


def words(content: JSON, name: str, *, reply: bool) -> str:
    """What was said: of files the caption, of an emote with the person's name, of a reply without the quotation."""
    body, kind = content.get("body"), content.get("msgtype")
    body = body if isinstance(body, str) else ""
    if kind == "m.emote":
        return f"* {name} {body}"
    if isinstance(kind, str) and kind in _FILES:
        return body if content.get("filename") not in (None, body) else ""
    return without_fallback(body) if reply else body


def attachments(kind: Any, content: JSON) -> tuple[Attachment, ...]:
    """The file that a message brings; its content stays at its ``mxc://`` address."""
    url, sort = content.get("url"), content.get("msgtype")
    if not isinstance(url, str) or not (kind == "m.sticker" or (isinstance(sort, str) and sort in _FILES)):
        return ()
    info = inner(content, "info")
    name = next(
        (text for text in (content.get("filename"), content.get("body")) if isinstance(text, str) and text), "file"
    )
    mime, size = info.get("mimetype"), info.get("size")
    return (
        Attachment(
            name,
            url,
            mime if isinstance(mime, str) else "application/octet-stream",
            size if isinstance(size, int) else 0,
        ),
    )

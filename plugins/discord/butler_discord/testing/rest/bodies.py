"""What a message may be made of: texts, embeds, files, components; checked as Discord checks it."""

from __future__ import annotations

import mimetypes
from typing import Any

from butler_discord.testing.errors import JSON, Refused, invalid, too_long
from butler_discord.testing.rest.ask import Ask
from butler_discord.testing.rest.components import components
from butler_discord.testing.state.channels import Channel
from butler_discord.testing.state.files import Attachment
from butler_discord.testing.state.messages import COMPONENTS_V2, Message

TEXT = 2000
EMBED = {"title": 256, "description": 4096}
EMBED_TOTAL = 6000


def content(body: JSON, *, kept_layout: bool = False) -> JSON:
    """The fields of a message that a body sets; ``kept_layout``: it is laid out already. Raises ``Refused``."""
    found: JSON = {}
    if "content" in body:
        found["text"] = str(body["content"] or "")
        if len(found["text"]) > TEXT:
            raise too_long("content", TEXT)
        found["text"] = found["text"].strip()
    if "embeds" in body:
        found["embeds"] = embeds(body["embeds"] or [])
    if "components" in body:
        laid_out = bool(int(body.get("flags") or 0) & COMPONENTS_V2) or kept_layout
        found["components"] = components(body["components"] or [], laid_out=laid_out)
    if int(body.get("flags") or 0) & COMPONENTS_V2 and any(body.get(part) for part in ("content", "embeds", "poll")):
        raise invalid("content", "MESSAGE_CANNOT_USE_LEGACY_FIELDS_WITH_COMPONENTS_V2", "Only components are possible")
    return found


def embeds(given: list[JSON]) -> list[JSON]:
    """Embeds as they are kept."""
    if len(given) > 10:
        raise invalid("embeds", "BASE_TYPE_MAX_LENGTH", "Must be 10 or fewer in length.")
    for number, embed in enumerate(given):
        _embed(f"embeds.{number}", embed)
    if sum(map(_weight, given)) > EMBED_TOTAL:
        raise invalid("embeds", "MAX_EMBED_SIZE_EXCEEDED", "Embed size exceeds maximum size of 6000")
    return [{"type": "rich", **embed} for embed in given]


def _embed(path: str, embed: JSON) -> None:
    for name, most in EMBED.items():
        _short(f"{path}.{name}", embed.get(name), most)
    fields = embed.get("fields") or []
    if len(fields) > 25:
        raise invalid(f"{path}.fields", "BASE_TYPE_MAX_LENGTH", "Must be 25 or fewer in length.")
    for number, each in enumerate(fields):
        _short(f"{path}.fields.{number}.name", each.get("name"), 256, needed=True)
        _short(f"{path}.fields.{number}.value", each.get("value"), 1024, needed=True)
    _short(f"{path}.footer.text", (embed.get("footer") or {}).get("text"), 2048)
    _short(f"{path}.author.name", (embed.get("author") or {}).get("name"), 256)


def _short(path: str, text: Any, most: int, *, needed: bool = False) -> None:
    if needed and not text:
        raise invalid(path, "BASE_TYPE_REQUIRED", "This field is required")
    if text is not None and len(text) > most:
        raise too_long(path, most)


def _weight(embed: JSON) -> int:
    texts = [embed.get("title"), embed.get("description")]
    texts += [(embed.get("footer") or {}).get("text"), (embed.get("author") or {}).get("name")]
    texts += [text for each in embed.get("fields") or [] for text in (each.get("name"), each.get("value"))]
    return sum(len(text) for text in texts if text)


MOST_FILES = 10
LARGEST = 10 << 20
"""Bytes of one file, in a guild without boosts."""
LARGEST_REQUEST = 25 << 20


def files(ask: Ask, channel: Channel, kept: list[Attachment]) -> list[Attachment]:
    """The files that a body names: those it keeps of an edited message, then those that came with it."""
    sizes = [len(upload.data) for upload in ask.files.values()]
    if sum(sizes) > LARGEST_REQUEST or max(sizes, default=0) > LARGEST:
        raise Refused(413, 40005, "Request entity too large")
    named = ask.body.get("attachments")
    listed = {str(each["id"]): each for each in named or []}
    stay = kept if named is None else [file for file in kept if str(file.id) in listed]
    found = stay + [_file(ask, channel, number, listed.get(number, {})) for number in ask.files]
    if len(found) > MOST_FILES:
        raise Refused(400, 30015, f"Maximum number of attachments in a message reached ({MOST_FILES})")
    return found


def _file(ask: Ask, channel: Channel, number: str, told: JSON) -> Attachment:
    upload = ask.files[number]
    name = told.get("filename") or upload.name
    kind = upload.kind or mimetypes.guess_type(name)[0] or "application/octet-stream"
    if kind == "application/octet-stream":
        kind = mimetypes.guess_type(name)[0] or kind
    return ask.world.keep_file(channel, name, kind, upload.data, told.get("description"))


PICTURES = ("image", "thumbnail")


def pictures(fields: JSON) -> None:
    """Put the files that embeds name (``attachment://chart.png``) into them; they are no attachments then."""
    by_name = {f"attachment://{file.name}": file for file in fields.get("files") or []}
    for embed in fields.get("embeds") or []:
        named = [embed.get(each) for each in PICTURES]
        for each in named:
            file = by_name.get(str((each or {}).get("url")))
            if each and file:
                each |= {"url": file.url, "proxy_url": file.url, "content_type": file.kind}
                fields["files"] = [kept for kept in fields["files"] if kept is not file]
        for key in ("author", "footer"):
            icon = embed.get(key) or {}
            if file := by_name.get(str(icon.get("icon_url"))):
                icon |= {"icon_url": file.url, "proxy_icon_url": file.url}
                fields["files"] = [kept for kept in fields["files"] if kept is not file]


PARTS = ("text", "embeds", "components", "files", "poll")


def not_empty(fields: JSON) -> None:
    """Refuse a message in which there is nothing."""
    if not any(fields.get(part) for part in PARTS):
        raise Refused(400, 50006, "Cannot send an empty message")


def still_something(message: Message, fields: JSON) -> None:
    """Refuse an edit after which there is nothing."""
    not_empty({part: fields.get(part, getattr(message, part)) for part in PARTS})


def flags(body: JSON, allowed: int) -> int:
    """The flags that a body may set."""
    return int(body.get("flags") or 0) & (allowed | COMPONENTS_V2)

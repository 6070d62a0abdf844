"""The host's Markdown as Matrix shows it: plain and as sanitised HTML, nobody pinged by a model's words (PLAT-3)."""

from __future__ import annotations

import functools
import html
import json
import re
from collections.abc import Collection
from typing import Any
from urllib.parse import quote, unquote

import nh3
from markdown_it import MarkdownIt

from butler_luna_matrix.ids import native
from butler_luna_matrix.text import inert, sendable

JSON = dict[str, Any]

EVENT_LIMIT = 60_000
"""Bytes of content that surely fit an event (65,536 with everything the homeserver adds)."""

EVERYBODY = "@room"
"""In ``Reply.mentions``: may notify the whole room."""

_TAGS = {
    "a", "b", "blockquote", "br", "caption", "code", "del", "div", "em", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "i",
    "li", "ol", "p", "pre", "s", "span", "strong", "sub", "sup", "table", "tbody", "td", "th", "thead", "tr", "u", "ul",
}  # fmt: skip
_ATTRIBUTES = {"a": {"href"}, "code": {"class"}, "ol": {"start"}}
_PLAIN_PARAGRAPH = re.compile(r"\A<p>((?:(?!</?p>).)*)</p>\Z", re.DOTALL)


def content(text: str, *, kind: str = "m.text", mentions: Collection[str] = ()) -> JSON:
    """The content of a message: body, formatted body where there is something to format, and who is notified.

    ``m.mentions`` is always there, because clients look for names in the text where it is missing.
    """
    users = [native(person) for person in mentions if native(person).startswith("@") and native(person) != EVERYBODY]
    everybody = EVERYBODY in mentions
    words = sendable(text) if everybody else inert(sendable(text))
    notified: JSON = {"user_ids": users} if users else {}
    if everybody:
        notified["room"] = True
    made: JSON = {"msgtype": kind, "body": words, "m.mentions": notified}
    formatted = to_html(words, users)
    if formatted != html.escape(words, quote=False):
        whole = {**made, "format": "org.matrix.custom.html", "formatted_body": formatted}
        if size(whole) <= EVENT_LIMIT:
            return whole
    return made


def size(made: JSON) -> int:
    """How many bytes a content takes in an event."""
    return len(json.dumps(made, ensure_ascii=False).encode())


def to_html(text: str, users: Collection[str] = ()) -> str:
    """Markdown as HTML with nothing in it but what Matrix allows; the users named become pills."""
    raw = _markdown().render(text).strip()
    clean = nh3.clean(
        raw,
        tags=_TAGS,
        attributes=_ATTRIBUTES,
        url_schemes={"http", "https", "mailto", "matrix"},
        attribute_filter=functools.partial(_attribute, users=frozenset(users)),
        link_rel=None,
    )
    alone = _PLAIN_PARAGRAPH.match(clean)
    return _pills(alone[1] if alone else clean, users)


@functools.cache
def _markdown() -> MarkdownIt:
    return MarkdownIt("commonmark", {"html": False, "breaks": True}).enable(["table", "strikethrough"])


def _attribute(tag: str, attribute: str, value: str, *, users: frozenset[str]) -> str | None:
    """Links that clients show as somebody's name lead nowhere, unless that person is meant to be named."""
    if attribute == "class":
        return value if value.startswith("language-") else None
    if attribute == "href" and (named := _PERSON.search(unquote(value))) and f"@{named[1]}" not in users:
        return None
    return value


_PERSON = re.compile(r"(?:matrix\.to/#/@|matrix:u/)([^?/]*)", re.IGNORECASE)


def _pills(formatted: str, users: Collection[str]) -> str:
    for user in users:
        shown = html.escape(user)
        pill = f'<a href="https://matrix.to/#/{quote(user, safe="@:")}">{shown}</a>'
        formatted = pill.join(re.split(rf"(?<![\w/#@>]){re.escape(shown)}(?![\w.])", formatted))
    return formatted

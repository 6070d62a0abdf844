"""How a message looks in a terminal: text, embeds, files, polls, and numbers for what can be pressed."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator, Mapping
from typing import Any

from attrs import define, field, frozen

from butler_discord.testing.deeds.texts import every
from butler_discord.testing.errors import JSON

Fragments = list[tuple[str, str]]
"""Style and text, as prompt_toolkit prints it."""
MENTION = re.compile(r"<(@&?!?|#)(\d+)>|<t:(-?\d+)(?::\w)?>|<a?(:\w+:)\d+>|\*\*(.+?)\*\*|``(.+?)``|`([^`\n]+)`")
BUTTON, CHOICE, TEXT_DISPLAY = 2, 3, 10
MENUS = {CHOICE: "", 5: "a person", 6: "a role", 7: "a person or a role", 8: "a channel"}
EPHEMERAL, LOADING = 1 << 6, 1 << 7
KEPT = 200
KINDS = {6: "pinned a message", 7: "joined", 46: "the poll has ended"}


@frozen
class Thing:
    """Something with a number: pressed by typing ``.3``."""

    verb: str
    given: JSON
    menu: tuple[str, ...] = ()
    """What can be chosen, if it is a menu of texts."""


@define
class Names:
    """What ids are called here."""

    known: dict[str, str] = field(factory=dict)

    def learn(self, sigil: str, things: Iterator[Mapping[str, Any]] | list[Any], key: str = "name") -> None:
        for each in things:
            self.known[str(each["id"])] = sigil + str(each.get(key) or "?").lstrip("@")


@define
class Board:
    """Gives numbers to what can be pressed; the last ones are kept."""

    names: Names = field(factory=Names)
    things: dict[int, Thing] = field(factory=dict)
    _next: int = 1

    def number(self, thing: Thing) -> int:
        """The number of a thing, always the same for the same."""
        for number, known in self.things.items():
            if known == thing:
                return number
        number, self._next = self._next, self._next + 1
        self.things[number] = thing
        if len(self.things) > KEPT:
            del self.things[min(self.things)]
        return number

    def message(self, message: JSON, here: str, *, edited: bool = False) -> Fragments:
        """A message. ``here``: the channel whose name need not be said."""
        author = message["author"]
        name = author.get("global_name") or author["username"]
        at = dt.datetime.fromisoformat(message["timestamp"]).astimezone()
        style = "class:bot" if author.get("bot") else "class:person"
        found: Fragments = [("class:time", f"{at:%H:%M} "), (style, name)]
        where = self.names.known.get(message["channel_id"], "a private conversation")
        notes = [where] if message["channel_id"] != here else []
        notes += ["only you see this"] if message["flags"] & EPHEMERAL else []
        notes += ["edited"] if edited else []
        found += [("class:note", f" ({', '.join(notes)})")] if notes else []
        found += [("", "  ")]
        lines = list(self._body(message))
        for number, line in enumerate(lines or [[("class:note", KINDS.get(message["type"], "nothing"))]]):
            found += [("", "\n" + " " * 6)] if number else []
            found += line
        return found

    def _body(self, message: JSON) -> Iterator[Fragments]:
        if message["flags"] & LOADING:
            yield [("class:note", "is thinking …")]
        answered = message.get("referenced_message")
        if answered and message["type"] == 19:
            yield [("class:note", f"↪ {answered['author']['username']}: {answered['content'][:60]}")]
        for line in message["content"].splitlines():
            yield self.text(line)
        for embed in message["embeds"]:
            yield from self._embed(embed)
        for file in message["attachments"]:
            number = self.number(Thing("open", {"url": file["url"], "name": file["filename"]}))
            yield [("class:key", f"[{number}]"), ("", f" {file['filename']} ({file['size']:,} bytes)")]
        if message.get("poll"):
            yield from self._poll(message)
        for component in every(message["components"]):
            yield from self._component(message, component)

    def text(self, text: str) -> Fragments:
        """A line of text: names for ids, bold, code."""
        found: Fragments = []
        end = 0
        for match in MENTION.finditer(text):
            found.append(("", text[end : match.start()]))
            found.append(self._marked(match))
            end = match.end()
        return [*found, ("", text[end:])]

    def _marked(self, match: re.Match[str]) -> tuple[str, str]:
        sigil, identifier, stamp, emoji, bold, *codes = match.groups()
        if identifier:
            return "class:mention", self.names.known.get(identifier, f"{sigil}{identifier}")
        if stamp:
            return "class:mention", f"{dt.datetime.fromtimestamp(int(stamp)).astimezone():%Y-%m-%d %H:%M}"
        if emoji:
            return "", emoji
        return ("bold", bold) if bold else ("class:code", codes[0] or codes[1])

    def _embed(self, embed: JSON) -> Iterator[Fragments]:
        for title in ((embed.get("author") or {}).get("name"), embed.get("title")):
            if title:
                yield [("class:bar", "▌ "), ("bold", title)]
        for line in (embed.get("description") or "").splitlines():
            yield [("class:bar", "▌ "), *self.text(line)]
        for each in embed.get("fields") or []:
            yield [("class:bar", "▌ "), ("bold", f"{each['name']}: "), *self.text(each["value"].replace("\n", " · "))]
        for picture in ("image", "thumbnail"):
            if embed.get(picture):
                number = self.number(Thing("open", {"url": embed[picture]["url"], "name": "picture"}))
                yield [("class:bar", "▌ "), ("class:key", f"[{number}]"), ("", " picture")]
        if (embed.get("footer") or {}).get("text"):
            yield [("class:bar", "▌ "), ("class:note", embed["footer"]["text"])]

    def _poll(self, message: JSON) -> Iterator[Fragments]:
        poll = message["poll"]
        counts = {each["id"]: each["count"] for each in (poll.get("results") or {}).get("answer_counts", [])}
        over = (poll.get("results") or {}).get("is_finalized")
        yield [("bold", poll["question"]["text"]), ("class:note", " (ended)" if over else " (poll)")]
        for answer in poll["answers"]:
            text = answer["poll_media"]["text"]
            thing = Thing("vote", {"message": message["id"], "answer": text})
            key: Fragments = [] if over else [("class:key", f"[{self.number(thing)}]")]
            yield [*key, ("", f" {text}"), ("class:note", f"  {counts.get(answer['answer_id'], 0)}")]

    def _component(self, message: JSON, component: JSON) -> Iterator[Fragments]:
        kind = component["type"]
        if kind == TEXT_DISPLAY:
            for line in component["content"].splitlines():
                yield self.text(line)
        elif kind == BUTTON and component.get("url"):
            yield [("class:note", f"{component.get('label')}: {component['url']}")]
        elif kind == BUTTON:
            label = component.get("label") or (component.get("emoji") or {}).get("name") or component["custom_id"]
            if component.get("disabled"):
                yield [("class:note", f"({label})")]
            else:
                thing = Thing("click", {"message": message["id"], "button": component["custom_id"]})
                yield [("class:key", f"[{self.number(thing)}]"), ("class:button", f" {label} ")]
        elif kind in MENUS:
            yield self._menu(message, component)

    def _menu(self, message: JSON, menu: JSON) -> Fragments:
        labels = tuple(option["label"] for option in menu.get("options") or [])
        thing = Thing("choose", {"message": message["id"], "menu": menu["custom_id"]}, labels)
        what = " | ".join(labels) or MENUS[menu["type"]]
        title = menu.get("placeholder") or "choose"
        return [("class:key", f"[{self.number(thing)}]"), ("class:button", f" {title} "), ("class:note", f" {what}")]

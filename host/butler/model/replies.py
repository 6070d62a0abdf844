"""What the host says and does: replies and actions, and what a platform answers."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from attrs import field, frozen

from butler.model.controls import Button, Card, Form, Listing, Menu


@frozen
class File:
    """A file to send: its name, its bytes, its media type."""

    name: str
    data: bytes = field(repr=lambda data: f"<{len(data)} bytes>")
    mime: str = "application/octet-stream"
    alt: str = ""
    """What a picture shows, in words: for who cannot see it, and where there are no pictures."""


@frozen
class Reply:
    """What is said: the host's Markdown, files, pacing. Mentions are inert unless named in ``mentions``."""

    text: str = ""
    files: tuple[File, ...] = ()
    persona: str = ""
    """In whose voice; ``""`` is the host's own."""
    to: str = ""
    """The id of the message that this answers, or ``""``."""
    mentions: tuple[str, ...] = ()
    """Ids of the people whom this reply may notify."""
    ephemeral: bool = False
    """Seen only by whoever asked, where the platform can do that."""
    wait: float = 0.0
    """Send no sooner than so many seconds from now."""
    typing: float = 0.0
    """Show as typing for so long before it."""
    buttons: tuple[Button, ...] = ()
    menus: tuple[Menu, ...] = ()
    form: Form | None = None
    """A form to open for whoever asked; nothing else of the reply is shown then."""
    listing: Listing | None = None
    """A long list; its pages take the place of ``text``."""
    card: Card | None = None
    footer: str = ""
    """A small line under the text, in plain words. It is no part of what is said: no model ever reads it."""
    only: tuple[str, ...] = ()
    """Ids of the people who may use its buttons and menus; empty: whoever sees them."""
    lasts: float = 7 * 86_400.0
    """For how many seconds they can be used."""

    @property
    def underlined(self) -> str:
        """The text as it is shown, its footer below it; of no text there is none."""
        return f"{self.text}\n\n*{self.footer}*" if self.footer and self.text else self.text

    @property
    def markdown(self) -> str:
        """All that is said in words, the card's included."""
        return "\n\n".join(filter(None, (self.text, self.card.markdown if self.card else "")))


@frozen
class Action:
    """Something to do on a platform (PLAT-2). ``kind`` is one of the names that ``platform.can`` knows."""

    kind: str
    channel: str
    target: str = ""
    """The message, person or role concerned."""
    reply: Reply | None = None
    data: Mapping[str, Any] = field(factory=dict)


@frozen
class Sent:
    """What the platform says about an action that it did: the id of what came of it."""

    id: str
    at: dt.datetime | None = None


@frozen
class PollResult:
    """How a platform's own poll stands. Its answers are called ``"1"``, ``"2"``, … in the order in which they stand."""

    counts: Mapping[str, int]
    """Each answer to its votes; they may lag while the poll is open."""
    ended: bool = False
    voters: Mapping[str, tuple[str, ...]] = field(factory=dict)
    """Each answer to the ids of those who chose it, where that was asked for."""

"""What the host says and does: replies and actions, and what a platform answers."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any, Literal

from attrs import field, frozen


@frozen
class File:
    """A file to send: its name, its bytes, its media type."""

    name: str
    data: bytes = field(repr=lambda data: f"<{len(data)} bytes>")
    mime: str = "application/octet-stream"


@frozen
class Button:
    """A button below a reply; ``action`` names a plugin's ``@action``, ``value`` is given back to it."""

    label: str
    action: str
    value: str = ""
    style: Literal["plain", "primary", "danger"] = "plain"


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

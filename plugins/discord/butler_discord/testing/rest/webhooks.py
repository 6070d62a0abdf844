"""Webhooks' messages, under names of their own; the further messages of interactions come the same way."""

from __future__ import annotations

from typing import Any, Final

from butler_discord.testing.deeds import posting
from butler_discord.testing.errors import unknown
from butler_discord.testing.rest import interactions
from butler_discord.testing.rest.ask import Ask, Route


def execute(ask: Ask) -> Any:
    """Say something through a webhook or an interaction."""
    asked = interactions.valid(ask)
    if asked is None:
        raise unknown("Webhook")
    return interactions.follow_up(ask, asked)


def get(ask: Ask) -> Any:
    """One of its messages."""
    asked = interactions.valid(ask)
    if asked is None:
        raise unknown("Webhook")
    return interactions.its_message(ask, asked).json(asked.app.id)


def edit(ask: Ask) -> Any:
    """Edit one of its messages."""
    asked = interactions.valid(ask)
    if asked is None:
        raise unknown("Webhook")
    return interactions.change(ask, interactions.its_message(ask, asked)).json(asked.app.id)


def delete(ask: Ask) -> None:
    """Delete one of its messages."""
    asked = interactions.valid(ask)
    if asked is None:
        raise unknown("Webhook")
    posting.delete(ask.world, interactions.its_message(ask, asked))


_MESSAGE = "/webhooks/{webhook}/{token}/messages/{message}"
ROUTES: Final[tuple[Route, ...]] = (
    ("POST", "/webhooks/{webhook}/{token}", execute),
    ("GET", _MESSAGE, get),
    ("PATCH", _MESSAGE, edit),
    ("DELETE", _MESSAGE, delete),
)

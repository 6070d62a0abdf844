"""What a person cannot do, because Discord's own client would not let them."""

from __future__ import annotations


class Impossible(AssertionError):
    """There is no such thing to do: no such command or button, an option that is missing, no permission."""


class NoAnswer(AssertionError):
    """The application did not respond: no acknowledgement within three seconds, or nothing after it."""

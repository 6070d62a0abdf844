"""What is said of a file that is no character."""

from __future__ import annotations

from butler import CommandError


class CardError(CommandError):
    """The file cannot be read as a character, and why not."""

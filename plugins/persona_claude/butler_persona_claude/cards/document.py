"""A character with everything its file held, known or not, so that nothing is lost on the way to another format."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from attrs import field, frozen

from butler_persona_claude.character import Character


@frozen
class Document:
    """What was read."""

    character: Character
    card: Mapping[str, Any] | None = None
    """The whole card, if there is one."""
    toml: str = ""
    """The whole TOML text, if there is one."""
    image: bytes = field(default=b"", repr=False)
    """A PNG, as it came."""
    archive: bytes = field(default=b"", repr=False)
    """A CHARX, as it came: its other files go along."""

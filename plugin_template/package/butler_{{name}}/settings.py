"""What can be settled, for the host or for a guild."""

from __future__ import annotations

import attrs


@attrs.frozen
class Settings:
    """The keys of its section below ``plugins`` in butler.toml."""

    word: str = attrs.field(default="hello", validator=attrs.validators.min_len(1))
    """The word that is counted."""

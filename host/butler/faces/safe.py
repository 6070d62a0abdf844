"""``butler run --safe``: the host with its own packages only, to find out whether another's is at fault (OPS-10)."""

from __future__ import annotations

import importlib.metadata
from typing import Final

from butler.engine.loader import Found, Loader, discover

MARK: Final = "butler-house"
"""The keyword in the metadata of the packages that are developed together with the host."""


def safe_loader() -> Loader:
    """A loader that knows the house's own packages only."""
    return Loader({name: found for name, found in discover().items() if is_own(found)})


def is_own(found: Found) -> bool:
    """Whether a plugin's package says that it belongs to the house."""
    try:
        metadata = importlib.metadata.metadata(found.distribution)
    except importlib.metadata.PackageNotFoundError:
        return False
    return any(MARK in {word.strip() for word in line.split(",")} for line in metadata.get_all("Keywords") or [])

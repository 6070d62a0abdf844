"""The message log as a whole: exported, imported, fetched from platforms, emptied (LUNA-16, LUNA-19)."""

from butler.services.archive.service import Archive

__all__ = ["Archive"]

"""TheButler joins in by itself where a guild turns it on, and hushes where nobody answers (CORE-9, CORE-29)."""

from butler_core.interjecting.feature import Interjecting

__all__ = ["Interjecting"]

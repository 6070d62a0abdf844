"""Full text over what was said and over what plugins derived from it, the same on SQLite and PostgreSQL (HOST-29)."""

from butler.store.search.changes import forget_text, mark_derived, prune, replace_text
from butler.store.search.service import Hit, Search

__all__ = ["Hit", "Search", "forget_text", "mark_derived", "prune", "replace_text"]

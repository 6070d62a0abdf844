"""Characters in files: TOML, character cards in JSON, PNG and CHARX, and ``character.env``."""

from butler_persona_claude.cards.document import Document
from butler_persona_claude.cards.errors import CardError
from butler_persona_claude.cards.reading import read
from butler_persona_claude.cards.writing import FORMS, write

__all__ = ["FORMS", "CardError", "Document", "read", "write"]

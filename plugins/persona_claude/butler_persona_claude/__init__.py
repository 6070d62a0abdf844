"""Characters: imported from cards or written by hand, each with a voice, a world and a sense of when to speak."""

from butler_persona_claude.plugin import PersonaClaude

__all__ = ["PersonaClaude"]

"""Conversations with personas as training data: of people who agreed, with what was thought of the replies (LLM-8)."""

from butler.services.conversations.collect import Said, Session, sessions
from butler.services.conversations.forms import FORMS, lines

__all__ = ["FORMS", "Said", "Session", "lines", "sessions"]

"""Conversations: where they are held, how far back they reach, when they end (CORE-3, CORE-5, CORE-6, CORE-7)."""

from butler_core.conversation.feature import Conversation

__all__ = ["Conversation"]

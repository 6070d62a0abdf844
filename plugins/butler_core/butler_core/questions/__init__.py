"""How many questions somebody has: ten an hour, and each reply says how many are left (CORE-8)."""

from butler_core.questions.feature import Questions

__all__ = ["Questions"]

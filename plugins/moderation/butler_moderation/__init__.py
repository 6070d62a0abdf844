"""Moderation: cases, automatic rules, a guard against raids, roles, and a log of what happened."""

from butler_moderation.plugin import Moderation

__all__ = ["Moderation"]

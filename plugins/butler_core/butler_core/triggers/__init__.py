"""``/trigger``: something follows when somebody is silent, joins, gains a role or is unhappy (CORE-14)."""

from butler_core.triggers.feature import Triggers

__all__ = ["Triggers"]

"""``/clearchat``: a channel is cleared in steps, with an estimate before and progress meanwhile (CORE-15)."""

from butler_core.clearing.feature import Clearing

__all__ = ["Clearing"]

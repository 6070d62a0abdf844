"""Polls: a community decides, one vote each."""

from butler_polls.plugin import Polls

__all__ = ["Polls"]

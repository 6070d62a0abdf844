"""The basics: /ping, /userinfo, /avatar, /roll, /remind, and commands that managers write (CORE-28)."""

from butler_core.basics.feature import Basics

__all__ = ["Basics"]

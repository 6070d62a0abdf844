"""``/send`` and ``/schedule``: managers say things, now or later, to channels, people and roles (CORE-14)."""

from butler_core.sending.feature import Sending

__all__ = ["Sending"]

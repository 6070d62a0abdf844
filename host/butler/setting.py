"""The fields of a plugin's settings class that are more than values: host-wide, secret, tightened only."""

from __future__ import annotations

from typing import Any

import attrs


def host_wide(default: Any = attrs.NOTHING, **options: Any) -> Any:
    """A settings field that only the host's file may set, no guild."""
    return attrs.field(default=default, metadata={"host_wide": True}, **options)


def secret(default: str = "", **options: Any) -> Any:
    """A settings field whose value never shows in logs, exports or errors; given as ``env:NAME``."""
    return attrs.field(default=default, repr=False, metadata={"secret": True, "host_wide": True}, **options)


def limit(default: Any = attrs.NOTHING, **options: Any) -> Any:
    """A settings field that a nearer level may lower but never raise."""
    return attrs.field(default=default, metadata={"limit": True}, **options)

"""One finding of ``butler doctor``."""

from __future__ import annotations

from attrs import frozen


@frozen
class Check:
    """What was looked at, whether it is well, what was found and what to do about it."""

    name: str
    ok: bool
    detail: str = ""
    remedy: str = ""

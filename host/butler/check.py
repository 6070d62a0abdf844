"""One finding of ``butler doctor``: what was looked at, how it stands, what to do about it."""

from __future__ import annotations

from typing import Literal

from attrs import field, frozen
from attrs.validators import in_

Level = Literal["ok", "warn", "fail"]


@frozen
class Check:
    """What a platform's ``health``, a plugin's ``checks`` and the host itself report.

    ``ok``: as it should be. ``warn``: it runs, and somebody should look. ``fail``: something does not
    work, and ``butler doctor`` ends with exit code 1. Raises ``ValueError`` for any other level.
    """

    name: str
    level: Level = field(validator=in_(("ok", "warn", "fail")))
    text: str = ""
    """What was found, in one line; never a secret."""
    remedy: str = ""
    """What to do about it; empty where all is well."""

"""The name that somebody probably meant."""

from __future__ import annotations

from collections.abc import Collection

from rapidfuzz import fuzz, process, utils


def nearest(typed: str, names: Collection[str]) -> str:
    """The name nearest to what was typed, or ``""`` if none is near."""
    if not typed:
        return ""
    typed = typed[:64].encode("utf-8", "replace").decode()
    found = process.extractOne(typed, names, scorer=fuzz.ratio, processor=utils.default_process, score_cutoff=60)
    return str(found[0]) if found else ""

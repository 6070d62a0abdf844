"""What is known of OpenAI's models: the file models.toml of this package, and what a model's name says."""

from __future__ import annotations

import re
from typing import Any

import attrs
from butler import Catalog, Model

TUNED = re.compile(r"^ft:([^:]+):")
SNAPSHOT = re.compile(r"-\d{4}-\d{2}-\d{2}$|-\d{4}$")
"""``gpt-5.4-mini-2026-03-17`` is ``gpt-5.4-mini`` on one day."""
UNPRICED: dict[str, Any] = {"input_price": None, "output_price": None, "cached_price": None, "written_price": None}


def model(catalog: Catalog, name: str, *, official: bool) -> Model:
    """A fine-tuned model has its base's window and a price of its own, which is not known; so has another server."""
    tuned = TUNED.match(name)
    base = tuned[1] if tuned else name
    found = catalog.find(base) or catalog.find(SNAPSHOT.sub("", base)) or Model(name)
    unpriced = UNPRICED if tuned or not official else {}
    return attrs.evolve(found, name=name, **unpriced)

"""How a text sounds, from -1 (bad) to 1 (good): by VADER's lexicon of English words, without any model."""

from __future__ import annotations

import asyncio
from typing import Any, Literal

LONGEST = 1000
"""So much of a text is looked at."""
Mood = Literal["bad", "neither", "good"]
BORDER = 0.05
"""VADER's own border between what is good or bad and what is neither."""


class Vader:
    """Reads its lexicon when it is first asked."""

    def __init__(self) -> None:
        self._analyzer: Any = None

    async def score(self, text: str) -> float:
        """How a text sounds."""
        if self._analyzer is None:
            self._analyzer = await asyncio.to_thread(_read)
        return float(self._analyzer.polarity_scores(text[:LONGEST])["compound"])


def _read() -> Any:
    # it reads its lexicon
    from vaderSentiment.vaderSentiment import (  # type: ignore[import-untyped]  # noqa: PLC0415
        SentimentIntensityAnalyzer,
    )

    return SentimentIntensityAnalyzer()


def mood_of(score: float) -> Mood:
    """A score as a word."""
    return "good" if score >= BORDER else "bad" if score <= -BORDER else "neither"

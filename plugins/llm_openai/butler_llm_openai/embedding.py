"""Vectors of texts."""

from __future__ import annotations

import array
import base64
import sys
from collections.abc import Sequence
from typing import Any

from butler import Embedded, Usage

from butler_llm_openai.charge import used
from butler_llm_openai.client import Client
from butler_llm_openai.errors import Translator

AT_ONCE = 512
"""Texts of one request; the server takes 2,048, and 300,000 tokens together."""


async def embed(client: Client, translator: Translator, texts: Sequence[str], model: str) -> Embedded:
    """In the order of the texts. Raises ``ModelError``."""
    vectors: list[tuple[float, ...]] = []
    usage = Usage()
    for begin in range(0, len(texts), AT_ONCE):
        # an empty text is refused, and so would be all the others with it
        asked = [_carried(text) for text in texts[begin : begin + AT_ONCE]]
        body = {"model": model, "input": asked, "encoding_format": "base64"}
        told = await client.post("/embeddings", body, model)
        with translator.reading():
            data = sorted(told["data"], key=lambda each: each["index"])
            vectors += [_vector(each["embedding"]) for each in data]
            usage += used(told.get("usage") or {})
        if len(vectors) != begin + len(asked):
            raise translator.garbage("too few vectors")
    return Embedded(tuple(vectors), usage)


def _carried(text: str) -> str:
    return text.encode("utf-8", "replace").decode() or " "


def _vector(told: Any) -> tuple[float, ...]:
    if isinstance(told, str):
        numbers = array.array("f", base64.b64decode(told))
        if sys.byteorder == "big":
            numbers.byteswap()
        return tuple(numbers)
    return tuple(float(each) for each in told)

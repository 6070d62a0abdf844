"""Embeddings without a model: texts that share words point in like directions."""

from __future__ import annotations

import hashlib
import math
import re


def vector(text: str, size: int) -> list[float]:
    """A unit vector; the same for the same text, and near that of a text with the same words."""
    sums = [0.0] * size
    for word in re.findall(r"\w+", text.casefold()) or [text]:
        digest = hashlib.blake2b(word.encode(errors="surrogatepass"), digest_size=8).digest()
        sums[int.from_bytes(digest[:4], "big") % size] += 1.0 if digest[4] & 1 else -1.0
    length = math.sqrt(sum(each * each for each in sums)) or 1.0
    return [round(each / length, 6) for each in sums]

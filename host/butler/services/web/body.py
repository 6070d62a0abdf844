"""What a page sends, unpacked and counted as it comes: no bomb and no endless body costs more than its limit."""

from __future__ import annotations

import asyncio
import zlib
from collections.abc import AsyncIterator, Callable
from typing import Final

from butler.errors import WebUnavailable

ENCODINGS: Final = "gzip, deflate"
"""What is asked for. Brotli and zstd unpack a thousandfold at once, in libraries without a limit: never asked for, and
refused where they come all the same."""
BREATH: Final = 64
"""Pieces after which others have their turn."""
CRUMB: Final = 32
"""Bytes that a piece has at least on average, once there are many: less is an attack on the processor."""

Unpack = Callable[[bytes, int], bytes]
"""Takes a piece and how many bytes may come out of it."""


async def read(pieces: AsyncIterator[bytes], encoding: str, limit: int) -> tuple[bytes, bool]:
    """The body, unpacked, at most ``limit`` bytes of it; and whether there was more. Raises ``WebUnavailable``."""
    unpack = _unpacker(encoding)
    found = bytearray()
    wire = count = 0
    async for piece in pieces:
        wire += len(piece)
        count += 1
        found += unpack(piece, limit + 1 - len(found))
        if len(found) > limit or wire > limit + limit // 4 + 65_536:
            return bytes(found[:limit]), True
        if count % BREATH == 0:
            await asyncio.sleep(0)
            if count > 16 * BREATH and wire < count * CRUMB:
                raise WebUnavailable("the answer comes in crumbs")
    return bytes(found), False


class _Unzip:
    """gzip, and deflate with or without its frame. What stands behind the end is left out."""

    def __init__(self, bits: int) -> None:
        self._zip = zlib.decompressobj(bits)
        self._begun = bits > zlib.MAX_WBITS

    def __call__(self, piece: bytes, room: int) -> bytes:
        try:
            made = self._zip.decompress(piece, room)
        except zlib.error as error:
            if self._begun:
                raise WebUnavailable("the answer cannot be unpacked") from error
            self._zip, self._begun = zlib.decompressobj(-zlib.MAX_WBITS), True
            return self(piece, room)
        self._begun = True
        return made


def _unpacker(encoding: str) -> Unpack:
    name = encoding.strip().lower()
    if name in ("", "identity"):
        return lambda piece, room: piece[:room]
    if name in ("gzip", "x-gzip"):
        return _Unzip(16 + zlib.MAX_WBITS)
    if name == "deflate":
        return _Unzip(zlib.MAX_WBITS)
    raise WebUnavailable(f"the answer is in the encoding {name[:40]!r}, which was not asked for")

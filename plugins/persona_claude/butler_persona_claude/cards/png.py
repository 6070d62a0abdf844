"""A card in a picture: the text chunks of a PNG."""

from __future__ import annotations

import base64
import binascii
import struct
import zlib
from collections.abc import Iterator

from attrs import frozen

from butler_persona_claude.cards.errors import CardError

MARK = b"\x89PNG\r\n\x1a\n"
WORDS = (b"ccv3", b"chara")
"""Under which keyword a card stands; the newer one goes before."""
LONGEST = 8 << 20
"""Bytes of one card."""
_KINDS = (b"tEXt", b"zTXt", b"iTXt")


@frozen
class Chunk:
    """One chunk of a PNG."""

    kind: bytes
    data: bytes

    @property
    def keyword(self) -> bytes:
        """Of a text: its keyword, else ``b""``."""
        return self.data.partition(b"\0")[0] if self.kind in _KINDS else b""

    @property
    def raw(self) -> bytes:
        """As it is written."""
        crc = zlib.crc32(self.kind + self.data)
        return struct.pack(">I", len(self.data)) + self.kind + self.data + struct.pack(">I", crc)


def chunks(data: bytes) -> Iterator[Chunk]:
    """All chunks. Raises ``CardError`` where the file is cut off or damaged."""
    if not data.startswith(MARK):
        raise CardError("this is no PNG", remedy="give the picture as it was downloaded, not a screenshot of it")
    at = len(MARK)
    while at < len(data):
        if at + 12 > len(data):
            raise _damaged("it ends in the middle of a chunk")
        length, kind = struct.unpack(">I4s", data[at : at + 8])
        if length > len(data) - at - 12:
            raise _damaged(f"a chunk says it has {length} bytes, and the file ends before that")
        body = data[at + 8 : at + 8 + length]
        (crc,) = struct.unpack(">I", data[at + 8 + length : at + 12 + length])
        if kind in _KINDS and crc != zlib.crc32(kind + body):
            raise _damaged("a text in it has changed on the way (its checksum is wrong)")
        yield Chunk(kind, body)
        if kind == b"IEND":
            return
        at += 12 + length
    raise _damaged("it has no end")


def _damaged(reason: str) -> CardError:
    return CardError(f"this PNG is damaged: {reason}", remedy="download it again")


def card_in(data: bytes) -> bytes:
    """The JSON of the card in a picture. Raises ``CardError`` if there is none, or it is damaged."""
    texts = {chunk.keyword.lower(): chunk for chunk in reversed([*chunks(data)]) if chunk.keyword}
    for word in WORDS:
        if word in texts:
            return _decoded(_text_of(texts[word]), word.decode())
    raise CardError(
        "there is no character in this picture", remedy="a card keeps it in a text chunk; many sites take it out"
    )


def _text_of(chunk: Chunk) -> bytes:
    """What a text chunk holds behind its keyword, taken out of compression; bounded."""
    rest = chunk.data.partition(b"\0")[2]
    if chunk.kind == b"tEXt":
        return rest
    if chunk.kind == b"zTXt":
        return _inflated(rest[1:])
    packed, rest = rest[:1] == b"\1", rest[2:]
    text = rest.partition(b"\0")[2].partition(b"\0")[2]
    return _inflated(text) if packed else text


def _inflated(data: bytes) -> bytes:
    unpacker = zlib.decompressobj()
    try:
        text = unpacker.decompress(data, LONGEST * 2)
    except zlib.error as error:
        raise _damaged(f"a text in it cannot be unpacked ({error})") from None
    if unpacker.unconsumed_tail:
        raise CardError("the character in this picture is far too large", remedy=f"at most {LONGEST >> 20} MB")
    return text


def _decoded(text: bytes, word: str) -> bytes:
    if len(text) > LONGEST * 2:
        raise CardError("the character in this picture is far too large", remedy=f"at most {LONGEST >> 20} MB")
    try:
        return base64.b64decode(b"".join(text.split()), validate=True)
    except (binascii.Error, ValueError):
        raise _damaged(f"what stands under {word} is no base64") from None


def with_cards(picture: bytes, cards: dict[bytes, bytes]) -> bytes:
    """The picture with these cards (keyword to JSON) instead of those that it had; everything else stays."""
    mine = [Chunk(b"tEXt", word + b"\0" + base64.b64encode(text)) for word, text in cards.items()]
    kept = [chunk for chunk in chunks(picture) if chunk.keyword.lower() not in WORDS]
    at = next((place for place, chunk in enumerate(kept) if chunk.kind in {b"IDAT", b"IEND"}), len(kept))
    return MARK + b"".join(chunk.raw for chunk in (*kept[:at], *mine, *kept[at:]))


def plain(colour: str, width: int = 400, height: int = 600) -> bytes:
    """A picture of one colour, for a character that has none."""
    try:
        red, green, blue = bytes.fromhex(colour.removeprefix("#"))
    except ValueError:
        red, green, blue = 0x44, 0x44, 0x66
    rows = zlib.compress((b"\0" + bytes((red, green, blue)) * width) * height, 9)
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return MARK + b"".join(c.raw for c in (Chunk(b"IHDR", head), Chunk(b"IDAT", rows), Chunk(b"IEND", b"")))

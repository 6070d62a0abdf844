"""A card in a zip: CHARX, ``card.json`` with pictures and sounds beside it."""

from __future__ import annotations

import io
import zipfile
import zlib

from butler_persona_claude.cards.errors import CardError
from butler_persona_claude.cards.png import LONGEST

NAME = "card.json"
MOST_FILES = 2_000
MOST_BYTES = 256 << 20
"""What all files of an archive may be when unpacked."""


def card_in(data: bytes) -> bytes:
    """The JSON of the card. Raises ``CardError`` for what is no CHARX, or too large when unpacked."""
    with _opened(data) as archive:
        return _member(archive, NAME)


def _opened(data: bytes) -> zipfile.ZipFile:
    at = max(0, data.find(b"PK\x03\x04"))  # some tools put a picture before it
    try:
        archive = zipfile.ZipFile(io.BytesIO(data[at:]))
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError, RuntimeError) as error:
        raise CardError(f"this archive is damaged ({error})", remedy="download it again") from None
    files = archive.infolist()
    if len(files) > MOST_FILES or sum(each.file_size for each in files) > MOST_BYTES:
        raise CardError(
            "this archive is too large when unpacked", remedy=f"at most {MOST_FILES} files and {MOST_BYTES >> 20} MB"
        )
    return archive


def _member(archive: zipfile.ZipFile, name: str, most: int = LONGEST) -> bytes:
    """One file, never more of it than it may have, whatever the archive's list says."""
    try:
        with archive.open(name) as file:
            found = file.read(most + 1)
    except KeyError:
        raise CardError(f"there is no {name} in this archive", remedy="a CHARX holds one at its top") from None
    except (zipfile.BadZipFile, zlib.error, RuntimeError, NotImplementedError, OSError, EOFError, ValueError) as error:
        raise CardError(f"{name} cannot be unpacked ({error})", remedy="download it again") from None
    if len(found) > most:
        raise CardError(f"{name} in this archive is far too large", remedy=f"at most {most >> 20} MB")
    return found


def with_card(data: bytes, card: bytes) -> bytes:
    """An archive with this card and everything else that was in ``data`` (``b""``: nothing)."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as new:
        new.writestr(zipfile.ZipInfo(NAME), card)
        if data:
            with _opened(data) as old:
                for each in old.infolist():
                    if each.filename != NAME:
                        new.writestr(each, _member(old, each.filename, MOST_BYTES))
    return made.getvalue()

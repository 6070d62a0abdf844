"""The characters' files: read when they change, kept as they were before, written when somebody edits them.

``FOLDER/NAME/character.toml`` is what a person edits. A card that lies in the folder as it came is read as well.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path

import attrs
from attrs import define, field, frozen

from butler_persona_claude.cards import CardError, Document, read
from butler_persona_claude.cards.toml_file import toml_from

FILE = "character.toml"
PICTURE, ARCHIVE = "picture.png", "card.charx"
VERSIONS = ".versions"
MOST_VERSIONS = 100
"""Former versions of one character that are kept."""
ENDINGS = (".toml", ".json", ".png", ".charx", ".env")

Seen = tuple[int, int]
"""When a file was changed, and its size."""


@frozen
class News:
    """What changed in the folder."""

    changed: Mapping[str, Document]
    gone: tuple[str, ...] = ()
    wrong: Mapping[str, str] = field(factory=dict)
    """Files that cannot be read, and why; what was read of them before stays."""

    def __bool__(self) -> bool:
        return bool(self.changed or self.gone or self.wrong)


@define
class _Known:
    seen: Seen
    name: str = ""


@define(eq=False)
class Library:
    """The folder. All of it reads and writes files: call it in a thread."""

    folder: Path
    documents: dict[str, Document] = field(factory=dict)
    _files: dict[Path, _Known] = field(factory=dict)

    def look(self, now: dt.datetime) -> News:
        """What is new since the last look."""
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        there = {path: seen for path in self._paths() if (seen := _stat(path))}
        changed: dict[str, Document] = {}
        wrong: dict[str, str] = {}
        for path, seen in there.items():
            known = self._files.get(path)
            if known is not None and known.seen == seen:
                continue
            self._files[path] = _Known(seen, known.name if known else "")
            try:
                document = self._read(path)
            except CardError as error:
                wrong[str(path.relative_to(self.folder))] = str(error)
                continue
            self._files[path].name = document.character.name
            self.documents[document.character.name] = changed[document.character.name] = document
            self._keep(document, now)
        return News(changed, tuple(self._vanished(there)), wrong)

    def _vanished(self, there: Mapping[Path, Seen]) -> Iterator[str]:
        for path in [path for path in self._files if path not in there]:
            name = self._files.pop(path).name
            if name and all(known.name != name for known in self._files.values()):
                self.documents.pop(name, None)
                yield name

    def _paths(self) -> Iterator[Path]:
        for path in sorted(self.folder.iterdir()):
            if path.name.startswith("."):
                continue
            if path.is_dir():
                yield path / FILE
            elif path.suffix.lower() in ENDINGS:
                yield path

    def _read(self, path: Path) -> Document:
        try:
            document = read(path.read_bytes(), path.name)
            if path.name == FILE:
                picture, archive = (_bytes(path.parent / name) for name in (PICTURE, ARCHIVE))
                document = attrs.evolve(document, image=picture, archive=archive)
        except OSError as error:
            raise CardError(f"it cannot be read ({error.strerror})") from None
        return document

    # --- former versions ----------------------------------------------------------------------------

    def _keep(self, document: Document, now: dt.datetime) -> None:
        text = document.toml or toml_from(document.character, document.card)
        kept = self.versions(document.character.name)
        mark = hashlib.blake2b(text.encode(), digest_size=4).hexdigest()
        if kept and kept[-1].stem.endswith(mark):
            return
        folder = self.folder / VERSIONS / document.character.name
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        number = int(kept[-1].name.partition(" ")[0]) + 1 if kept else 1
        (folder / f"{number:06} {now:%Y-%m-%d %H.%M.%S} {mark}.toml").write_text(text, encoding="utf-8")
        for old in kept[: max(0, len(kept) + 1 - MOST_VERSIONS)]:
            old.unlink()

    def versions(self, name: str) -> list[Path]:
        """The versions of a character, oldest first; the last is how it is now."""
        return sorted((self.folder / VERSIONS / name).glob("*.toml"))

    # --- changes ------------------------------------------------------------------------------------

    def put(self, document: Document) -> None:
        """Write a character; the next look takes it. Raises ``CardError``."""
        folder = self.folder / document.character.name
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        for name, data in ((PICTURE, document.image), (ARCHIVE, document.archive)):
            if data:
                (folder / name).write_bytes(data)
        text = document.toml or toml_from(document.character, document.card)
        read(text.encode(), FILE)
        _write(folder / FILE, text)
        for path in [path for path, known in self._files.items() if known.name == document.character.name]:
            if path != folder / FILE:
                path.unlink(missing_ok=True)

    def take_away(self, name: str) -> None:
        """Remove a character's files; its former versions stay."""
        shutil.rmtree(self.folder / name, ignore_errors=True)
        for path in [path for path, known in self._files.items() if known.name == name]:
            path.unlink(missing_ok=True)


def _stat(path: Path) -> Seen | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return (found.st_mtime_ns, found.st_size)


def _bytes(path: Path) -> bytes:
    return path.read_bytes() if path.exists() else b""


def _write(path: Path, text: str) -> None:
    """Whole or not at all."""
    beside = path.with_name(f".{path.name}.new")
    beside.write_text(text, encoding="utf-8")
    beside.replace(path)

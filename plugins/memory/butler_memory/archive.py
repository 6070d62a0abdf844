"""Former core memories: a line of JSON for each change, in a file for each persona and person."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

DAY = 86_400.0


class Archive:
    """The files of one folder. Its methods take time: call them in a thread."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def _file(self, persona: str, person: str) -> Path:
        name = hashlib.blake2b(f"{persona}\x1f{person}".encode(), digest_size=12).hexdigest()
        return self.folder / f"{name}.jsonl"

    def add(self, persona: str, person: str, place: str, text: str, at: float, days: int) -> None:
        """Keep a state; those that are too old go."""
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        line = {"at": at, "persona": persona, "person": person, "place": place, "text": text}
        kept = [each for each in self.read(persona, person) if each["at"] >= at - days * DAY]
        if kept and {**kept[-1], "at": at} == line:
            return
        self._put(self._file(persona, person), [*kept, line])

    def read(self, persona: str, person: str) -> list[dict[str, Any]]:
        """All states, oldest first; a line that was cut off is left out."""
        try:
            lines = self._file(persona, person).read_text("utf-8").splitlines()
        except FileNotFoundError:
            return []
        return [found for line in lines if (found := _parsed(line))]

    def remove(self, persona: str, person: str) -> int:
        """Nothing of it is left; returns how many states there were."""
        count = len(self.read(persona, person))
        self._file(persona, person).unlink(missing_ok=True)
        return count

    @staticmethod
    def _put(file: Path, lines: Sequence[Mapping[str, Any]]) -> None:
        new = file.with_suffix(".new")
        with open(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as out:
            out.writelines(json.dumps(line, ensure_ascii=False) + "\n" for line in lines)
            out.flush()
            os.fsync(out.fileno())
        new.replace(file)


def _parsed(line: str) -> dict[str, Any] | None:
    try:
        found = json.loads(line)
    except ValueError:
        return None
    whole = isinstance(found, dict) and {"at", "place", "text"} <= found.keys()
    return found if whole else None

"""On which line each key of a TOML text stands: neither tomllib nor tomlkit says it.

The text was accepted by tomllib before, so the scan only has to tell keys, strings and brackets apart,
and may be lenient everywhere else.
"""

from __future__ import annotations

import bisect
import re
import tomllib

from butler.config.problems import Path

_BETWEEN = re.compile(r"(?:[ \t\r\n]|#[^\n]*)*")
_BLANK = re.compile(r"[ \t]*")
_KEY = re.compile(r""""(?:\\.|[^"\\\n])*"|'[^'\n]*'|[A-Za-z0-9_-]+""")
_STRING = re.compile(
    r'''"""(?:\\.|[^\\])*?"""(?:"{0,2})|\'\'\'.*?\'\'\'(?:'{0,2})|"(?:\\.|[^"\\\n])*"|'[^'\n]*\'''', re.DOTALL
)
_PLAIN = re.compile(r"[^,\]}\n#]*")


def lines_of(text: str) -> dict[Path, int]:
    """The line (from 1) on which each key, table and item of an array is first named."""
    scan = _Scan(text)
    scan.document()
    return scan.found


class _Scan:
    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.found: dict[Path, int] = {}
        self._counts: dict[Path, int] = {}
        self._breaks = [match.start() for match in re.finditer("\n", text)]

    def document(self) -> None:
        table: Path = ()
        while self._next():
            if self.text.startswith("[[", self.at):
                table = self._array_header()
            elif self._peek() == "[":
                table = self._header()
            else:
                self._pair(table)

    def _next(self) -> bool:
        self._skip(_BETWEEN)
        return self.at < len(self.text)

    def _skip(self, pattern: re.Pattern[str]) -> str:
        match = pattern.match(self.text, self.at)
        if match is None:  # no TOML after all: what was found stays, the rest is given up
            self.at = len(self.text)
            return ""
        self.at = match.end()
        return match[0]

    def _peek(self) -> str:
        return self.text[self.at : self.at + 1]

    def _name(self, path: Path) -> None:
        line = bisect.bisect_left(self._breaks, self.at) + 1
        for length in range(1, len(path) + 1):
            self.found.setdefault(path[:length], line)

    def _header(self) -> Path:
        self.at += 1
        path = self._resolved(self._key())
        self._name(path)
        self.at += 1
        return path

    def _array_header(self) -> Path:
        self.at += 2
        *above, last = self._key()
        array = (*self._resolved(above), last)
        index = self._counts[array] = self._counts.get(array, -1) + 1
        self._name((*array, index))
        self.at += 2
        return (*array, index)

    def _resolved(self, key: list[str]) -> Path:
        """A header's keys with the index of the last item wherever an array of tables is meant."""
        path: Path = ()
        for part in key:
            path = (*path, part)
            if path in self._counts:
                path = (*path, self._counts[path])
        return path

    def _key(self) -> list[str]:
        parts: list[str] = []
        while True:
            self._skip(_BLANK)
            parts.append(_unquoted(self._skip(_KEY)))
            self._skip(_BLANK)
            if self._peek() != ".":
                return parts
            self.at += 1

    def _pair(self, table: Path) -> None:
        path = (*table, *self._key())
        self._name(path)
        self.at += 1
        self._skip(_BLANK)
        self._value(path)

    def _value(self, path: Path) -> None:
        first = self._peek()
        if first == "[":
            self._items(path)
        elif first == "{":
            self._pairs(path)
        elif first in ('"', "'"):
            self._skip(_STRING)
        else:
            self._skip(_PLAIN)

    def _items(self, path: Path) -> None:
        self.at += 1
        index = 0
        while self._next() and self._peek() != "]":
            self._name((*path, index))
            self._value((*path, index))
            index += 1
            if not self._comma():
                break
        self._end()

    def _pairs(self, path: Path) -> None:
        self.at += 1
        while self._next() and self._peek() != "}":
            self._pair(path)
            if not self._comma():
                break
        self._end()

    def _end(self) -> None:
        self._skip(_BETWEEN)
        self.at += 1

    def _comma(self) -> bool:
        self._skip(_BETWEEN)
        if self._peek() != ",":
            return False
        self.at += 1
        return True


def _unquoted(key: str) -> str:
    if key[:1] not in ('"', "'"):
        return key
    return str(tomllib.loads(f"key = {key}")["key"])

"""What was fetched from the web."""

from __future__ import annotations

import json
import re
from typing import Any, Final

from attrs import field, frozen

from butler.errors import WebError

_CHARSETS: Final = re.compile(
    r"utf-?(?:8|16(?:[lb]e)?)|us-ascii|(?:x-)?(?:latin-?1|iso-?8859-?\d{1,2}|windows-?125\d|cp125\d)"
    r"|koi8-[ru]|(?:x-)?(?:shift[_-]?jis|sjis|euc-?(?:jp|kr|cn)|gbk|gb2312|gb18030|big5(?:-hkscs)?)|iso-2022-jp"
)
"""Encodings of text. Python knows others under such names, which unpack archives or turn letters around."""
_WEB: Final = {"us-ascii": "cp1252", "latin1": "cp1252", "latin-1": "cp1252", "iso-8859-1": "cp1252", "utf8": "utf-8"}
"""What the web means by some of them."""
_META: Final = re.compile(rb"<meta[^>]{0,200}?charset\s{0,9}=\s{0,9}[\"']?([\w:.-]{1,40})", re.IGNORECASE)
_MARKS: Final = ((b"\xef\xbb\xbf", "utf-8"), (b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be"))


@frozen
class Fetched:
    """A page, or what an API said. What stands in it was written by others: see :func:`butler.quoted`."""

    url: str
    """Where it is in the end, after all redirects."""
    status: int
    """The HTTP status: 200, 404, …"""
    type: str
    """Its content type, without parameters: ``text/html``."""
    content: bytes = field(default=b"", repr=False)
    charset: str = ""
    """What its server says of its encoding, if anything."""
    truncated: bool = False
    """There was more of it than was asked for."""

    @property
    def ok(self) -> bool:
        """Whether the status says that this is what was asked for."""
        return 200 <= self.status < 300

    @property
    def text(self) -> str:
        """The content as text. Never fails: what is no text has ``\ufffd`` in it."""
        for mark, name in _MARKS:
            if self.content.startswith(mark):
                return self.content.removeprefix(mark).decode(name, "replace")
        told = self.charset or self._meta()
        name = told.strip().lower()
        if _CHARSETS.fullmatch(name):
            try:
                return self.content.decode(_WEB.get(name, name.removeprefix("x-")), "replace")
            except LookupError:
                pass
        return self._guessed()

    def json(self) -> Any:
        """The content as JSON. Raises ``WebError`` where it is none, or only half of it."""
        if self.truncated:
            raise WebError("the answer is longer than was asked for", remedy="ask for less, or raise the limit")
        try:
            return json.loads(self.text)
        except (ValueError, RecursionError):
            raise WebError(f"the answer is no JSON but {self.type or 'of no type'}", status=self.status) from None

    def _meta(self) -> str:
        found = _META.search(self.content[:2048]) if self.type.endswith(("html", "xml")) else None
        return found[1].decode("ascii", "replace") if found else ""

    def _guessed(self) -> str:
        try:
            return self.content.decode("utf-8")
        except UnicodeDecodeError as error:
            cut = (
                error.reason == "unexpected end of data"
            )  # in the middle of a character; else it is the older encoding
            return self.content.decode("utf-8" if cut else "cp1252", "replace")

"""Text in pictures: only what the fonts of this machine hold, no longer than there is room."""

from __future__ import annotations

import unicodedata
from typing import Final

from matplotlib import font_manager

_OWN: Final = "DejaVu Sans"
_WIDER: Final = ("Noto Sans", "WenQuanYi", "Droid Sans Fallback", "IPAGothic", "Unifont")
"""What these families' names begin with is used for other scripts, where it is installed."""
_LONGEST: Final = 400


class Lettering:
    """What can be written, and how wide it gets."""

    def __init__(self) -> None:
        there = {font.name for font in font_manager.fontManager.ttflist if font.style == "normal"}
        self.families = [_OWN, *sorted(name for name in there if name.startswith(_WIDER))[:20]]
        paths = [font_manager.findfont(name) for name in self.families]
        self._fonts = [font_manager.get_font(path) for path in dict.fromkeys(paths)]

    def write(self, text: str, columns: int) -> str:
        """A text in one line of at most so many columns; emoji that no font holds are named.

        Nothing in it is a formula.
        """
        plain = unicodedata.normalize("NFC", " ".join(text[:_LONGEST].split()))
        shown = "".join(map(self._letter, plain))
        return _cut(" ".join(shown.split()), columns).replace("$", r"\$")

    def wrapped(self, text: str, columns: int) -> str:
        """A title in at most two lines."""
        whole = self.write(text, 2 * columns - 4)
        if _width(whole) <= columns:
            return whole
        cut = whole.rfind(" ", 0, columns)
        cut = cut if cut > columns // 2 else columns
        return f"{whole[:cut]}\n{whole[cut:].strip()}"

    def _letter(self, letter: str) -> str:
        category = unicodedata.category(letter)
        if category in {"Cc", "Cf", "Cs", "Cn", "Co", "Me"} or unicodedata.name(letter, "").startswith("VARIATION"):
            return ""
        if any(font.get_char_index(ord(letter)) for font in self._fonts):
            return letter
        if category == "So":
            return f" {unicodedata.name(letter, 'emoji').lower()} "
        return "" if category in {"Sk", "Mn"} else "□"


def _width(text: str) -> int:
    return sum(_columns(letter) for letter in text)


def _columns(letter: str) -> int:
    if unicodedata.combining(letter):
        return 0
    return 2 if unicodedata.east_asian_width(letter) in "WF" else 1


def _cut(text: str, columns: int) -> str:
    if _width(text) <= columns:
        return text[: 3 * columns]
    width, kept = 0, ""
    for letter in text[: 3 * columns]:
        width += _columns(letter)
        if width >= columns:
            break
        kept += letter
    return f"{kept.rstrip()}…"

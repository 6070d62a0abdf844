"""How things look on a terminal: replies as rendered Markdown, the spinner, the bar."""

from __future__ import annotations

import io
import re
import textwrap
import unicodedata
from typing import Final

from rich.color import Color, ColorParseError
from rich.console import Console as Rich
from rich.markdown import Markdown
from rich.padding import Padding
from rich.style import Style
from rich.table import Table
from rich.text import Text

SPINNER: Final = "⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏"
_NARROW: Final = 50
_CONTROLS: Final = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
_COLOURS: Final = ("cyan", "green", "magenta", "yellow", "blue", "bright_cyan", "bright_green", "bright_magenta")


def harmless(text: str) -> str:
    """A text without characters that a terminal acts on: whatever a model says stays in its lines."""
    text = _CONTROLS.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))
    return text.encode("utf-8", "replace").decode()


def rendered(name: str, colour: str, text: str, width: int) -> str:
    """A reply as it is written to a terminal of that width, in escape sequences, with a line break at its end."""
    out = io.StringIO()
    rich = Rich(file=out, force_terminal=True, width=max(20, width), highlight=False, legacy_windows=False)
    label = Text(harmless(name), style=_style(name, colour))
    body = Markdown(harmless(text), code_theme="ansi_dark")
    if width < _NARROW:
        rich.print(label)
        rich.print(Padding(body, (0, 0, 0, 2)))
    else:
        grid = Table.grid(padding=(0, 2, 0, 0))
        grid.add_column(no_wrap=True, max_width=width // 3)
        grid.add_column(ratio=1)
        grid.add_row(label, body)
        rich.print(grid)
    return out.getvalue()


def _style(name: str, colour: str) -> Style:
    try:
        return Style(color=Color.parse(colour), bold=True)
    except ColorParseError:
        return Style(color=_COLOURS[sum(map(ord, name)) % len(_COLOURS)], bold=True)


def bar(done: int, total: int, text: str, width: int = 24) -> str:
    """``[████████░░░░]  40% text``, or how much is done where nobody knows the whole."""
    label = harmless(text).replace("\n", " ")[:60]
    if total <= 0:
        return f"{done or ''} {label}".strip()
    filled = min(width, max(0, done * width // total))
    return f"[{'█' * filled}{'░' * (width - filled)}] {min(100, max(0, done * 100 // total)):3d}% {label}".rstrip()


def is_blank(text: str) -> bool:
    """Whether nothing in a text would show."""
    return all(c.isspace() or unicodedata.category(c) in {"Cc", "Cf"} for c in text)


def growing(name: str, text: str, width: int, height: int) -> str:
    """What somebody has said so far, as plain lines that fit: its end, where it is longer than the screen."""
    lines: list[str] = []
    for line in f"{harmless(name)}  {harmless(text)}".split("\n"):
        lines += textwrap.wrap(line, max(20, width - 1), replace_whitespace=False) or [""]
    return "\n".join(lines[-max(1, height) :]) + "\n"

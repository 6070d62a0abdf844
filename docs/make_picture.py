"""Draws docs/images/conversation.svg from a real conversation: ``python docs/make_picture.py`` (needs tmux).

``butler run`` is started in a tmux pane over an empty folder, the lines below are typed into it, and what the
pane then shows, colours included, is drawn by rich.
"""

from __future__ import annotations

import io
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from rich.console import Console
from rich.terminal_theme import TerminalTheme
from rich.text import Text

TARGET = Path(__file__).parent / "images" / "conversation.svg"
WIDTH, HEIGHT = 92, 60
PROMPT = re.compile(r"butler \d\d:\d\d \d+>")
LINES = (
    "coffee++ for the early shift",
    "mondays--",
    "/karma top",
    "/help",
    "how do I give karma?",
    "/why",
)
READY = "/help  ·  exit"
"""What the last line of the pane says once the console can be typed into."""
FONT = "Menlo, Consolas, 'DejaVu Sans Mono', 'Liberation Mono', monospace"
THEME = TerminalTheme(
    (24, 27, 33),
    (220, 223, 228),
    [(24, 27, 33), (224, 108, 117), (152, 195, 121), (229, 192, 123), (97, 175, 239), (198, 120, 221), (86, 182, 194),
     (220, 223, 228)],
)  # fmt: skip
FORMAT = """\
<svg class="rich-terminal" viewBox="0 0 {width} {height}" xmlns="http://www.w3.org/2000/svg">
<title>A conversation with Butler in a terminal</title>
<style>
.{unique_id}-matrix {{ font-family: FONT; font-size: {char_height}px; line-height: {line_height}px; }}
.{unique_id}-title {{ font-family: FONT; font-size: 18px; }}
{styles}
</style>
<defs><clipPath id="{unique_id}-clip-terminal">
<rect x="0" y="0" width="{terminal_width}" height="{terminal_height}" />
</clipPath>
{lines}
</defs>
{chrome}
<g transform="translate({terminal_x}, {terminal_y})" clip-path="url(#{unique_id}-clip-terminal)">
{backgrounds}
<g class="{unique_id}-matrix">
{matrix}
</g></g></svg>
""".replace("FONT", FONT)


class Pane:
    """A terminal that nobody looks at, on a tmux server of its own."""

    def __init__(self, command: str, folder: Path) -> None:
        self._socket = folder / "tmux"
        size = ["-x", str(WIDTH), "-y", str(HEIGHT)]
        self._tmux("-f", os.devnull, "new-session", "-d", *size, "-c", str(folder), command)

    def _tmux(self, *arguments: str) -> str:
        command = ["tmux", "-S", str(self._socket), *arguments]
        ran = subprocess.run(command, check=True, capture_output=True, text=True)  # noqa: S603 - our own words
        return ran.stdout

    def type(self, line: str) -> None:
        """Type a line and wait until it was answered."""
        self._tmux("send-keys", "-l", line)
        self._tmux("send-keys", "Enter")
        self.settle()

    def settle(self, seconds: float = 20.0) -> None:
        """Wait until nothing has changed for a second. Raises ``TimeoutError`` after ``seconds``."""
        end = time.monotonic() + seconds
        before = ""
        while (now := self.text()) != before or READY not in now:
            if time.monotonic() > end:
                raise TimeoutError(f"the console shows:\n{now}")
            before = now
            time.sleep(1)

    def text(self) -> str:
        """What it shows, with colours, and what has gone out of sight above."""
        return self._tmux("capture-pane", "-e", "-p", "-S", "-")

    def close(self) -> None:
        """End what runs in it."""
        self._tmux("kill-server")


def conversation() -> list[Text]:
    """Hold it; returns what was shown, line by line."""
    with tempfile.TemporaryDirectory() as name:
        butler = Path(sys.executable).parent / "butler"
        pane = Pane(f"{butler} run", Path(name))
        try:
            pane.settle()
            for line in LINES:
                pane.type(line)
            shown = [Text.from_ansi(line) for line in pane.text().splitlines()]
        finally:
            pane.close()
    prompts = [number for number, line in enumerate(shown) if PROMPT.match(line.plain)]
    return shown[: prompts[-1]]


def main() -> None:
    """Hold the conversation and draw it."""
    if shutil.which("tmux") is None:
        raise SystemExit("tmux is missing; install it (apt-get install tmux)")
    console = Console(record=True, width=WIDTH, file=io.StringIO(), force_terminal=True, color_system="truecolor")
    for line in conversation():
        console.print(line, no_wrap=True, crop=True)
    console.print()  # else the last line's underscores are cut
    TARGET.parent.mkdir(exist_ok=True)
    TARGET.write_text(
        console.export_svg(title="butler run", theme=THEME, code_format=FORMAT, unique_id="butler"), encoding="utf-8"
    )


if __name__ == "__main__":
    main()

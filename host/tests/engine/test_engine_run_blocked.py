"""A real ``butler run`` with an installed plugin that blocks: it is interrupted, named, and the others go on."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

pytestmark = pytest.mark.spec("HOST-9", "HOST-25")

CODE = """
    import time

    from butler import Plugin, hookimpl


    class Sleepy(Plugin):
        async def start(self):
            if {in_start}:
                time.sleep(60)

        @hookimpl
        async def on_message(self, message):
            if message.text == "sleep" and not message.author.bot:
                time.sleep(60)
            elif not message.author.bot:
                await message.reply(f"awake: {{message.text}}")
"""


def _run(folder: Path, said: str, *, in_start: bool) -> subprocess.CompletedProcess[str]:
    package = folder / "butler_sleepy"
    package.mkdir()
    (package / "__init__.py").write_text(textwrap.dedent(CODE).format(in_start=in_start))
    info = folder / "butler_sleepy-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: butler-sleepy\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[butler]\nsleepy = butler_sleepy:Sleepy\n")
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("BUTLER_", "COV_"))}
    return subprocess.run(
        [sys.executable, "-m", "butler", "run"],
        cwd=folder,
        env={**environment, "PYTHONPATH": str(folder), "NO_COLOR": "1"},
        input=said,
        capture_output=True,
        text=True,
        timeout=50,
        check=False,
    )


def test_one_that_blocks_in_a_hook_is_interrupted_and_the_next_line_is_answered(tmp_path: Path) -> None:
    done = _run(tmp_path, "sleep\nhello\n", in_start=False)
    assert done.returncode == 0
    assert "Butler: awake: hello" in done.stdout
    log = (tmp_path / "data" / "logs" / "butler.log").read_text()
    assert "it blocked the event loop for more than 1 s at" in log
    assert "butler_sleepy/__init__.py:" in log


def test_one_that_blocks_in_its_start_is_left_out_and_the_host_starts(tmp_path: Path) -> None:
    done = _run(tmp_path, "who are you\n", in_start=True)
    assert done.returncode == 0
    assert "TheButler: I am TheButler" in done.stdout
    assert "warning: plugin sleepy did not start: Blocked" in done.stderr

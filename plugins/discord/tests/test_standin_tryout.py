"""``make discord``: a stand-in, a Butler and a terminal, tried as somebody new would (PLAT-4, PLAT-5)."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest


def tried(folder: Path, typed: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "butler_discord.testing", "--port", "0", "--folder", str(folder)]
    return subprocess.run(command, input=typed, capture_output=True, text=True, timeout=120, check=False)


@pytest.mark.spec("PLAT-4", "PLAT-5")
def test_somebody_new_talks_with_butler_at_once(tmp_path: Path) -> None:
    ran = tried(tmp_path, "Hello Butler\n/help\n/nonsense\n.quit\n")
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert "Butler  ↪ you: Hello Butler" in ran.stdout
    assert "(only you see this)" in ran.stdout
    assert "there is no /nonsense; there is" in ran.stdout

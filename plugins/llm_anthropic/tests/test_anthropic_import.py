"""The package costs nothing until it is used."""

from __future__ import annotations

import subprocess
import sys

import pytest


@pytest.mark.spec("LLM-2", "OPS-7")
def test_the_sdk_is_imported_when_it_is_first_used() -> None:
    code = "import butler_llm_anthropic, sys; print([name for name in ('anthropic', 'httpx2') if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"

"""The package costs next to nothing until a model is asked."""

from __future__ import annotations

import subprocess
import sys

import pytest

PROBE = """
import sys
import butler
before = set(sys.modules)
import butler_llm_openai
from types import SimpleNamespace
butler_llm_openai.OpenAI(SimpleNamespace(clock=None), butler_llm_openai.OpenAI.settings()).model("gpt-6-luna")
print(sorted({name.partition(".")[0] for name in set(sys.modules) - before}))
"""


@pytest.mark.spec("LLM-1")
def test_the_library_is_not_imported_before_a_model_is_asked() -> None:
    """Nothing but its own modules and those of Python, until then."""
    done = subprocess.run([sys.executable, "-c", PROBE], capture_output=True, text=True, check=True)
    found = set(eval(done.stdout)) - set(sys.stdlib_module_names)
    assert found == {"butler_llm_openai"}

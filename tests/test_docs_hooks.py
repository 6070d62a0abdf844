"""docs/hooks.md says what the code does: every hook, its signature, an example that loads."""

from __future__ import annotations

import inspect
import re
from pathlib import Path
from typing import Any

import pytest
from butler import HOOKS, Plugin, hookspecs
from butler.engine.checks import check_plugin

PAGE = (Path(__file__).parent.parent / "docs" / "hooks.md").read_text(encoding="utf-8")
SECTIONS = dict(re.findall(r"^## (\w+)\n(.*?)(?=^## |\Z)", PAGE, re.MULTILINE | re.DOTALL))


@pytest.mark.spec("HOST-1")
def test_the_page_has_a_section_for_each_hook_and_no_other() -> None:
    assert list(SECTIONS) == list(HOOKS)


@pytest.mark.spec("HOST-1")
@pytest.mark.parametrize("hook", HOOKS)
def test_the_page_shows_the_hooks_exact_signature(hook: str) -> None:
    in_one_line = SECTIONS[hook].replace("(\n    ", "(").replace("\n) ->", ") ->")
    shown = re.search(r"^async def (\w+)\(self, (.*)\) -> (.*): \.\.\.$", in_one_line, re.MULTILINE)
    assert shown is not None
    signature = inspect.signature(getattr(hookspecs, hook))
    assert shown[1] == hook
    assert shown[2] == ", ".join(map(str, signature.parameters.values())).replace("'", "")
    assert shown[3] == signature.return_annotation


@pytest.mark.spec("HOST-1")
@pytest.mark.parametrize("hook", HOOKS)
def test_the_page_says_when_and_with_what_result(hook: str) -> None:
    assert "**Called:** " in SECTIONS[hook]
    assert "**Result:** " in SECTIONS[hook]


@pytest.mark.spec("HOST-1")
@pytest.mark.parametrize("hook", HOOKS)
def test_the_pages_example_is_a_plugin_that_implements_the_hook(hook: str) -> None:
    source = re.findall(r"```python\n(.*?)```", SECTIONS[hook], re.DOTALL)[1]
    names: dict[str, Any] = {"__name__": f"example_{hook}"}
    exec(compile(source, f"docs/hooks.md, {hook}", "exec", dont_inherit=True), names)
    kinds = [
        each for each in names.values() if inspect.isclass(each) and issubclass(each, Plugin) and each is not Plugin
    ]
    (kind,) = kinds
    plugin = kind()
    plugin.name = kind.__name__.lower()
    check_plugin(plugin, "the example")
    assert hook in vars(kind)

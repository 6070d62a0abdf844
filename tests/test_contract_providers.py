"""Every provider keeps to what providers keep to, a made-up fourth one too (LLM-4)."""

from __future__ import annotations

import ast
import importlib.util
import sys
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

import pytest
from butler import Provider
from butler.testing.contracts import ProviderContract
from butler.testing.providers import StandIn

PLUGINS = Path(__file__).parent.parent / "plugins"
EXAMPLES = Path(__file__).parent / "examples"


def _example(name: str) -> Any:
    spec = importlib.util.spec_from_file_location(name, EXAMPLES / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


def _plugins() -> dict[str, Any]:
    """The plugins of this workspace, by folder."""
    found = {point.name: point for point in entry_points(group="butler")}
    return {path.name: found[path.name].load() for path in sorted(PLUGINS.iterdir()) if path.name in found}


murmur, murmur_standin = _example("murmur"), _example("murmur_standin")


class TestMurmur(ProviderContract):
    def server(self) -> StandIn:
        return murmur_standin.MurmurServer()  # type: ignore[no-any-return]

    def provider(self, server: StandIn, key: str) -> Provider:
        return murmur.Murmur(self.house(), murmur.Settings(server.url, key))  # type: ignore[no-any-return]


@pytest.mark.spec("LLM-4")
@pytest.mark.parametrize("name", [name for name, plugin in _plugins().items() if plugin.provider is not None])
def test_each_provider_of_this_workspace_runs_the_suite(name: str) -> None:
    """In its own package, where its stand-in's forms are set up."""
    tests = [ast.parse(path.read_text(encoding="utf-8")) for path in (PLUGINS / name / "tests").glob("test_*.py")]
    bases = {
        ast.unparse(base)
        for tree in tests
        for node in ast.walk(tree)
        if isinstance(node, ast.ClassDef)
        for base in node.bases
    }
    assert "ProviderContract" in bases


@pytest.mark.spec("LLM-4")
def test_the_made_up_provider_is_small() -> None:
    assert len((EXAMPLES / "murmur.py").read_text(encoding="utf-8").splitlines()) < 100

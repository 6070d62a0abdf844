"""Every provider keeps to what providers keep to, a made-up fourth one too (LLM-4)."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from typing import Any

import pytest
from butler import Provider
from butler.testing.contracts import ProviderContract
from butler.testing.providers import StandIn

EXAMPLES = Path(__file__).parent / "examples"


def _example(name: str) -> Any:
    spec = importlib.util.spec_from_file_location(name, EXAMPLES / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


murmur, murmur_standin = _example("murmur"), _example("murmur_standin")


class TestMurmur(ProviderContract):
    def server(self) -> StandIn:
        return murmur_standin.MurmurServer()  # type: ignore[no-any-return]

    def provider(self, server: StandIn, key: str) -> Provider:
        return murmur.Murmur(self.house(), murmur.Settings(server.url, key))  # type: ignore[no-any-return]


@pytest.mark.spec("LLM-4")
def test_the_made_up_provider_is_small() -> None:
    assert len((EXAMPLES / "murmur.py").read_text(encoding="utf-8").splitlines()) < 100

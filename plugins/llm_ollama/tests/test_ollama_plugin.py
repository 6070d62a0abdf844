"""What the plugin says to `butler doctor`, and what it offers to others (LLM-3)."""

from __future__ import annotations

import asyncio
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from butler import Prompt, Scope, Turn
from butler.testing import House
from butler.testing.providers.ollama import Ollama as Server
from butler_llm_ollama import LlmOllama
from butler_llm_ollama.provider import Ollama
from butler_llm_ollama.settings import Settings

pytestmark = pytest.mark.spec("LLM-3")


def plugin(provider: Ollama | None) -> LlmOllama:
    found: Any = LlmOllama()
    found.host, found.scope = SimpleNamespace(provider=provider), Scope("llm_ollama")
    return found  # type: ignore[no-any-return]


def checked(base_url: str) -> Any:
    async def main() -> Any:
        provider = Ollama(None, Settings(base_url=base_url))
        try:
            return (await provider.health())[0]
        finally:
            await provider.close()

    return asyncio.run(main())


def test_doctor_says_which_models_there_are() -> None:
    with Server(key="") as server:
        check = checked(server.url)
        assert (check.level, "small" in check.text) == ("ok", True)
        server.served.clear()
        assert checked(server.url).remedy == "butler ollama pull llama3.2"


def test_doctor_says_that_the_server_does_not_run_and_what_to_do() -> None:
    check = checked("http://127.0.0.1:9")
    assert (check.level, check.text) == ("fail", "Ollama is not running at http://127.0.0.1:9")
    assert "ollama serve" in check.remedy


def test_where_it_is_not_configured_nothing_is_made() -> None:
    async def main() -> None:
        own = plugin(None)
        await own.start()
        assert "not configured" in (await own.create("mine"))["reason"]
        assert list(await own.in_memory()) == []

    asyncio.run(main())


@pytest.mark.parametrize(("takes", "state"), [(True, "made"), (False, "no_adapters")])
def test_others_have_models_made_and_look_how_it_stands(takes: bool, state: str, tmp_path: Path) -> None:
    """By names that the host knows."""
    assert set(LlmOllama.offers) == {"ollama:create", "ollama:made", "ollama:in_memory"}
    adapter = tmp_path / "lora.gguf"
    adapter.write_bytes(b"lora")

    async def main() -> None:
        async with Server(key="", takes_adapters=takes) as server:
            provider = Ollama(None, Settings(base_url=server.url))
            own = plugin(provider)
            await own.start()
            assert await own.create("mine", "small", (), [str(adapter)]) == {"state": "making", "reason": ""}
            assert (await ended(own, "mine"))["state"] == state
            await own.create("other", "nobody")
            failed = await ended(own, "other")
            assert (failed["state"], "butler ollama pull nobody" in failed["reason"]) == ("failed", True)
            await provider.complete(Prompt((Turn("user", "hi"),), "small"))
            assert [each["name"] for each in await own.in_memory()] == ["small"]
            await own.scope.close()
            await provider.close()

    asyncio.run(main())


async def ended(own: LlmOllama, model: str) -> Any:
    while (told := await own.made(model))["state"] == "making":  # noqa: ASYNC110 - an offer is asked, it tells nobody
        await asyncio.sleep(0.01)
    return told


def test_it_comes_up_in_a_house_and_says_nothing_of_a_server_that_is_away() -> None:
    with House([LlmOllama], toml='[providers.ollama]\nbase_url = "http://127.0.0.1:9"\n') as house:
        assert isinstance(house.host.provider("ollama"), Ollama)
        assert [entry for entry in house.logs if entry.get("level") == "error"] == []

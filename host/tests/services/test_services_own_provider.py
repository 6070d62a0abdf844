"""A plugin finds the provider that it brings, and no other (LLM-3)."""

from __future__ import annotations

import attrs
import pytest
from butler import Completion, Plugin, Prompt, Provider, Usage
from butler.testing import House


@attrs.frozen
class Settings:
    name: str = ""


class Parrot(Provider):
    name = "parrot"
    settings = Settings

    async def complete(self, prompt: Prompt) -> Completion:
        return Completion(prompt.turns[-1].text, Usage(), prompt.model)


class Parrots(Plugin):
    provider = Parrot


class Others(Plugin):
    """Brings none."""


@pytest.mark.spec("LLM-3")
def test_a_plugin_finds_its_own_provider_while_it_is_served() -> None:
    with House([Parrots, Others], toml='[providers.parrot]\nname = "Polly"\n') as house:
        plugins = house.host.lifecycle.plugins
        own = plugins["parrots"].host.provider
        assert isinstance(own, Parrot)
        assert own.config.name == "Polly"
        assert plugins["others"].host.provider is None


@pytest.mark.spec("LLM-3")
def test_without_its_section_there_is_none() -> None:
    with House([Parrots]) as house:
        assert house.host.lifecycle.plugins["parrots"].host.provider is None

"""The fallback chain: names like ``provider:model`` become models that can be asked, with their facts (HOST-16)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import structlog
from attrs import frozen

from butler.catalog import Catalog
from butler.errors import ConfigError
from butler.model import Model
from butler.provider import Provider

log = structlog.get_logger("butler.llm")

FILE = "models.toml"
"""The operator's own file of model facts, beside butler.toml."""


@frozen
class Choice:
    """One link of a fallback chain: the provider that serves it and what is known of the model."""

    provider: Provider
    model: str
    facts: Model

    @property
    def window(self) -> int:
        """Tokens that the model takes, answer included."""
        return self.facts.window

    @property
    def name(self) -> str:
        """``provider:model``."""
        return f"{self.provider.name}:{self.model}"


class Chains:
    """Finds the provider of a model's name. What the operator's file says of a model goes before the package's."""

    def __init__(self, providers: Callable[[], Mapping[str, Provider]], folder: Path) -> None:
        self.providers = providers
        self._file = folder / FILE
        self.own = Catalog()
        self._missing: set[str] = set()

    def start(self) -> None:
        """Read the operator's file, if there is one. Raises ``ConfigError``."""
        try:
            text = self._file.read_text(encoding="utf-8")
        except FileNotFoundError:
            return
        except (OSError, UnicodeDecodeError) as error:
            raise ConfigError(f"{self._file} cannot be read ({error})", remedy="correct it or take it away") from None
        self.own = Catalog.read(text, FILE)

    @property
    def currency(self) -> str:
        """What money is counted in."""
        return self.own.currency

    def of(self, names: Sequence[str]) -> list[Choice]:
        """The links that can be asked now; an unknown provider is said once in the log and left out."""
        links = []
        for name in names:
            choice = self.choice(name)
            if choice is not None:
                links.append(choice)
        return links

    def choice(self, name: str) -> Choice | None:
        """One link, or ``None`` where there is no such provider."""
        there = self.providers()
        head, _, model = name.partition(":")
        if head in there:
            self._missing.discard(name)
            return Choice(there[head], model or head, self.facts(there[head], model or head))
        if name not in self._missing:
            self._missing.add(name)
            log.warning("no such provider, the next in the chain is asked", model=name, known=sorted(there))
        return None

    def facts(self, provider: Provider, model: str) -> Model:
        """What is known of a model; the provider is told what the operator's file says, too."""
        provider.own = self.own
        return provider.facts(model)

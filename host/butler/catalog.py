"""Files of model facts: windows and prices, each with its source and date; what they leave out is unknown (LLM-6).

A provider's package ships one, and the operator's own ``models.toml`` goes before it::

    currency = "USD"

    [models."some-model-1*"]        # a star at the end: every name that begins so
    window = 200_000
    input = 3.00                    # for a million tokens, in the currency
    output = 15.00
    cached = 0.30
    written = 3.75
    cache_minimum = 1_024
    source = "the provider's price page"
    date = "2026-11-24"
"""

from __future__ import annotations

import datetime as dt
import tomllib
from collections.abc import Mapping
from decimal import Decimal
from importlib import resources
from typing import Any

import attrs
from attrs import field, frozen

from butler.errors import ConfigError
from butler.model import Model
from butler.model.models import MILLION

PRICES = ("input", "output", "cached", "written")
_COUNTS = {"window": "window", "max_output": "output", "cache_minimum": "cache_minimum"}
_KNOWN = (*PRICES, *_COUNTS, "temperature", "features", "source", "date")


@frozen
class Catalog:
    """Model facts by name."""

    models: Mapping[str, Model] = field(factory=dict)
    currency: str = "USD"
    told: Mapping[str, Mapping[str, Any]] = field(factory=dict, repr=False)
    """What is said of each, and nothing else."""

    @classmethod
    def of_package(cls, package: str, name: str = "models.toml") -> Catalog:
        """The file that a package ships. Raises ``ConfigError``."""
        return cls.read(resources.files(package).joinpath(name).read_text(encoding="utf-8"), f"{package}/{name}")

    @classmethod
    def read(cls, text: str, where: str) -> Catalog:
        """Out of a file's text; ``where`` names it in errors. Raises ``ConfigError`` with what was expected."""
        try:
            told = tomllib.loads(text, parse_float=Decimal)
        except tomllib.TOMLDecodeError as error:
            raise ConfigError(f"{where}: {error}", remedy="see docs/models.md for its form") from None
        models = told.get("models", {})
        if not isinstance(models, dict) or not all(isinstance(facts, dict) for facts in models.values()):
            raise ConfigError(f'{where}: expected tables such as [models."name"]')
        fields = {name: _fields(name, facts, where) for name, facts in models.items()}
        return cls(
            {name: Model(name, **told) for name, told in fields.items()}, str(told.get("currency", "USD")), fields
        )

    def find(self, name: str) -> Model | None:
        """The facts of a model: of its exact name, else of the longest beginning with a star that fits."""
        key = self._key(name)
        return None if key is None else attrs.evolve(self.models[key], name=name)

    def over(self, known: Model, *names: str) -> Model:
        """What is known of a model, with what is said here of the first of these names before it."""
        if not self.models:
            return known
        key = next((key for name in names if (key := self._key(name)) is not None), None)
        return known if key is None else attrs.evolve(known, **self.told[key])

    def _key(self, name: str) -> str | None:
        if name in self.models:
            return name
        return max((key for key in self.models if key[-1:] == "*" and name.startswith(key[:-1])), key=len, default=None)


def _fields(name: str, facts: Mapping[str, Any], where: str) -> dict[str, Any]:
    strange = sorted(set(facts) - set(_KNOWN))
    if strange:
        raise ConfigError(f"{where}: {name}: unknown {', '.join(strange)}", remedy=f"expected are {', '.join(_KNOWN)}")
    prices = {f"{key}_price": _price(facts[key], f"{where}: {name}: {key}") for key in PRICES if key in facts}
    counts = {_COUNTS[key]: _count(facts[key], f"{where}: {name}: {key}") for key in _COUNTS if key in facts}
    told: dict[str, Any] = {**prices, **counts}
    if "temperature" in facts:
        told["temperature"] = bool(facts["temperature"])
    if "features" in facts:
        told["features"] = _words(facts["features"], f"{where}: {name}: features")
    if prices or "source" in facts:
        date = facts.get("date", "")
        told["source"] = str(facts.get("source", where))
        told["date"] = date.isoformat() if isinstance(date, dt.date) else str(date)
    return told


def _price(value: Any, where: str) -> int:
    if isinstance(value, bool) or not isinstance(value, int | Decimal) or value < 0:
        raise ConfigError(f"{where} is {value!r}, expected the price of a million tokens such as 3.00")
    return int((Decimal(value) * MILLION).to_integral_value())


def _words(value: Any, where: str) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(word, str) for word in value):
        raise ConfigError(f'{where} is {value!r}, expected a list of words such as ["text"]')
    return tuple(value)


def _count(value: Any, where: str) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise ConfigError(f"{where} is {value!r}, expected a whole number of tokens")
    return value

"""What is known of a language model: its window and what its tokens cost."""

from __future__ import annotations

from typing import Protocol

from attrs import frozen

MILLION = 1_000_000


class _Used(Protocol):
    """See :class:`butler.Usage`."""

    @property
    def input(self) -> int: ...
    @property
    def output(self) -> int: ...
    @property
    def cached(self) -> int: ...
    @property
    def written(self) -> int: ...


@frozen
class Model:
    """A model's facts. Prices are micro-units of the currency for a million tokens; ``None``: not known."""

    name: str
    window: int = 8192
    """Tokens that it takes, answer included."""
    output: int = 0
    """The most tokens of one answer (0: not known)."""
    input_price: int | None = None
    output_price: int | None = None
    cached_price: int | None = None
    """Of tokens read from the provider's cache; where it is not known they cost as much as others."""
    written_price: int | None = None
    """Of tokens put into the provider's cache; where it is not known they cost as much as others."""
    cache_minimum: int = 0
    """Prefixes below so many tokens are not cached."""
    temperature: bool = True
    """Whether it takes a temperature."""
    features: tuple[str, ...] = ()
    """What its provider has to know of it besides, in words of the provider's own; its README lists them."""
    source: str = ""
    """Who says so."""
    date: str = ""
    """When that was read, as ``YYYY-MM-DD``."""

    @property
    def is_priced(self) -> bool:
        """Whether it is known what a call costs."""
        return self.input_price is not None and self.output_price is not None

    def cost(self, usage: _Used) -> int | None:
        """What a call costs in micro-units, rounded up; ``None`` where no price is known (never zero)."""
        if self.input_price is None or self.output_price is None:
            return None
        cached = self.input_price if self.cached_price is None else self.cached_price
        written = self.input_price if self.written_price is None else self.written_price
        total = (
            usage.input * self.input_price
            + usage.output * self.output_price
            + usage.cached * cached
            + usage.written * written
        )
        return -(-total // MILLION)

    def ceiling(self, tokens: int, answer: int) -> int | None:
        """The most that a prompt of so many tokens and its answer may cost: none of it cached, all of it written."""
        if self.input_price is None or self.output_price is None:
            return None
        dearest = max(self.input_price, self.written_price or 0)
        return -(-(tokens * dearest + answer * self.output_price) // MILLION)

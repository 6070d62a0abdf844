"""Language models as one plugin uses them: ``self.host.models``. Every call is charged to it and to who asked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

from attrs import frozen

from butler.errors import ModelError
from butler.model import Channel, Guild, Message, Person
from butler.provider import Completion, Embedded, Prompt, Turn
from butler.services.llm.asking import Asking
from butler.services.llm.chain import Choice
from butler.services.llm.report import Sum
from butler.services.llm.service import Models
from butler.services.personas import Personas


@frozen
class Spent:
    """A budget: its name as people say it, what it counts (money in micro-units), and when it is whole again."""

    name: str
    kind: str
    used: int
    amount: int
    frees: float


class BoundModels:
    """The models, for one plugin."""

    def __init__(self, models: Models, plugin: str, default: Any) -> None:
        """``default(persona)`` gives the chain of a persona's name, or the host's main one's for ``""``."""
        self._models = models
        self._plugin = plugin
        self._default = default

    async def complete(
        self,
        prompt: str | Sequence[Turn],
        *,
        asker: Person | None,
        place: Message | Channel | Guild | None = None,
        purpose: str,
        model: str | Sequence[str] = (),
        persona: str = "",
        max_tokens: int = 1250,
        temperature: float | None = None,
        schema: Mapping[str, Any] | None = None,
        deadline: float = 60.0,
    ) -> Completion:
        """Ask a model for one answer.

        ``asker`` is the human on whose behalf it is asked (``None``: the plugin itself), ``purpose`` a word for the
        account (``"summary"``), ``model`` a chain of names (else the persona's, else the main persona's), ``schema`` a
        JSON Schema for structured output (see ``Completion.data``), ``deadline`` the seconds for everything. Raises
        ``Denied`` where the asker may not use models, ``OverBudget``, or ``ModelError`` where no model answers.
        """
        turns = (Turn("user", prompt),) if isinstance(prompt, str) else tuple(prompt)

        def made(choice: Choice) -> Prompt:
            return Prompt(
                turns, choice.model, max_tokens, temperature, persona, key=f"{self._plugin}/{purpose}", schema=schema
            )

        asking = Asking(asker, _guild(place), persona, self._plugin, purpose, _seq(place))
        _, completion = await self._models.complete(self._chain(model, persona), made, asking, deadline=deadline)
        return completion

    async def embed(
        self,
        texts: Sequence[str],
        *,
        asker: Person | None = None,
        place: Message | Channel | Guild | None = None,
        model: str | Sequence[str],
        purpose: str = "embedding",
        deadline: float = 60.0,
    ) -> Embedded:
        """Vectors of texts. Raises as :meth:`complete`."""
        asking = Asking(asker, _guild(place), "", self._plugin, purpose, _seq(place))
        _, vectors = await self._models.embed(self._chain(model, ""), texts, asking, deadline=deadline)
        return vectors

    async def usage(
        self, by: Sequence[str] = (), *, days: float = 30.0, only: Mapping[str, str] = MappingProxyType({})
    ) -> list[Sum]:
        """What was used in the last days, summed by some of ``persona``, ``person``, ``guild``, ``model``, ``day``, …

        Raises ``BadArgument`` for a name that there is not.
        """
        return await self._models.usage(by, days=days, only=only)

    async def budgets(self, person: Person, place: Message | Channel | Guild, persona: str = "") -> list[Spent]:
        """The budgets that hold for somebody there now, and how much of each is used."""
        budgets = self._models.account.budgets
        limits = budgets.limits(Asking(person, _guild(place), persona, self._plugin))
        return [Spent(each.name, each.kind, await budgets.used(each), each.amount, each.window.end) for each in limits]

    def has(self, model: str | Sequence[str] = (), persona: str = "") -> bool:
        """Whether there is a real model to ask (not only the offline one)."""
        return any(not choice.provider.free for choice in self._chain(model, persona))

    def count(self, text: str, model: str | Sequence[str] = (), persona: str = "") -> int:
        """Tokens of a text, estimated from above, as the first model of the chain counts them."""
        chain = self._chain(model, persona)
        return chain[0].provider.count(text) if chain else len(text)

    def window(self, model: str | Sequence[str] = (), persona: str = "") -> int:
        """The smallest window of the chain, in tokens. Raises ``ModelError`` if it is empty."""
        chain = self._chain(model, persona)
        if not chain:
            raise ModelError("no such model can be asked", remedy="name one as provider:model")
        return min(choice.window for choice in chain)

    def _chain(self, model: str | Sequence[str], persona: str) -> list[Choice]:
        names = (model,) if isinstance(model, str) else tuple(model)
        return self._models.chain(tuple(filter(None, names)) or self._default(persona))


def _guild(place: Message | Channel | Guild | None) -> Guild:
    if isinstance(place, Message | Channel):
        return place.guild
    return place or Guild("")


def _seq(place: Message | Channel | Guild | None) -> int:
    return place.seq if isinstance(place, Message) else 0


def chain_of(personas: Personas, name: str) -> tuple[str, ...]:
    """The chain of a persona, or of the host's main one."""
    persona = personas.get(name or personas.main)
    return persona.model if persona is not None else ("offline",)

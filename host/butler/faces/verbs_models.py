"""What the command line asks about language models."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import attrs

from butler.errors import ButlerError, ModelError
from butler.faces.control import Tell, Verb
from butler.model import Guild
from butler.services.consents import TRAINING
from butler.services.conversations import FORMS, lines, sessions
from butler.services.llm import Asking

if TYPE_CHECKING:
    from butler.host import Host

Args = Mapping[str, Any]


class ModelVerbs:
    """The verbs about models, of one host."""

    def __init__(self, host: Host) -> None:
        self._host = host

    @property
    def all(self) -> dict[str, Verb]:
        """Every verb by name."""
        return {"usage": self.usage, "models": self.models, "conversations": self.conversations}

    async def usage(self, args: Args, tell: Tell) -> dict[str, Any]:
        """The account, summed up, and how much of the host's budgets is used."""
        by, days, only = args.get("by", []), args.get("days", 30.0), args.get("only", {})
        if not isinstance(by, list) or not isinstance(only, dict) or not isinstance(days, int | float):
            raise ButlerError("usage takes a list `by`, a number `days` and a table `only`")
        models = self._host.models
        rows = await models.usage([str(name) for name in by], days=days, only={k: str(v) for k, v in only.items()})
        budgets = models.account.budgets
        limits = budgets.limits(Asking(None, Guild("")))
        return {
            "currency": models.chains.currency,
            "rows": [attrs.asdict(row) for row in rows],
            "limits": [
                {"name": limit.name, "kind": limit.kind, "amount": limit.amount, "used": await budgets.used(limit)}
                for limit in limits
            ],
        }

    async def conversations(self, args: Args, tell: Tell) -> dict[str, Any]:
        """Conversations of those who agreed, as lines of a form."""
        host, form = self._host, str(args.get("form", "openai"))
        if form not in FORMS:
            raise ButlerError(f"there is no form {form!r}", remedy=f"choose from {', '.join(FORMS)}")
        agreed = await host.consents.of(TRAINING)
        rated = [guild.id for guild in host.places.guilds if host.settings.for_("host", guild.id).ratings]
        where = {"persona": str(args.get("persona", "")), "guild": str(args.get("guild", ""))}
        found = [each async for each in sessions(host.database, agreed, rated, **where)]

        def prompt(name: str) -> str:
            persona = host.personas.get(name)
            return persona.prompt if persona else ""

        return {"lines": list(lines(form, found, prompt)), "people": len({each.person for each in found})}

    async def models(self, args: Args, tell: Tell) -> dict[str, Any]:
        """Every model of every provider, and which providers could not be asked."""
        chains = self._host.models.chains
        found, problems = [], {}
        for name, provider in sorted(chains.providers().items()):
            try:
                names = await self._host.models.listed(provider)
            except ModelError as error:
                problems[name] = str(error)
                continue
            for model in names or ([name] if provider.free else []):
                facts = chains.facts(provider, model)
                found.append(attrs.asdict(facts) | {"name": name if model == name else f"{name}:{model}"})
        return {"models": found, "problems": problems}

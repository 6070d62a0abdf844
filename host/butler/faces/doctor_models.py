"""What ``butler doctor`` says of language models: whether providers answer, keys, models, prices (HOST-26, LLM-6)."""

from __future__ import annotations

import datetime as dt
from collections.abc import AsyncIterator, Collection, Iterator, Sequence
from typing import TYPE_CHECKING, Final

import attrs

from butler.check import Check
from butler.config.problems import nearest
from butler.errors import ModelError
from butler.provider import Provider

if TYPE_CHECKING:
    from butler.host import Host
    from butler.services.llm.chain import Choice

DEADLINE: Final = 10.0
"""Seconds that a provider may take to say which models it has."""
OLD: Final = dt.timedelta(days=183)
"""Prices that were read longer ago are worth a look."""
MOST: Final = 5


async def models(host: Host) -> AsyncIterator[Check]:
    """Every check of providers and of the models that personas use."""
    for check in _chain(host):
        yield check
    listed: dict[str, Sequence[str]] = {}
    for name in sorted(host.config.providers):
        provider = host.lifecycle.providers.get(name)
        if provider is None:
            yield _absent(host, name)
            continue
        found = await _health(host, name, provider)
        for check in found:
            yield check
        if all(check.level == "ok" for check in found):
            listed[name] = await _listed(host, name, provider)
    for choice in _used(host):
        for check in _model(choice, listed.get(choice.provider.name, ()), host.clock.now().date()):
            yield check


def _chain(host: Host) -> Iterator[Check]:
    main = host.personas.get(host.personas.main)
    named = main.model if main else ()
    for model in named:
        name = model.partition(":")[0]
        if name not in {"offline", *host.lifecycle.providers} and name not in host.config.providers:
            remedy = f"install its package and add [providers.{name}], or change the model of {host.personas.main}"
            yield Check("model", "fail", f"{model}: there is no provider {name}", remedy)
    if all(model == "offline" for model in named):
        remedy = "install a provider, `butler keys set` its key, name a model under [personas.NAME]"
        yield Check("model", "warn", "no language model is configured: answers come from what is at hand", remedy)
    else:
        yield Check("model", "ok", ", ".join(named))


def _absent(host: Host, name: str) -> Check:
    """Configured, and not there: for want of its package, or for a reason that is known."""
    missing = host.config.missing(host.config.providers[name], ("providers", name))
    if missing:
        return Check(f"provider {name}", "fail", f"{missing[0].key}: {missing[0].what}", missing[0].remedy)
    reasons = [text for plugin, text in sorted(host.lifecycle.problems.items()) if name in plugin]
    if reasons:
        return Check(f"provider {name}", "fail", reasons[0], "correct that; see `butler logs`")
    return Check(f"provider {name}", "fail", "is configured and does not run", "install and enable its package")


async def _health(host: Host, name: str, provider: Provider) -> list[Check]:
    """Whether it answers and takes the key, in its own words."""
    found, fault = await host.dispatch.guarded(
        name, "health", provider.health, guild="", deadline=DEADLINE, counts=False
    )
    if fault is not None:
        return [Check(f"provider {name}", "fail", f"did not answer ({fault.error})", f"butler logs --plugin {name}")]
    remedy = f"`butler keys set {name}` if it is the key, else see what base_url says"
    return [each if each.remedy or each.level == "ok" else attrs.evolve(each, remedy=remedy) for each in found or ()]


async def _listed(host: Host, name: str, provider: Provider) -> Sequence[str]:
    """The models that it has; none if it does not say."""
    try:
        found, _ = await host.dispatch.guarded(
            name, "models", provider.models, guild="", deadline=DEADLINE, expected=(ModelError,), counts=False
        )
    except ModelError:
        return ()
    return tuple(found or ())


def _used(host: Host) -> list[Choice]:
    """Every model that a persona names, once, of providers that run."""
    names = {model: None for persona in host.personas for model in persona.model if not model.startswith("offline")}
    there = host.lifecycle.providers
    found = (host.models.chains.choice(name) for name in sorted(names) if name.partition(":")[0] in there)
    return [choice for choice in found if choice is not None]


def _model(choice: Choice, listed: Collection[str], today: dt.date) -> Iterator[Check]:
    name = f"model {choice.name}"
    if listed and not _is_listed(choice.model, listed):
        near = nearest(choice.model, listed)
        others = ", ".join(sorted(listed)[:MOST])
        remedy = f"did you mean {choice.provider.name}:{near}?" if near else f"it has {others}"
        yield Check(name, "fail", f"{choice.provider.name} does not know it", remedy)
        return
    if choice.provider.free:
        return
    facts = choice.facts
    if not facts.is_priced:
        remedy = "write its prices into models.toml beside butler.toml, with their source and date"
        yield Check(name, "warn", "what it costs is not known: money budgets cannot hold it", remedy)
    elif (age := _age(facts.date, today)) is None or age > OLD:
        remedy = "look whether they still hold, and put them into models.toml beside butler.toml with today's date"
        told = f"its prices are of {facts.date}" if facts.date else "nobody says of when its prices are"
        yield Check(name, "warn", told, remedy)
    else:
        yield Check(name, "ok", f"prices of {facts.date}")


def _is_listed(model: str, listed: Collection[str]) -> bool:
    """Some list ``llama3:latest`` for ``llama3``, or a dated name for one without a date."""
    return model in listed or any(each.startswith((f"{model}:", f"{model}-")) for each in listed)


def _age(date: str, today: dt.date) -> dt.timedelta | None:
    try:
        return today - dt.date.fromisoformat(date)
    except ValueError:
        return None

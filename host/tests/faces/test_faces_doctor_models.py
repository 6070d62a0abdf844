"""What ``butler doctor`` says of providers, keys, models and prices (HOST-26, LLM-6)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from typing import Any

import attrs
import pytest
from butler import Completion, Model, ModelMisconfigured, ModelUnavailable, Plugin, Prompt, Provider, secret
from butler.faces.doctor_host import host_checks
from butler.testing import House

pytestmark = pytest.mark.spec("HOST-26", "LLM-6")


@attrs.frozen
class Settings:
    """[providers.fake]"""

    key: str = secret("given")
    """A key."""


def plugin(
    models: Sequence[str] | Exception, facts: Callable[[str], Model] = Model, free: bool = False
) -> type[Plugin]:
    """A provider that lists these models, or fails so."""

    async def listed(self: Provider) -> Sequence[str]:
        if isinstance(models, Exception):
            raise models
        return models

    async def complete(self: Provider, prompt: Prompt) -> Completion:
        raise NotImplementedError

    body = {"name": "fake", "settings": Settings, "free": free, "models": listed, "complete": complete,
            "model": lambda self, name: facts(name)}  # fmt: skip
    made = type("Fake", (Provider,), body)
    return type("FakePlugin", (Plugin,), {"name": "fakes", "provider": made, "__doc__": "x", "__module__": __name__})


def checks(make_house: Callable[..., House], fakes: Any, model: str = "fake:big", key: str = "") -> dict[str, Any]:
    line = f'key = "{key}"' if key else ""
    toml = f'[providers.fake]\n{line}\n[personas.TheButler]\nprompt = "x"\nmodel = "{model}"\n'
    house = make_house([fakes] if fakes else [], toml=toml)
    found = house.run(host_checks(house.host, running=False))
    return {check.name: check for check in found}


def priced(date: str) -> Callable[[str], Model]:
    return lambda name: Model(name, input_price=1, output_price=2, date=date)


def today(days: int) -> str:
    from butler.testing import START

    return (START.date() - dt.timedelta(days)).isoformat()


def test_a_provider_that_answers_is_well(make_house: Callable[..., House]) -> None:
    found = checks(make_house, plugin(["big", "small"], priced(today(10))))
    assert found["provider fake"].level == "ok"
    assert "2 models" in found["provider fake"].text
    assert found["model fake:big"].level == "ok"


@pytest.mark.parametrize(
    ("models", "text", "remedy"),
    [
        (ModelMisconfigured("it refuses the key"), "refuses the key", "`butler keys set fake`"),
        (ModelUnavailable("it cannot be reached", remedy="look at base_url"), "cannot be reached", "look at base_url"),
        (ZeroDivisionError("a fault of its own"), "did not answer", "butler logs"),
    ],
)
def test_one_that_does_not_is_told_with_reason_and_remedy(
    make_house: Callable[..., House], models: Exception, text: str, remedy: str
) -> None:
    check = checks(make_house, plugin(models))["provider fake"]
    assert check.level == "fail"
    assert text in check.text
    assert remedy in check.remedy


def test_a_missing_key_is_named_with_its_line(make_house: Callable[..., House]) -> None:
    check = checks(make_house, plugin([]), key="env:FAKE_KEY")["provider fake"]
    assert (check.level, check.text) == ("fail", "providers.fake.key: the variable FAKE_KEY is not set")
    assert "butler keys set FAKE_KEY" in check.remedy


def test_a_provider_without_its_package_is_told(make_house: Callable[..., House]) -> None:
    check = checks(make_house, None)["provider fake"]
    assert (check.level, check.text) == ("fail", "is configured and does not run")


def test_a_model_that_the_provider_does_not_know_gets_the_nearest_name(make_house: Callable[..., House]) -> None:
    check = checks(make_house, plugin(["big-model", "small"]), "fake:bigg-model")["model fake:bigg-model"]
    assert check.level == "fail"
    assert "did you mean fake:big-model?" in check.remedy


@pytest.mark.parametrize("listed", [["big:latest"], ["big-2026-01-01"], ["big"], []])
def test_a_model_is_known_by_its_name_without_date_and_tag(make_house: Callable[..., House], listed: list[str]) -> None:
    assert checks(make_house, plugin(listed, priced(today(1))))["model fake:big"].level == "ok"


@pytest.mark.parametrize(("date", "level"), [(today(182), "ok"), (today(184), "warn"), ("", "warn"), ("soon", "warn")])
def test_prices_older_than_half_a_year_are_worth_a_word(
    make_house: Callable[..., House], date: str, level: str
) -> None:
    assert checks(make_house, plugin(["big"], priced(date)))["model fake:big"].level == level


def test_an_unknown_price_is_said_to_be_unknown(make_house: Callable[..., House]) -> None:
    check = checks(make_house, plugin(["big"]))["model fake:big"]
    assert check.level == "warn"
    assert "not known" in check.text


def test_what_costs_nothing_needs_no_price(make_house: Callable[..., House]) -> None:
    assert "model fake:big" not in checks(make_house, plugin(["big"], free=True))

"""Budgets: how much may be asked of language models, by whom, in which time (HOST-18).

Each holds in an hour, a day or a month of the zone that holds there, from its first minute on. A nearer level may
lower it and never raise it; ``None`` is no limit. They are keys of ``[host]``, so that a guild can set its own.
"""

from __future__ import annotations

from typing import Any

import attrs

from butler.setting import host_wide, limit


def _not_negative(_: Any, __: Any, value: float | None) -> None:
    if value is not None and value < 0:
        raise ValueError(f"expected 0 or more, not {value}")


def _budget(default: float | None = None, *, wide: bool = False) -> Any:
    return (host_wide if wide else limit)(default, validator=_not_negative)


@attrs.frozen
class BudgetSettings:
    """What ``[host]`` says of budgets."""

    budget_person_hour_requests: int | None = _budget(60)
    """What one person may ask of models in an hour. Also: ``guild``, ``persona``, ``host``; ``day``, ``month``;
    ``tokens``, ``money`` (units of the price file's currency), in all combinations."""
    budget_person_hour_tokens: int | None = _budget()
    budget_person_hour_money: float | None = _budget()
    budget_person_day_requests: int | None = _budget()
    budget_person_day_tokens: int | None = _budget()
    budget_person_day_money: float | None = _budget()
    budget_person_month_requests: int | None = _budget()
    budget_person_month_tokens: int | None = _budget()
    budget_person_month_money: float | None = _budget()
    budget_guild_hour_requests: int | None = _budget()
    budget_guild_hour_tokens: int | None = _budget()
    budget_guild_hour_money: float | None = _budget()
    budget_guild_day_requests: int | None = _budget()
    budget_guild_day_tokens: int | None = _budget()
    budget_guild_day_money: float | None = _budget()
    budget_guild_month_requests: int | None = _budget()
    budget_guild_month_tokens: int | None = _budget()
    budget_guild_month_money: float | None = _budget()
    budget_persona_hour_requests: int | None = _budget()
    budget_persona_hour_tokens: int | None = _budget()
    budget_persona_hour_money: float | None = _budget()
    budget_persona_day_requests: int | None = _budget()
    budget_persona_day_tokens: int | None = _budget()
    budget_persona_day_money: float | None = _budget()
    budget_persona_month_requests: int | None = _budget()
    budget_persona_month_tokens: int | None = _budget()
    budget_persona_month_money: float | None = _budget()
    budget_host_hour_requests: int | None = _budget(wide=True)
    budget_host_hour_tokens: int | None = _budget(wide=True)
    budget_host_hour_money: float | None = _budget(wide=True)
    budget_host_day_requests: int | None = _budget(wide=True)
    budget_host_day_tokens: int | None = _budget(5_000_000, wide=True)
    budget_host_day_money: float | None = _budget(wide=True)
    budget_host_month_requests: int | None = _budget(wide=True)
    budget_host_month_tokens: int | None = _budget(wide=True)
    budget_host_month_money: float | None = _budget(wide=True)
    budget_new_guild_day_requests: int | None = host_wide(50, validator=_not_negative)
    """What a guild may ask of models in a day until somebody configures it (HOST-30)."""
    budget_unpriced: bool = host_wide(False)
    """Whether models whose price is not known may be asked although a budget of money holds."""
    budget_cheaper: list[str] = attrs.field(factory=list)
    """The chain of models that is asked where a budget is used up for the others: ``["ollama:llama3.2"]``."""

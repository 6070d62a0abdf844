"""The models of one host, put together."""

from __future__ import annotations

from typing import TYPE_CHECKING

from butler.config.budgets import BudgetSettings
from butler.model import Rank
from butler.services.llm.account import Account
from butler.services.llm.asking import Asking
from butler.services.llm.budgets import Budgets
from butler.services.llm.chain import Chains
from butler.services.llm.ledger import Ledger
from butler.services.llm.service import Models

if TYPE_CHECKING:
    from butler.host import Host

USE = "model.use"
"""The grant that whoever asks a model needs."""


def compose_models(host: Host) -> Models:
    """What asks models for a host."""

    def told(asking: Asking) -> BudgetSettings:
        found: BudgetSettings = host.settings.for_("host", asking.guild.id, "", asking.person, asking.persona)
        return found

    def is_new(asking: Asking) -> bool:
        if not asking.guild.id or host.settings.is_configured(asking.guild.id):
            return False
        if host.admissions.of(asking.guild.id).by:  # an operator's word: nobody is refused who comes this far
            return False
        return asking.asker is None or host.permissions.rank(asking.asker, asking.guild) < Rank.OWNER

    def allowed(asking: Asking) -> None:
        if asking.asker is not None:
            host.permissions.check(asking.asker, asking.guild, grants=(USE,))

    ledger = Ledger(host.database, host.clock)
    budgets = Budgets(host.database, ledger, host.clock, told=told, zone=host.zone, is_new=is_new, links=host.links)
    chains = Chains(lambda: {"offline": host.offline, **host.lifecycle.providers}, host.config.folder)
    return Models(chains, Account(ledger, budgets, host.clock), host.dispatch.guarded, host.clock, allowed=allowed)

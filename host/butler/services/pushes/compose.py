"""The parts that tell people, put together."""

from __future__ import annotations

from typing import TYPE_CHECKING

from butler.services.pushes.service import Pushes
from butler.services.pushes.telling import Telling

if TYPE_CHECKING:
    from butler.host import Host


def compose_pushes(host: Host) -> Pushes:
    """What pushes to people for a host; its delivery is there already."""
    telling = Telling(
        host.journal, host.clock, host.places, host.contacts, host.platform,
        asked=host.delivery.asked, act=host.acts.act, dress=host.controls.dressed,
    )  # fmt: skip
    pushes = Pushes(
        journal=host.journal, clock=host.clock, scope=host.scope, settings=host.settings,
        contacts=host.contacts, quiet=host.quiet, telling=telling, send=host.delivery.offer,
    )  # fmt: skip
    host.delivery.to_people, host.outgoing.undeliverable = pushes.offer, pushes.failed
    return pushes

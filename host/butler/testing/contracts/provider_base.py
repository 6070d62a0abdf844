"""What the suites for providers stand on: a provider, the stand-in it speaks to, one loop for both."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Coroutine
from types import SimpleNamespace
from typing import Any, ClassVar

from butler.clock import Clock
from butler.provider import Provider
from butler.testing.contracts.asking import Asking
from butler.testing.contracts.reasons import Contract
from butler.testing.providers import StandIn

WITHIN = 30.0
"""Real seconds that anything may take."""
SOON = 5.0
"""Real seconds in which a server hears that its client is gone."""


class ProviderSuite(Contract):
    """What a subclass of the contract says."""

    model: ClassVar[str] = "small"
    embedder: ClassVar[str] = "vectors"
    """The model for embeddings; empty for a provider that makes none."""

    def server(self) -> StandIn:
        """A stand-in that does not serve yet."""
        raise NotImplementedError

    def provider(self, server: StandIn, key: str) -> Provider:
        """A provider that speaks to it with a key."""
        raise NotImplementedError

    def house(self) -> Any:
        """What a provider sees of the host."""
        return SimpleNamespace(clock=Clock(), plugin="provider")

    def run(self, work: Coroutine[Any, Any, None]) -> None:
        """How a test runs."""
        asyncio.run(asyncio.wait_for(work, WITHIN))

    def asking(self, check: Callable[[Asking], Coroutine[Any, Any, None]]) -> None:
        """Run a check with a provider and its stand-in, in one loop."""

        async def main() -> None:
            async with self.server() as server:
                provider = self.provider(server, server.key)
                try:
                    await check(Asking(provider, server, self.model))
                finally:
                    await provider.close()

        self.run(main())

    async def cancelled(self, task: asyncio.Future[Any]) -> None:
        """Cancel a call; it ends as cancelled."""
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.wait_for(task, SOON)
        assert task.cancelled(), "the call did not end when it was cancelled"

"""Names to addresses, on threads of their own, so that a slow name server keeps nobody else's threads."""

from __future__ import annotations

import asyncio
import contextlib
import ipaddress
import socket
import threading
from collections.abc import Awaitable, Callable, Sequence
from typing import Final

from butler.config.destinations import Address

AT_ONCE: Final = 8
"""Look-ups under way, those that nobody waits for any more included."""

Resolver = Callable[[str], Awaitable[Sequence[Address]]]
"""Gives the addresses of a name, in the order in which they are to be tried. Raises ``OSError``."""


class SystemResolver:
    """Asks the system: ``/etc/hosts``, then its name servers."""

    def __init__(self) -> None:
        self._free = asyncio.Semaphore(AT_ONCE)

    async def __call__(self, name: str) -> Sequence[Address]:
        """The addresses of a name. Raises ``OSError``."""
        await self._free.acquire()
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[Sequence[Address]] = loop.create_future()

        def tell(found: Sequence[Address] | OSError) -> None:
            loop.call_soon_threadsafe(self._found, answer, found)

        # a daemon: the system cannot be told to stop looking, and the host must be able to end
        threading.Thread(target=_look_up, args=(name, tell), name="butler-look-up", daemon=True).start()
        return await answer

    def _found(self, answer: asyncio.Future[Sequence[Address]], found: Sequence[Address] | OSError) -> None:
        self._free.release()
        if answer.done():
            return
        if isinstance(found, OSError):
            answer.set_exception(found)
        else:
            answer.set_result(found)


def _look_up(name: str, tell: Callable[[Sequence[Address] | OSError], object]) -> None:
    found: Sequence[Address] | OSError
    try:
        rows = socket.getaddrinfo(name, None, type=socket.SOCK_STREAM)
        found = tuple(dict.fromkeys(ipaddress.ip_address(str(row[4][0])) for row in rows))
    except OSError as error:
        found = error
    except ValueError:  # a name that cannot be written, an address of another kind
        found = OSError("it has no address")
    with contextlib.suppress(RuntimeError):  # the loop has ended meanwhile
        tell(found)

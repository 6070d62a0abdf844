"""Stand-ins for language models: servers on loopback that speak a provider's protocol and say what the test wants.

Real sockets, so that real client libraries are tried against them. Each keeps an exact account of what it billed::

    from butler.testing.providers.openai import OpenAI

    with OpenAI() as server:                      # in a thread; `async with` serves in the running loop
        server.say("Good evening.")               # what it answers next
        server.say(throttled(2), "Later, then.")  # first a refusal to answer now
        ...                                       # let a client talk to server.url
        assert server.account.usage.output == 5

``python -m butler.testing.providers openai`` serves one to try by hand. How to write one for another protocol stands in
:mod:`butler.testing.providers.standin`.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from butler.testing.providers.account import Account, Bill
    from butler.testing.providers.asked import Asked
    from butler.testing.providers.cache import PrefixCache
    from butler.testing.providers.script import Answer, Break, Failure, Script, failing, overloaded, throttled
    from butler.testing.providers.served import Served
    from butler.testing.providers.standin import StandIn

_MODULES = {
    "account": ("Account", "Bill"),
    "asked": ("Asked",),
    "cache": ("PrefixCache",),
    "script": ("Answer", "Break", "Failure", "Script", "failing", "overloaded", "throttled"),
    "served": ("Served",),
    "standin": ("StandIn",),
}

__all__ = [
    "Account",
    "Answer",
    "Asked",
    "Bill",
    "Break",
    "Failure",
    "PrefixCache",
    "Script",
    "Served",
    "StandIn",
    "failing",
    "overloaded",
    "throttled",
]


def __getattr__(name: str) -> Any:
    for module, names in _MODULES.items():
        if name in names:
            return getattr(importlib.import_module(f"{__name__}.{module}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")

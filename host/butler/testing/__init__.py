"""The test kit for plugins: a host in a box, a platform in memory, a scripted model, a virtual clock.

pytest finds the fixtures ``house`` and ``make_house`` by itself. Nothing is imported before it is used.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from butler.testing.clock import START, Stuck, VirtualClock, VirtualLoop
    from butler.testing.faults import Faults
    from butler.testing.house import House
    from butler.testing.misbehaving import Blocks, Clings, Exits, Hangs, Leaks, Misbehaving, Raises
    from butler.testing.model import ScriptedModel
    from butler.testing.pages import Asked, Pages, WebAnswer
    from butler.testing.platform import FakePlatform
    from butler.testing.real import running
    from butler.testing.world import Done, Shown, World

_MODULES = {
    "clock": ("START", "Stuck", "VirtualClock", "VirtualLoop"),
    "faults": ("Faults",),
    "house": ("House",),
    "misbehaving": ("Blocks", "Clings", "Exits", "Hangs", "Leaks", "Misbehaving", "Raises"),
    "model": ("ScriptedModel",),
    "pages": ("Asked", "Pages", "WebAnswer"),
    "platform": ("FakePlatform",),
    "real": ("running",),
    "world": ("Done", "Shown", "World"),
}

__all__ = [
    "START",
    "Asked",
    "Blocks",
    "Clings",
    "Done",
    "Exits",
    "FakePlatform",
    "Faults",
    "Hangs",
    "House",
    "Leaks",
    "Misbehaving",
    "Pages",
    "Raises",
    "ScriptedModel",
    "Shown",
    "Stuck",
    "VirtualClock",
    "VirtualLoop",
    "WebAnswer",
    "World",
    "running",
]


def __getattr__(name: str) -> Any:
    for module, names in _MODULES.items():
        if name in names:
            return getattr(importlib.import_module(f"{__name__}.{module}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")

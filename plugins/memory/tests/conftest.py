"""A house whose butler has a model and a memory."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from butler.testing import House
from butler_memory import Memory

TOML = "[personas.TheButler]\nmodel = 'script:one'\n"


@pytest.fixture
def house_with_memory(make_house: Callable[..., House]) -> House:
    """With a scripted model."""
    return make_house([Memory], toml=TOML)

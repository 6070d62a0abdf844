"""What every plugin keeps to."""

from __future__ import annotations

from butler.testing.contracts import PluginContract
from butler_persona_claude import PersonaClaude


class TestPersonaClaude(PluginContract):
    """Characters keep to it."""

    plugin = PersonaClaude

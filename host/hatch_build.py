"""Puts the plugin template into what is built, so that an installed host can run ``butler new``."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

NAME = "plugin_template"


class Template(BuildHookInterface):  # type: ignore[type-arg]
    """It lies beside the host in a checkout, and inside of a source distribution."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Include it; an editable installation finds it in the checkout."""
        if version == "editable":
            return
        root = Path(self.root)
        found = next((place for place in (root / NAME, root.parent / NAME) if place.is_dir()), None)
        if found is None:
            raise FileNotFoundError(f"{NAME} is missing beside {root}: build from a checkout or a source distribution")
        build_data["force_include"][str(found)] = NAME if self.target_name == "sdist" else f"butler/{NAME}"

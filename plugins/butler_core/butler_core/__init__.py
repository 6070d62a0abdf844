"""TheButler at home in a community: it welcomes, converses, and keeps house."""

from butler_core.plugin import ButlerCore

__all__ = ["ButlerCore"]

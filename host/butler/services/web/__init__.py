"""The web, for plugins and for the tools of models: safe to give an address that a stranger wrote (OPS-11)."""

from butler.services.web.bound import BoundWeb
from butler.services.web.fetched import Fetched
from butler.services.web.service import Web
from butler.services.web.target import Asker

__all__ = ["Asker", "BoundWeb", "Fetched", "Web"]

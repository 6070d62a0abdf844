"""Who is who: the accounts of one person on several platforms (HOST-24)."""

from butler.services.identity.linking import Linking
from butler.services.identity.links import Links, Who

__all__ = ["Linking", "Links", "Who"]

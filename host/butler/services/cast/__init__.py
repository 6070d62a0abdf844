"""Who is on stage: personas that stay in a channel for a while, and whom a conversation is with (HOST-13, HOST-14)."""

from butler.services.cast.kinship import Kinship
from butler.services.cast.partners import Partners
from butler.services.cast.residences import Residence, Residences

__all__ = ["Kinship", "Partners", "Residence", "Residences"]

"""What is said to people unasked: if they want to be told, when they are awake, and no faster than platforms allow."""

from butler.services.pushes.contacts import Contact, Contacts
from butler.services.pushes.outcome import Pushed, outcome
from butler.services.pushes.quiet import Quiet
from butler.services.pushes.service import Pushes
from butler.services.pushes.telling import NO_MORE, PUSH, Telling

__all__ = ["NO_MORE", "PUSH", "Contact", "Contacts", "Pushed", "Pushes", "Quiet", "Telling", "outcome"]

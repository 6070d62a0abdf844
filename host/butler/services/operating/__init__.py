"""The operator's console: its commands, run for whoever holds the host's files (LUNA-14, LUNA-15)."""

from butler.services.operating.complete import Suggestion
from butler.services.operating.service import Answer, Operating

__all__ = ["Answer", "Operating", "Suggestion"]

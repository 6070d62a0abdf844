"""Export and forget for a person: the host and every plugin, with a receipt and a second look (HOST-22)."""

from butler.services.privacy.forgetting import Keeper
from butler.services.privacy.forgotten import Forgotten, carry_over
from butler.services.privacy.receipt import Line, Receipt
from butler.services.privacy.service import Privacy

__all__ = ["Forgotten", "Keeper", "Line", "Privacy", "Receipt", "carry_over"]

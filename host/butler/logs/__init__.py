"""The log: one file that rotates (JSON lines), short lines on the terminal, and ``butler logs`` (HOST-23)."""

from butler.logs.mask import MASK, masked
from butler.logs.read import Level, read_logs
from butler.logs.setup import Logs, configure

__all__ = ["MASK", "Level", "Logs", "configure", "masked", "read_logs"]

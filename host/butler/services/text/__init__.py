"""The host's Markdown: taken apart on arrival, cut to measure, made harmless, made plain, quoted for a model."""

from butler.services.text.arrival import Parsed, parse
from butler.services.text.cut import split
from butler.services.text.plain import inert, plain
from butler.services.text.quoting import QUOTE_RULE, harmless, quoted

__all__ = ["QUOTE_RULE", "Parsed", "harmless", "inert", "parse", "plain", "quoted", "split"]

"""The host's Markdown: taken apart on arrival, cut to a platform's measure, made harmless, made plain."""

from butler.services.text.arrival import Parsed, parse
from butler.services.text.cut import split
from butler.services.text.plain import inert, plain

__all__ = ["Parsed", "inert", "parse", "plain", "split"]

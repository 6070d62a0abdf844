"""A calculator for what anybody may type: it knows numbers and nothing of Python, and everything in it is bounded."""

from __future__ import annotations

import math
import operator
import re
from collections.abc import Callable, Mapping
from typing import Final

from butler import BadArgument

Number = int | float
LONGEST, DEEPEST, BITS = 300, 40, 4096
"""Characters of an expression, brackets within brackets, bits of a whole number."""
_TOKEN: Final = re.compile(r"\s*(?:(\d+(?:\.\d*)?(?:[eE][+-]?\d{1,3})?|\.\d+)|([a-zA-Z]\w*)|(\*\*|//|[-+*/%^(),×÷]))")
_PERCENT: Final = re.compile(r"%\s*of\b", re.IGNORECASE)
_CONSTANTS: Final[Mapping[str, float]] = {"pi": math.pi, "e": math.e, "tau": math.tau}
_FUNCTIONS: Final[Mapping[str, Callable[..., Number]]] = {
    "sqrt": math.sqrt, "abs": abs, "round": round, "floor": math.floor, "ceil": math.ceil, "exp": math.exp,
    "log": math.log, "ln": math.log, "log2": math.log2, "log10": math.log10, "sin": math.sin, "cos": math.cos,
    "tan": math.tan, "asin": math.asin, "acos": math.acos, "atan": math.atan, "min": min, "max": max,
    "hypot": math.hypot, "degrees": math.degrees, "radians": math.radians,
}  # fmt: skip
_SUMS: Final = {"+": operator.add, "-": operator.sub}
_PRODUCTS: Final = {
    "*": operator.mul, "×": operator.mul, "/": operator.truediv, "÷": operator.truediv, "//": operator.floordiv,
    "%": operator.mod,
}  # fmt: skip


def calculate(text: str) -> str:
    """The result in figures. Raises ``BadArgument`` that says what is wrong."""
    if len(text) > LONGEST:
        raise BadArgument(f"that is longer than {LONGEST} characters", remedy="calculate it in parts")
    try:
        return shown(_Reader(_PERCENT.sub("/100*", text)).whole())
    except ZeroDivisionError as error:
        raise BadArgument("nothing can be divided by zero") from error
    except (OverflowError, ValueError, TypeError) as error:
        raise BadArgument("that has no result that I could write down", remedy="look at what stands in it") from error


def shown(value: Number) -> str:
    """A number as people write it: whole where it is whole, else in at most twelve figures."""
    if isinstance(value, float):
        if not math.isfinite(value):
            raise OverflowError
        if value != int(value) or abs(value) >= 1e15:
            return f"{value:.12g}"
        value = int(value)
    return str(value) if value.bit_length() <= 200 else f"{str(value)[:12]}… ({len(str(abs(value)))} figures)"


class _Reader:
    """Reads an expression from left to right, and calculates as it goes."""

    def __init__(self, text: str) -> None:
        self._tokens = _tokens(text)
        self._at = 0
        self._depth = 0

    def whole(self) -> Number:
        value = self._sum()
        if self._next():
            raise _odd(self._next())
        return value

    def _next(self) -> str:
        return self._tokens[self._at] if self._at < len(self._tokens) else ""

    def _take(self, *wanted: str) -> str:
        token = self._next()
        if wanted and token not in wanted:
            raise _odd(token)
        self._at += 1
        return token

    def _sum(self) -> Number:
        self._depth += 1
        if self._depth > DEEPEST:
            raise BadArgument(f"that is nested deeper than {DEEPEST} times", remedy="calculate it in parts")
        value = self._product()
        while self._next() in _SUMS:
            value = _bounded(_SUMS[self._take()](value, self._product()))
        self._depth -= 1
        return value

    def _product(self) -> Number:
        value = self._signed()
        while self._next() in _PRODUCTS:
            value = _bounded(_PRODUCTS[self._take()](value, self._signed()))
        return value

    def _signed(self) -> Number:
        sign = 1
        while self._next() in ("+", "-"):
            sign = -sign if self._take() == "-" else sign
        value = self._atom()
        if self._next() in ("**", "^"):
            self._take()
            self._depth += 1
            if self._depth > DEEPEST:
                raise BadArgument(f"that is nested deeper than {DEEPEST} times", remedy="calculate it in parts")
            value = _power(value, self._signed())
            self._depth -= 1
        return sign * value

    def _atom(self) -> Number:
        first = self._take()
        if first == "(":
            value = self._sum()
            self._take(")")
            return value
        name = first.lower()
        if name in _CONSTANTS:
            return _CONSTANTS[name]
        if name in _FUNCTIONS:
            return _bounded(_FUNCTIONS[name](*self._arguments()))
        if not first or not (first[0].isdigit() or first[0] == "."):
            raise _odd(first)
        return float(first) if re.search(r"[.eE]", first) else _bounded(int(first))

    def _arguments(self) -> list[Number]:
        self._take("(")
        found = [self._sum()]
        while self._take(",", ")") == ",":
            found.append(self._sum())
        return found


def _tokens(text: str) -> list[str]:
    found, at, text = [], 0, text.rstrip()
    while at < len(text):
        match = _TOKEN.match(text, at)
        if match is None:
            raise _odd(text[at:].strip()[:1])
        found.append(match[1] or match[2] or match[3])
        at = match.end()
    return found


def _odd(token: str) -> BadArgument:
    what = f"I cannot calculate with “{token[:20]}”" if token else "something is missing at the end"
    return BadArgument(what, remedy="write it as 2 * (3 + 4), 15% of 80, sqrt(2) or 2^10")


def _power(base: Number, exponent: Number) -> Number:
    if isinstance(base, int) and isinstance(exponent, int):
        if exponent > 0 and base.bit_length() * exponent > BITS:
            raise BadArgument("that number would be too long to write down", remedy="take a smaller power")
        result: Number = base**exponent
        return result
    return math.pow(base, exponent)


def _bounded(value: Number) -> Number:
    if isinstance(value, int) and value.bit_length() > BITS:
        raise BadArgument("that number would be too long to write down", remedy="calculate it in parts")
    return value

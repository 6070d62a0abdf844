"""Fields of a card as they come: of the wrong kind, far too long, or missing. Each is taken with care."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from butler_persona_claude.cards.errors import CardError

LONGEST_TEXT = 200_000
"""Characters of one field."""
MOST_ENTRIES = 10_000
"""Entries of a lorebook, greetings, tags."""
DEEPEST = 64


class Fields:
    """The fields of an object; what is asked for is of the right kind, or a ``CardError`` names it."""

    def __init__(self, values: Any, where: str = "") -> None:
        if not isinstance(values, Mapping):
            raise CardError(f"{where or 'the card'} is {_kind(values)}, expected an object of fields")
        self.values: Mapping[str, Any] = values
        self._where = where

    def name(self, key: str) -> str:
        """How a field is called in what is said of it."""
        return f"{self._where}.{key}" if self._where else key

    def text(self, key: str, default: str = "") -> str:
        """A text. Raises ``CardError`` for anything else, and for one that is too long."""
        value = self.values.get(key)
        if value is None:
            return default
        if isinstance(value, bool | int | float):
            return str(value)
        if not isinstance(value, str):
            raise CardError(f"{self.name(key)} is {_kind(value)}, expected a text")
        if len(value) > LONGEST_TEXT:
            raise CardError(
                f"{self.name(key)} has {len(value)} characters", remedy=f"at most {LONGEST_TEXT}; shorten it"
            )
        return value.replace("\r\n", "\n").strip().encode("utf-8", "replace").decode()

    def texts(self, key: str) -> tuple[str, ...]:
        """A list of texts, without empty ones; a single text is a list of one."""
        value = self.values.get(key)
        if value is None:
            return ()
        if isinstance(value, str):
            value = [value]
        if not isinstance(value, Sequence):
            raise CardError(f"{self.name(key)} is {_kind(value)}, expected a list of texts")
        if len(value) > MOST_ENTRIES:
            raise CardError(f"{self.name(key)} has {len(value)} items", remedy=f"at most {MOST_ENTRIES}")
        items = Fields({str(place): each for place, each in enumerate(value)}, self.name(key))
        return tuple(filter(None, [items.text(place) for place in items.values]))

    def number(self, key: str, default: int = 0) -> int:
        """A whole number; a text that is one counts."""
        value = self.values.get(key)
        try:
            return default if value is None or value == "" else max(-1_000_000, min(1_000_000, int(value)))
        except (TypeError, ValueError, OverflowError):
            raise CardError(f"{self.name(key)} is {value!r:.60}, expected a whole number") from None

    def flag(self, key: str, default: bool = False) -> bool:
        """Yes or no."""
        value = self.values.get(key)
        return default if value is None else bool(value)

    def objects(self, key: str) -> list[Fields]:
        """A list of objects; what some tools write as an object with numbers for keys is one as well."""
        value = self.values.get(key)
        if value is None:
            return []
        if isinstance(value, Mapping):
            value = list(value.values())
        if not isinstance(value, list | tuple):
            raise CardError(f"{self.name(key)} is {_kind(value)}, expected a list")
        if len(value) > MOST_ENTRIES:
            raise CardError(f"{self.name(key)} has {len(value)} entries", remedy=f"at most {MOST_ENTRIES}")
        return [Fields(each, f"{self.name(key)}[{place}]") for place, each in enumerate(value)]

    def inner(self, key: str) -> Fields:
        """An object; an empty one where there is none."""
        value = self.values.get(key)
        return Fields({} if value is None else value, self.name(key))


def _kind(value: Any) -> str:
    names = {str: "a text", bool: "yes or no", int: "a number", float: "a number", list: "a list", dict: "an object"}
    return "nothing" if value is None else names.get(type(value), type(value).__name__)


def parsed(text: bytes, what: str) -> Mapping[str, Any]:
    """JSON as an object. Raises ``CardError`` with the line where it is wrong."""
    try:
        found = json.loads(text.decode("utf-8-sig"))
        if not isinstance(found, dict):
            raise CardError(f"{what} is {_kind(found)}, expected an object of fields")
        _shallow(found, DEEPEST)
    except UnicodeDecodeError:
        raise CardError(f"{what} is no text in UTF-8", remedy="save it as UTF-8") from None
    except json.JSONDecodeError as error:
        raise CardError(f"{what} is no JSON: {error.msg} in line {error.lineno}, column {error.colno}") from None
    except RecursionError:
        raise CardError(f"{what} is nested far too deeply") from None
    except ValueError as error:  # a number of thousands of digits
        raise CardError(f"{what} is no JSON: {error}") from None
    return found


def _shallow(value: Any, left: int) -> None:
    if left < 0:
        raise RecursionError
    if isinstance(value, dict | list):
        for each in value.values() if isinstance(value, dict) else value:
            if isinstance(each, dict | list):
                _shallow(each, left - 1)

"""What people can press, choose and fill in, and what stands in a frame: the same on every platform."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

from attrs import field, frozen

Style = Literal["plain", "primary", "success", "danger"]


@frozen
class Button:
    """A button below a reply; ``action`` names an ``@action`` of the same plugin, ``value`` is given back to it.

    A button with a ``link`` opens that address instead.
    """

    label: str
    action: str = ""
    value: str = ""
    style: Style = "plain"
    link: str = ""
    disabled: bool = False
    id: str = ""
    """Filled in by the host: signed, good after a restart, until the reply's ``lasts`` is over."""


@frozen
class Choice:
    """One entry of a menu; without a ``value`` its label is the value."""

    label: str
    value: str = ""
    about: str = ""
    chosen: bool = False


@frozen
class Menu:
    """A menu below a reply. What was chosen is ``call.chosen``: values, or people, role ids, channels."""

    action: str
    choices: tuple[Choice, ...] = ()
    of: Literal["choices", "people", "roles", "channels"] = "choices"
    label: str = ""
    """What is to be chosen."""
    least: int = 1
    most: int = 1
    value: str = ""
    """Given back to the action."""
    id: str = ""
    """Filled in by the host."""


FieldKind = Literal["text", "integer", "number", "flag", "person", "channel", "time", "duration", "choice"]


@frozen
class Field:
    """One question of a form. What is typed is checked and converted like an option of a command."""

    name: str
    label: str = ""
    """What is asked; empty: the name."""
    kind: FieldKind = "text"
    choices: tuple[str, ...] = ()
    required: bool = True
    default: str = ""
    help: str = ""
    long: bool = False
    """Several lines."""
    most: int = 1000
    """Characters."""

    @property
    def title(self) -> str:
        """What is asked."""
        return self.label or self.name.strip("_").replace("_", " ").capitalize()


@frozen
class Form:
    """A form to fill in. An action of the plugin gets its fields as keyword arguments, converted.

    Without ``fields`` it asks for the parameters of that action, as their types and the docstring say. Show it by
    returning it from a command or an action. At most five fields.
    """

    title: str
    action: str
    fields: tuple[Field, ...] = ()
    value: str = ""
    """Given back to the action."""
    id: str = ""
    """Filled in by the host."""


@frozen
class Card:
    """A framed part of a reply: title, text, named fields, a picture. Where there are no frames it is text."""

    title: str = ""
    text: str = ""
    fields: tuple[tuple[str, str], ...] = ()
    """Names and what stands below them."""
    colour: str = ""
    """``#rrggbb``."""
    picture: str = ""
    """An address, or the name of one of the reply's files."""
    thumbnail: str = ""
    """A small picture at the side; like ``picture``."""
    link: str = ""
    """Where the title leads."""
    footer: str = ""

    @property
    def markdown(self) -> str:
        """The card as text."""
        title = f"**[{self.title}]({self.link})**" if self.link and self.title else f"**{self.title}**"
        parts = [title if self.title else self.link, self.text]
        parts += [f"**{name}**: {text}" for name, text in self.fields]
        parts += [address for address in (self.picture, self.thumbnail) if "://" in address]
        parts += [f"*{self.footer}*" if self.footer else ""]
        return "\n".join(filter(None, parts))


def _lines(lines: Iterable[str]) -> tuple[str, ...]:
    return tuple(lines)


@frozen
class Listing:
    """A long list, shown a page at a time; return it from a command or an action."""

    lines: tuple[str, ...] = field(converter=_lines)
    title: str = ""
    size: int = 10
    """Lines of a page."""
    empty: str = "There is nothing to show."

"""A command is a method: its parameters are its options, its docstring is its help (HOST-10)."""

from __future__ import annotations

import datetime as dt
import enum
import inspect
from typing import TYPE_CHECKING, Any, Literal, Optional

import pytest
from butler.declare import Command, command
from butler.errors import ContractError
from butler.model import Channel, Person
from butler.plugin import Plugin
from butler.services.commands.node import Node, grow

if TYPE_CHECKING:
    from decimal import Decimal

pytestmark = pytest.mark.spec("HOST-10")


class Colour(enum.Enum):
    RED = "r"
    DARK_BLUE = "b"


def node_of(declaration: Any) -> Node:
    """The command as a plugin's own."""
    owner = type("Owner", (Plugin,), {"it": declaration})
    return grow("owner", owner(), declaration)


def test_each_supported_annotation_becomes_its_kind_of_option() -> None:
    @command
    async def it(
        self: Any, call: Any, a: str, b: int, c: float, d: bool, e: Person, f: Channel, g: dt.datetime, h: dt.timedelta,
        i: Literal["x", 2], j: Colour,
    ) -> None:  # fmt: skip
        """Do it."""

    options = node_of(it).options
    kinds = ["text", "integer", "number", "flag", "person", "channel", "time", "duration", "choice", "choice"]
    assert [option.kind for option in options] == kinds
    assert options[8].choices == (("x", "x"), ("2", 2))
    assert options[9].choices == (("red", Colour.RED), ("dark-blue", Colour.DARK_BLUE))
    assert all(option.required for option in options)


def test_an_option_with_none_is_the_same_option_with_a_default() -> None:
    @command
    async def it(self: Any, call: Any, a: int | None = None, b: Optional[Person] = None) -> None:  # noqa: UP045
        """Do it."""

    options = node_of(it).options
    assert [(option.kind, option.required, option.default) for option in options] == [
        ("integer", False, None),
        ("person", False, None),
    ]


def test_a_keyword_only_text_takes_the_rest_and_any_other_keyword_is_given_by_name() -> None:
    @command
    async def it(self: Any, call: Any, *, days: int = 7, reason: str) -> None:
        """Do it."""

    days, reason = node_of(it).options
    assert (days.named, days.rest) == (True, False)
    assert (reason.named, reason.rest) == (False, True)


def test_the_docstring_gives_summary_details_option_help_and_examples() -> None:
    @command
    async def it(self: Any, call: Any, person: Person) -> None:
        """Do it
        at once.

        This is how: slowly.

        person: whom it is done to
        Example: /it ann
        """

    node = node_of(it)
    assert node.summary == "Do it at once."
    assert node.doc.details == "This is how: slowly."
    assert node.options[0].help == "whom it is done to"
    assert node.doc.examples == ("/it ann",)


async def _untyped(self: Any, call: Any, many) -> None:  # type: ignore[no-untyped-def]
    """Do it."""


async def _listed(self: Any, call: Any, many: list[str]) -> None:
    """Do it."""


async def _hidden(self: Any, call: Any, much: Decimal) -> None:
    """Do it."""


async def _star(self: Any, call: Any, *many: str) -> None:
    """Do it."""


async def _no_call(self: Any) -> None:
    """Do it."""


async def _undocumented(self: Any, call: Any) -> None: ...


def _sync(self: Any, call: Any) -> None:
    """Do it."""


@pytest.mark.parametrize(
    ("handler", "culprit"),
    [
        (_untyped, "many"),
        (_listed, "list"),
        (_hidden, "Decimal"),
        (_star, "*many"),
        (_no_call, "no call"),
        (_undocumented, "docstring"),
        (_sync, "not async"),
    ],
)
def test_a_handler_of_the_wrong_form_is_refused_with_file_line_and_culprit(handler: Any, culprit: str) -> None:
    with pytest.raises(ContractError) as caught:
        node_of(Command(handler, "it"))
    line = inspect.getsourcelines(handler)[1]
    assert f"{__file__}:{line}" in str(caught.value)
    assert culprit in str(caught.value)


def test_a_completion_of_a_parameter_that_is_not_there_is_refused() -> None:
    async def it(self: Any, call: Any, a: str) -> None:
        """Do it."""

    declaration = Command(it, "it", completers={"b": it})
    with pytest.raises(ContractError, match="'b'"):
        node_of(declaration)


@pytest.mark.parametrize("name", ["two words", "", "-x", "a" * 33, "sl/ash"])
def test_a_name_that_nobody_could_type_is_refused(name: str) -> None:
    async def it(self: Any, call: Any) -> None:
        """Do it."""

    with pytest.raises(ContractError, match="letters, digits and dashes"):
        node_of(Command(it, name))


def test_a_group_must_have_subcommands_and_none_called_like_itself() -> None:
    async def it(self: Any, call: Any) -> None:
        """Do it."""

    with pytest.raises(ContractError, match="without subcommands"):
        node_of(Command(it, "it", group=True))
    with pytest.raises(ContractError, match="default_name"):
        node_of(Command(it, "it", children={"show": Command(it, "show")}))


async def _two_texts(self: Any, call: Any, *, room: str = "", text: str) -> None:
    """Do it."""


def test_the_last_keyword_only_text_takes_the_rest_and_those_before_it_are_named() -> None:
    command = Command(_two_texts, "it")
    room, text = grow("x", Plugin(), command).options
    assert (room.named, room.rest, text.named, text.rest) == (True, False, False, True)

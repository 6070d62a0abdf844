"""A plugin with everything that can be pressed, chosen and filled in, and a house around it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

import peewee
import pytest
from butler import (
    Button,
    Call,
    Card,
    Choice,
    Field,
    File,
    Form,
    Listing,
    Menu,
    Message,
    Person,
    Plugin,
    Rank,
    Reply,
    Table,
    action,
    command,
    context_command,
    hookimpl,
)
from butler.testing import House


class Press(Table):
    """One use of the button."""

    person = peewee.TextField()
    value = peewee.TextField()

    class Meta:
        table_name = "desk_press"


class Desk(Plugin):
    """Everything that can be used."""

    tables = (Press,)

    @command
    async def vote(self, call: Call) -> Reply:
        """Ask for a vote."""
        return Reply("Tea?", buttons=(Button("Yes", "count", "yes"), Button("No", "count", "no")))

    @command
    async def mine(self, call: Call) -> Reply:
        """Ask the caller alone."""
        button = Button("Mine", "count", "x" * 200)
        return Reply("Yours?", buttons=(button,), only=(call.person.id,), lasts=60)

    @action("count")
    async def count(self, call: Call, value: str) -> str:
        """Count a vote."""
        self.host.db.defer(lambda: Press.create(person=call.person.id, value=value))
        return f"{call.person.name}: {value[:5]} {len(value)}"

    @command
    async def panel(self, call: Call) -> Reply:
        """Show what only managers use, what waits, what is said to one."""
        buttons = (
            Button("Rule", "rule"),
            Button("Slow", "slow"),
            Button("Fail", "fail"),
            Button("Count", "number", "0"),
        )
        return Reply("Panel", buttons=(*buttons, Button("Site", link="https://example.org")))

    @action("rule", rank=Rank.MANAGER, ephemeral=True)
    async def rule(self, call: Call, value: str) -> str:
        """Rule."""
        return "ruled"

    @action("slow", cooldown=10)
    async def slow(self, call: Call, value: str) -> str:
        """Use slowly."""
        return "used"

    @action("fail")
    async def fail(self, call: Call, value: str) -> None:
        """Fail."""
        raise RuntimeError("secret inside")

    @action("number")
    async def number(self, call: Call, value: str) -> None:
        """Count in the message itself."""
        number = int(value) + 1
        await call.update(f"Panel {number}", buttons=(Button("Count", "number", str(number)),))

    @command
    async def order(self, call: Call) -> Reply:
        """Ask what somebody drinks."""
        drinks = (Choice("Tea", "t", "hot"), Choice("Milk", "m"), Choice("Water"))
        return Reply("What?", menus=(Menu("drink", drinks, label="A drink", least=1, most=2, value="table 3"),))

    @action("drink")
    async def drink(self, call: Call, value: str) -> str:
        """Serve it."""
        return f"{value}: {', '.join(call.chosen)}"

    @command
    async def invite(self, call: Call) -> Reply:
        """Ask whom to invite."""
        return Reply("Whom?", menus=(Menu("guests", of="people", label="Guests", most=2),))

    @action("guests")
    async def guests(self, call: Call, value: str) -> str:
        """Invite them."""
        assert all(isinstance(each, Person) for each in call.chosen)
        return " and ".join(each.name for each in call.chosen)

    @command
    async def complain(self, call: Call) -> Form:
        """Fill in a complaint."""
        return Form("Complaint", "complaint", value="about tea")

    @action("complaint")
    async def complaint(self, call: Call, value: str, reason: str, days: int = 3, *, details: str = "") -> str:
        """Take a complaint.

        reason: what is wrong
        days: for how long
        """
        return f"{value}: {reason!r} {days} {details!r}"

    @command
    async def survey(self, call: Call) -> Form:
        """Fill in a survey that is made up just now."""
        fields = (Field("when", kind="time"), Field("mood", choices=("good", "bad"), required=False))
        return Form("Survey", "survey", fields)

    @action("survey")
    async def surveyed(self, call: Call, value: str, when: dt.datetime, **rest: Any) -> str:
        """Take it."""
        return f"{when:%H:%M} {rest}"

    @command
    async def many(self, call: Call) -> Listing:
        """List many things."""
        return Listing([f"thing {number}" for number in range(25)], "Things", 10)

    @command
    async def few(self, call: Call) -> Listing:
        """List few things."""
        return Listing([], empty="None at all.")

    @command
    async def card(self, call: Call) -> Reply:
        """Show a card."""
        fields = (("Karma", "3"), ("Since", "May"))
        picture = File("ann.png", b"png", "image/png")
        return Reply(card=Card("Ann", "A member", fields, "#ff0000", "ann.png", footer="made today"), files=(picture,))

    @command(confirm="Delete {count} messages of {who}?")
    async def clear(self, call: Call, count: int, who: Person | None = None) -> str:
        """Delete messages.

        count: how many
        who: whose
        """
        return f"deleted {count} of {who.name if who else 'all'}"

    @context_command("Report message", on="message")
    async def report(self, call: Call, message: Message) -> str:
        """Report a message."""
        return f"reported: {message.text} by {message.author.name}"

    @context_command("Praise", on="person", rank=Rank.MANAGER)
    async def praise(self, call: Call, person: Person) -> str:
        """Praise somebody."""
        return f"well done, {person.name}"

    @command
    async def silent(self, call: Call) -> None:
        """Say nothing."""

    @hookimpl
    async def on_message(self, message: Message) -> None:
        """Put a button below what it says by itself."""
        if message.text == "button please":
            await message.reply("Here", buttons=(Button("Here", "count", "hook"),))


@pytest.fixture
def desk_house(make_house: Callable[..., House]) -> House:
    return make_house([Desk])


@pytest.fixture
def text_house(make_house: Callable[..., House]) -> House:
    """The same on a platform that shows text alone, commands beginning with an exclamation mark."""
    house = make_house([Desk])
    house.world.abilities -= {"button", "menu", "form", "card", "edit"}
    return house


@pytest.fixture
def presses() -> Callable[[House], list[tuple[str, str]]]:
    """Who pressed what, from the store."""
    return lambda house: house.query("select person, value from desk_press order by id")  # type: ignore[return-value]

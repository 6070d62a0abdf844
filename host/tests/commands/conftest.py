"""A desk where commands are given: two plugins, four people, a clock that is set by hand."""

from __future__ import annotations

import asyncio
import datetime as dt
import enum
from collections.abc import Awaitable, Callable
from typing import Any, Literal
from zoneinfo import ZoneInfo

import pytest
from attrs import define, field, frozen
from butler.call import Call
from butler.clock import Clock
from butler.declare import action, command, context_command
from butler.errors import CommandError
from butler.model import Channel, Guild, Message, Person, Rank, Reply
from butler.plugin import Plugin
from butler.services.commands import Commands, Interactions, Outcome, Request, Runner
from butler.services.commands.house import HouseCommands
from butler.services.permissions import Permissions

GUILD = Guild("test:guild", "Guild")
HALL = Channel("test:hall", GUILD, "hall")
PEOPLE = {
    "ann": Person("test:1", "Ann"),
    "annika": Person("test:2", "Annika"),
    "bob": Person("test:3", "Bob", rank=Rank.ADMIN),
    "lee": Person("test:4", "Lee Ann"),
    "guest": Person("test:5", "Gus", rank=Rank.GUEST),
    "robot": Person("test:6", "Robot", bot=True, rank=Rank.OWNER),
}


class Mood(enum.Enum):
    """An option that is an Enum."""

    GOOD = 1
    VERY_BAD = 2


class Karma(Plugin):
    """Points for people."""

    @command(aliases=("k",))
    async def karma(self, call: Call, person: Person | None = None) -> str:
        """Show somebody's karma (yours, if nobody is named).

        Example: /karma bob
        """
        return f"{(person or call.person).name} has 3"

    @karma.command(aliases=("g",), cooldown=10)
    async def give(self, call: Call, person: Person, points: int = 1, *, reason: str = "") -> str:
        """Give somebody points.

        person: who gets them
        Example: /karma give ann 2 for the tea
        """
        if person.id == call.person.id:
            raise CommandError("Nobody gives points to themselves.")
        return f"{person.name} {points} {reason!r}"

    @give.complete("person")
    async def people(self, call: Call, typed: str) -> list[str]:
        return [name for name in ("ann", "annika", "bob") if name.startswith(typed)]

    @karma.command(rank=Rank.MANAGER, confirm="Forget all points?")
    async def reset(self, call: Call) -> str:
        """Forget all points."""
        return "gone"

    @context_command("Thank", on="message", rank=Rank.MEMBER)
    async def thank(self, call: Call, message: Message) -> str:
        """Thank the author."""
        return f"thanks for {message.text}"

    @action("again")
    async def again(self, call: Call, value: str) -> str:
        """Give once more."""
        return f"again {value}"


class Tools(Plugin):
    """This and that."""

    @command
    async def boom(self, call: Call) -> str:
        """Fail."""
        await call.reply("so far so good")
        raise RuntimeError("secret inside")

    @command
    async def remind(self, call: Call, when: dt.datetime, *, what: str) -> str:
        """Say something later."""
        return f"{when.isoformat()} {what}"

    @command
    async def every(
        self,
        call: Call,
        text: str,
        size: Literal["small", "large"] = "small",
        mood: Mood | None = None,
        share: float = 0.5,
        loud: bool = False,
        *,
        span: dt.timedelta = dt.timedelta(minutes=5),
        where: Channel | None = None,
    ) -> Reply:
        """One option of each kind."""
        place = where.name if where else None
        return Reply(f"{text}|{size}|{mood}|{share}|{loud}|{span}|{place}")

    @command(group=True, rank=Rank.ADMIN, ephemeral=True)
    async def house(self, call: Call) -> None:
        """Look after the house."""

    @house.command(rank=Rank.GUEST)
    async def lock(self, call: Call) -> str:
        """Lock the door."""
        return "locked"

    @house.command(grant="house.burn")
    async def burn(self, call: Call) -> None:
        """Burn it."""


class SetClock(Clock):
    """A clock that stands until it is moved."""

    def __init__(self) -> None:
        self.passed = 0.0

    def now(self) -> dt.datetime:
        return dt.datetime(2026, 11, 21, 9, tzinfo=dt.UTC) + dt.timedelta(seconds=self.passed)

    def monotonic(self) -> float:
        return self.passed


class People:
    """The directory: everybody whose name begins so, as the contract asks."""

    async def person(self, text: str, channel: Channel) -> list[Person]:
        folded = text.casefold()
        return [who for who in PEOPLE.values() if who.id == text or who.name.casefold().startswith(folded)]

    def channels_of(self, guild: str) -> list[Channel]:
        return [HALL, Channel("test:garden", GUILD, "garden")] if guild == GUILD.id else []


@frozen
class Fault:
    id: str


async def fence(
    plugin: str,
    what: str,
    fn: Callable[..., Awaitable[Any]],
    *args: Any,
    guild: str,
    deadline: float,
    expected: tuple[type[Exception], ...] = (),
) -> tuple[Any, Fault | None]:
    """The dispatcher's promise in five lines."""
    try:
        return await fn(*args), None
    except expected:
        raise
    except Exception:  # noqa: BLE001 - stands for the dispatcher's fence
        return None, Fault("E-7")


@define
class Desk:
    """Where commands are given; what is said in answer is kept."""

    clock: SetClock = field(factory=SetClock)
    permissions: Permissions = field(factory=lambda: Permissions(clock=SetClock()))
    enabled: frozenset[str] = frozenset({"karma", "tools"})
    prefix: str = "/"
    said: list[Reply] = field(factory=list)
    commands: Commands = field(init=False)
    runner: Runner = field(init=False)
    interactions: Interactions = field(init=False)

    def __attrs_post_init__(self) -> None:
        self.commands = Commands(self.permissions)
        self.commands.add("karma", Karma())
        self.commands.add("tools", Tools())
        self.commands.add("host", HouseCommands(self.commands))
        berlin = ZoneInfo("Europe/Berlin")
        self.runner = Runner(self.commands, People(), fence, clock=self.clock, zone=lambda guild: berlin)
        self.interactions = Interactions(self.runner)

    def request(self, who: str, **more: Any) -> Request:
        async def send(reply: Reply, owner: str = "host", replaces: str = "") -> None:
            self.said.append(reply)

        return Request(PEOPLE[who], HALL, self.enabled, send, **{"prefix": self.prefix, **more})

    def take(self, who: str, text: str) -> Outcome | None:
        """What comes of a message."""
        return asyncio.run(self.runner.take(self.request(who), text))

    def say(self, who: str, text: str) -> Outcome:
        """What comes of a message that is a command."""
        outcome = self.take(who, text)
        assert outcome is not None, f"{text!r} was no command"
        return outcome

    def answer(self, who: str, text: str) -> str:
        """The one text that a command is answered with."""
        (answer,) = self.say(who, text).texts
        return answer


@pytest.fixture
def desk() -> Desk:
    return Desk()


@pytest.fixture(scope="session")
def fresh() -> Callable[[], Desk]:
    """For property tests: a desk of one's own for each example."""
    return Desk

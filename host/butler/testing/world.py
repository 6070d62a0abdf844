"""What lies outside of a host: people, guilds, channels, and what is shown in them. It outlives the host's crashes."""

from __future__ import annotations

import datetime as dt
from collections import deque
from collections.abc import Callable, Sequence
from itertools import count
from typing import Final

import attrs
from attrs import define, field, frozen

from butler.clock import Clock
from butler.errors import Closed, Lost, PlatformError, Unsupported
from butler.model import Action, Channel, Event, Guild, Message, Person, PollResult, Reply, Sent
from butler.services.text import inert

NAME: Final = "test"
ACCOUNT: Final = f"{NAME}:butler"
ABILITIES: Final = frozenset(
    {"send", "edit", "delete", "react", "unreact", "typing", "file", "dm", "pin", "thread", "timeout", "kick", "ban",
     "roles", "nickname", "history", "members", "button", "menu", "form", "card", "bulk_delete"}
)  # fmt: skip


@define(eq=False)
class Shown:
    """Something that the host said, as people see it."""

    id: str
    channel: str
    text: str
    reply: Reply
    key: str
    at: dt.datetime
    notified: tuple[str, ...] = ()
    """Ids of those whom it woke up; ``"*"`` for everybody."""
    edits: int = 0
    deleted: bool = False
    reactions: list[str] = field(factory=list)

    @property
    def persona(self) -> str:
        """Who said it: a persona's name, or ``""`` for the host's own voice."""
        return self.reply.persona


@frozen
class Done:
    """One action that the platform took."""

    action: Action
    key: str
    id: str
    at: dt.datetime


class World:
    """Guilds, channels, people and what is said; ``backlog`` is what a host has not acknowledged yet."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.people: dict[str, Person] = {}
        self.said: list[Message] = []
        """All that people said, in order."""
        self.events: list[Event] = []
        """All that happened beside it, in order."""
        self.shown: list[Shown] = []
        """All that the host said, in order, deleted things too."""
        self.done: list[Done] = []
        """Every action that was performed, in order; what was dropped as a repetition is not among them."""
        self.pinned: list[str] = []
        """Ids of what is pinned, in whatever channel."""
        self.polls: dict[str, PollResult] = {}
        """How a platform's own polls stand, by the ids of their messages."""
        self.roles: dict[str, str] = {}
        """The roles that there are in every guild, id to name."""
        self.accounts: dict[str, str] = {}
        """Persona name to the account that was made for it."""
        self.backlog: deque[Message | Event] = deque()
        self.wake: Callable[[], None] = lambda: None
        """Told of news; set by the platform that is connected."""
        self.down = False
        """The platform cannot be reached: nothing comes in, every action raises ``NotReady``."""
        self.delay = 0.0
        """Seconds that each action takes."""
        self.drop_answers = 0
        """So many of the next actions are done, and the host is not told."""
        self.abilities = set(ABILITIES)
        self.drafts: list[str] = []
        """Answers as they grew, where ``stream`` is among the abilities."""
        self.dedupe_window = 300.0
        """Seconds within which a second send with the same key is dropped."""
        self.local = True
        """Nobody is asked whether the host may answer in a new guild."""
        self.closed: set[str] = set()
        """Ids of people who take no direct messages."""
        self.before: Callable[[Action], None] = lambda action: None
        """Called before an action is done; what it raises is the platform's answer."""
        self._channels: dict[str, Channel] = {}
        self._keys: dict[str, tuple[dt.datetime, Sent]] = {}
        self._numbers = count(1)

    # --- who and where ------------------------------------------------------------------------------

    def person(self, name: str, **fields: object) -> Person:
        """Somebody by name, made when first named; ``fields`` change what they are from now on."""
        person = self.people.get(name) or Person(f"{NAME}:{name.casefold().replace(' ', '_')}", name)
        self.people[name] = person = attrs.evolve(person, **fields)  # type: ignore[arg-type]
        return person

    def channel(self, name: str = "hall", guild: str = "den", members: int | None = None) -> Channel:
        """A channel by name, made when first named, with five members unless told."""
        key = f"{NAME}:{guild}/{name}"
        known = self._channels.get(key) or Channel(key, Guild(f"{NAME}:{guild}", guild), name, members=5)
        self._channels[key] = known = attrs.evolve(known, members=members or known.members)
        return known

    def dm(self, person: Person) -> Channel:
        """The direct conversation with somebody."""
        channel = Channel(f"{NAME}:dm/{person.id}", Guild(f"{NAME}:dm", "dm"), person.name, dm=True)
        return self._channels.setdefault(channel.id, channel)

    def at(self, identifier: str) -> Channel:
        """A channel by id. Raises ``KeyError`` if nobody was ever there."""
        return self._channels[identifier]

    # --- what people do -------------------------------------------------------------------------------

    def number(self, kind: str) -> str:
        """A new id."""
        return f"{NAME}:{kind}{next(self._numbers)}"

    def post(self, message: Message) -> Message:
        """Somebody says something."""
        self.said.append(message)
        self.happens(message)
        return message

    def happens(self, item: Message | Event) -> None:
        """Something reaches the host, now or once it is connected."""
        if isinstance(item, Event):
            self.events.append(item)
        self.backlog.append(item)
        self.wake()

    # --- what the host does -----------------------------------------------------------------------------

    def perform(self, action: Action, key: str) -> Sent:
        """Do it, unless the same key was used within the window. Raises what a platform raises."""
        if action.kind == "stream" and action.kind in self.abilities:
            self.drafts.append(action.reply.text if action.reply else "")
            return Sent("")
        if not key or len(key) > 25:
            raise PlatformError(f"a key has 1 to 25 characters, not {key!r}")
        if action.kind not in self.abilities:
            raise Unsupported(f"cannot {action.kind} here")
        self.before(action)
        now = self.clock.now()
        known = self._keys.get(key)
        if known is not None and (now - known[0]).total_seconds() < self.dedupe_window:
            return known[1]
        sent = self._do(action, key, now)
        self._keys[key] = (now, sent)
        self.done.append(Done(action, key, sent.id, now))
        return sent

    def _do(self, action: Action, key: str, now: dt.datetime) -> Sent:
        if action.kind == "dm":
            return Sent(self.dm(self._by_id(action.target)).id, now)
        if action.channel.removeprefix(f"{NAME}:dm/") in self.closed:
            raise Closed(f"{action.channel} takes no direct messages")
        if action.kind == "send" and action.reply is not None:
            return self._show(action, action.reply, key, now)
        if action.kind == "bulk_delete":
            self._take_away(action.channel, action.data["messages"])
        elif action.kind == "delete" and self.by_id(action.target) is None:
            self._take_away(action.channel, [action.target])
        elif action.kind in {"edit", "delete"}:
            self._change(self._there(action.target), action)
        if action.kind in {"pin", "unpin"}:
            self.pinned = [*filter(lambda each: each != action.target, self.pinned)]
            self.pinned += [action.target] if action.kind == "pin" else []
        if action.kind in {"react", "unreact"}:
            self._react(action)
        return Sent(self.number("a"), now)

    def _by_id(self, identifier: str) -> Person:
        return next((each for each in self.people.values() if each.id == identifier), Person(identifier))

    def _show(self, action: Action, reply: Reply, key: str, now: dt.datetime) -> Sent:
        text = reply.form.title if reply.form else reply.markdown
        if not text and not reply.files:
            raise PlatformError("there is nothing to say", remedy="give a text or a file")
        shown = Shown(self.number("r"), action.channel, inert(text), reply, key, now, reply.mentions)
        self.shown.append(shown)
        return Sent(shown.id, now)

    def _there(self, target: str) -> Shown:
        found = self.by_id(target)
        if found is None or found.deleted:
            raise Lost(f"there is no message {target} of mine")
        return found

    def _change(self, shown: Shown, action: Action) -> None:
        if action.kind == "delete":
            shown.deleted = True
        elif action.reply is not None:
            shown.text, shown.notified = inert(action.reply.markdown) or shown.text, action.reply.mentions
            shown.reply = action.reply
            shown.edits += 1

    def _take_away(self, channel: str, messages: Sequence[str]) -> None:
        """Delete what anybody said."""
        gone = {*messages}
        known = {said.id for said in self.said} | {shown.id for shown in self.shown}
        if len(gone) == 1 and not gone & known:
            raise Lost(f"there is no message {messages[0]}")
        self.said = [each for each in self.said if each.id not in gone or each.channel.id != channel]
        for shown in self.shown:
            shown.deleted |= shown.id in gone

    def _react(self, action: Action) -> None:
        shown = self.by_id(action.target)
        if shown is None and all(message.id != action.target for message in self.said):
            raise Lost(f"there is no message {action.target}")
        emoji = str(action.data.get("emoji", ""))
        if shown is not None and action.kind == "react":
            shown.reactions.append(emoji)
        elif shown is not None and emoji in shown.reactions:
            shown.reactions.remove(emoji)

    def by_id(self, identifier: str) -> Shown | None:
        """Something that the host said, by its id."""
        return next((shown for shown in self.shown if shown.id == identifier), None)

    def by_key(self, key: str, channel: str) -> Sent | None:
        """What was sent with a key, as a look into the channel's history finds it."""
        for shown in self.shown:
            if shown.key == key and shown.channel == channel and not shown.deleted:
                return Sent(shown.id, shown.at)
        return None

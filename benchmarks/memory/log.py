"""Long conversations with known facts, the same for the same seed: changes, namesakes, DM and public."""

from __future__ import annotations

import datetime as dt
import random

from attrs import define, field, frozen
from butler import Channel, Guild, Message, Person

BEGIN = dt.datetime(2030, 1, 1, tzinfo=dt.UTC)
PERSONAS = ("TheButler", "Nyx", "Pixel")
GUILDS = ("den", "sea")
FIRST = (
    "Ada", "Ben", "Cleo", "Dora", "Emil", "Finn", "Gina", "Hugo", "Iris", "Jack", "Kira", "Liam", "Mona", "Nils",
    "Olga", "Paul", "Quin", "Rosa", "Sven", "Tara", "Ugo", "Vera", "Wim", "Xena", "Yara", "Zeno", "Alma", "Bert",
    "Cora", "Dean", "Elsa", "Fred", "Gwen", "Hans", "Inga", "Jule", "Kurt", "Lena", "Max", "Nora", "Otto", "Pia",
    "Ralf", "Suse", "Timo",
)  # fmt: skip
SYLLABLES = (
    "bar", "bel", "cor", "dan", "del", "fen", "gal", "hol", "kar", "lin", "mar", "nor", "pel", "quin", "ros", "sal",
    "tor", "ulm", "ven", "wes", "yor", "zan",
)  # fmt: skip


@frozen
class Slot:
    """Something that can be known of somebody, and how people talk of it."""

    name: str
    said: tuple[str, ...]
    text: str
    own: tuple[str, ...]
    other: tuple[str, ...]


SLOTS = (
    Slot("home", ("I moved to {v}", "I live in {v} now", "my flat is in {v}"), "{n} lives in {v}",
         ("which city do I live in?", "where is my home?"), ("where does {n} live?", "what is {n}'s home town?")),
    Slot("job", ("I started to work as a {v}", "my new job is {v}"), "{n} works as a {v}",
         ("what is my job?", "what do I work as?"), ("what does {n} work as?", "what is {n}'s job?")),
    Slot("cat", ("my cat is called {v}", "we got a cat and named it {v}"), "{n}'s cat is called {v}",
         ("what is my cat called?", "do you know the name of my cat?"), ("what is the cat of {n} called?",)),
    Slot("food", ("{v} is what I love to eat", "my favourite food is {v}"), "{n}'s favourite food is {v}",
         ("what is my favourite food?",), ("what food does {n} love?", "what is {n}'s favourite food?")),
    Slot("allergy", ("I am allergic to {v}", "I found out that {v} gives me an allergy"), "{n} is allergic to {v}",
         ("what am I allergic to?",), ("what is {n} allergic to?", "does {n} have an allergy?")),
    Slot("instrument", ("I learn to play the {v}", "I play the {v}"), "{n} plays the {v}",
         ("which instrument do I play?",), ("which instrument does {n} play?", "what does {n} play?")),
    Slot("car", ("I bought a {v} as a car", "I drive a {v}"), "{n} drives a {v}",
         ("which car do I drive?",), ("what car does {n} drive?",)),
    Slot("sister", ("my sister's name is {v}", "I have a sister, {v}"), "{n} has a sister called {v}",
         ("what is my sister's name?",), ("what is the name of {n}'s sister?",)),
    Slot("trip", ("my next trip goes to {v}", "I booked a trip to {v}"), "{n}'s next trip goes to {v}",
         ("where does my next trip go?", "what trip did I book?"), ("where does {n}'s next trip go?",)),
    Slot("club", ("I joined the {v} club", "I am in the {v} club now"), "{n} is in the {v} club",
         ("which club am I in?",), ("which club is {n} in?",)),
)  # fmt: skip
CHATTER = (
    "did anybody see the game of {a} against {b}?", "the weather in {a} is awful", "I had {a} for lunch, never again",
    "who wants to play {a} tonight?", "has {n} been around today?", "my train to {a} was late", "{a} is overrated",
    "what a day, first {a}, then {b}", "does {n} still live somewhere near {a}?", "the {a} club is looking for people",
    "somebody left a {a} in the hall", "I would never drive a {a}", "good morning all", "brb", "that was {a} of {b}",
)  # fmt: skip


@frozen
class Fact:
    """What somebody said of themselves, to a persona, in a place."""

    persona: str
    message: Message
    slot: Slot
    value: str

    @property
    def text(self) -> str:
        return self.slot.text.format(n=self.message.author.name, v=self.value)


@define
class Log:
    """The messages, the facts in them, and who there is."""

    people: list[Person] = field(factory=list)
    messages: list[Message] = field(factory=list)
    facts: list[Fact] = field(factory=list)


def channel_of(guild: str, name: str) -> Channel:
    """A channel of a guild."""
    return Channel(f"bench:{guild}/{name}", Guild(f"bench:{guild}", guild), name, members=50)


def dm_of(person: Person, persona: str) -> Channel:
    """A conversation of two."""
    return Channel(f"bench:dm/{person.id}/{persona}", Guild("bench:dm"), "", dm=True, members=2)


def word(dice: random.Random) -> str:
    """A name that nobody has."""
    return "".join(dice.choices(SYLLABLES, k=dice.choice((2, 2, 3)))).capitalize()


def generate(messages: int = 10_000, people: int = 50, seed: int = 1, share: float = 0.2) -> Log:
    """A log of so many messages; about a share of them says a fact, later ones change earlier ones."""
    dice = random.Random(seed)
    log = Log()
    names = list(FIRST[: people - people // 10])
    names += dice.sample(names, people - len(names))  # namesakes
    log.people = [Person(f"bench:p{number}", name) for number, name in enumerate(names)]
    words = [word(dice) for _ in range(400)]
    at = BEGIN
    for number in range(1, messages + 1):
        at += dt.timedelta(seconds=dice.randrange(10, 600))
        author, persona = dice.choice(log.people), dice.choice(PERSONAS)
        place = dm_of(author, persona) if dice.random() < 0.3 else channel_of(dice.choice(GUILDS), dice.choice("abc"))
        if dice.random() < share:
            slot, value = dice.choice(SLOTS), dice.choice(words)
            said = dice.choice(slot.said).format(v=value)
            said = dice.choice(("{}", "so, {}", "{}, by the way", "you know what? {}")).format(said)
            message = Message(f"bench:m{number}", place, author, said, at, number)
            log.facts.append(Fact(persona, message, slot, value))
        else:
            said = dice.choice(CHATTER).format(a=dice.choice(words), b=dice.choice(words), n=dice.choice(names))
            message = Message(f"bench:m{number}", place, author, said, at, number)
        log.messages.append(message)
    return log

"""Who is spoken to, in which order, and the host's own rule for who answers (LUNA-11, CHAR-7).

A persona is addressed by its name or a handle as a word of its own, by a mention of its account, or by a reply to
what it said. Names in code and in quotations do not count.
"""

from __future__ import annotations

import functools
import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence

from attrs import frozen

from butler.model import NO, VETO, YES, Message, Persona, Vote
from butler.services.text import parse

RULE = "host"
"""The name under which the rule stands in the decision record."""

Spellings = tuple[tuple[str, ...], ...]
"""For each persona all that it is called."""

_NOTHING: Mapping[str, str] = {}
_LINE = re.compile(r"^[^\S\n]{0,3}(?:>>> [\s\S]*|>.*)", re.MULTILINE)
"""Quoted lines; three marks quote all that follows."""
_QUOTES = re.compile("[\"'“„«»‘]")
_FENCE = re.compile(r"```[\s\S]*?```")
"""Code that does not begin its line: people's programs show it as code as well."""
_MARKS = re.compile(r"(?<![\w@])(?:\"[^\"\n]+\"|“[^”\n]+”|„[^“”\n]+[“”]|«[^»\n]+»|»[^«\n]+«|'[^'\n]+'|‘[^’\n]+’)(?!\w)")
_LAST = 1 << 40
"""Where somebody stands who is mentioned nowhere in the text itself."""


@frozen
class Addressed:
    """Whom a message addresses: persona name to how, in the order in which it does."""

    how: Mapping[str, str] = _NOTHING

    def place(self, persona: str) -> int:
        """Its place in the order; those who are not addressed come last."""
        for place, name in enumerate(self.how):
            if name == persona:
                return place
        return len(self.how)


NOBODY = Addressed()


@frozen(eq=False)
class Names:
    """All names of some personas, found in one pass; of overlapping names the longest counts."""

    pattern: re.Pattern[str]
    owners: Mapping[str, tuple[int, ...]]
    """What was found to the places of those who are called that."""
    hints: re.Pattern[str]
    """Without any of these in it a text names nobody, whatever in it is code or quoted."""

    def found(self, text: str) -> dict[int, int]:
        """Who is named in a text, and where first."""
        first: dict[int, int] = {}
        for match in self.pattern.finditer(_folded(text)):
            for owner in self.owners.get(" ".join(match[1].split()), ()):
                first.setdefault(owner, match.start(1))
        return first


@functools.lru_cache(maxsize=1024)
def names_of(spellings: Spellings) -> Names:
    """Compiled for the personas of a channel, and kept for all channels with the same ones."""
    owners: dict[str, tuple[int, ...]] = {}
    for place, spelt in enumerate(spellings):
        for name in dict.fromkeys(" ".join(_folded(each).split()) for each in spelt):
            if name:
                owners[name] = (*owners.get(name, ()), place)
    longest_first = sorted(owners, key=len, reverse=True)
    words = "|".join(r"\s+".join(map(re.escape, name.split())) for name in longest_first) or r"(?!)"
    hints = "|".join(map(re.escape, sorted({name.split()[0] for name in owners}))) or r"(?!)"
    pattern = rf"(?<!\w)(?<!\w@)_{{0,2}}@?({words})_{{0,2}}(?!\w|@\w)"
    return Names(re.compile(pattern), owners, re.compile(hints))


def _folded(text: str) -> str:
    return text.lower() if text.isascii() else unicodedata.normalize("NFC", text.casefold())


def spoken(text: str) -> str:
    """A text with blanks for what is code, a link or somebody else's words."""
    bare = parse(_FENCE.sub(_blank, text) if "```" in text else text).without_code
    if ">" in bare:
        bare = _LINE.sub(_blank, bare)
    if _QUOTES.search(bare):
        bare = _MARKS.sub(_blank, bare)
    return bare


def _blank(found: re.Match[str]) -> str:
    return " " * len(found[0])


def addressed(
    message: Message, living: Sequence[Persona], *, main: str = "", account: str = "", to: str = ""
) -> Addressed:
    """Whom of those who live there a message addresses.

    ``account`` is the id through which personas speak that have none of their own there, ``main`` the one of them that
    a mention of it means, ``to`` the persona whose words the message replies to.
    """
    names = names_of(tuple([(p.name, p.label, *p.handles) for p in living]))
    if not (to or message.mentions or names.hints.search(_folded(message.text))):
        return NOBODY
    text = spoken(message.text)
    found = names.found(text)
    places = {living[place].name: (at, "is named") for place, at in found.items()}
    for persona in living if message.mentions else ():
        own = persona.accounts.get(message.channel.platform) or (account if persona.name == main else "")
        if own and own in message.mentions:
            at = _mentioned_at(message, own, text)
            if at == _LAST and own == account and to not in ("", persona.name):
                continue  # platforms mention whose words are replied to; those were of another with the same account
            places[persona.name] = min(places.get(persona.name, (_LAST, "is mentioned")), (at, "is mentioned"))
    if to and to not in places and any(persona.name == to for persona in living):
        places[to] = (_LAST + 1, "is replied to")
    if not places:
        return NOBODY
    return Addressed({name: places[name][1] for name in sorted(places, key=lambda name: places[name][0])})


def _mentioned_at(message: Message, account: str, text: str) -> int:
    """Where in the text, in the measure of :meth:`Names.found`."""
    at = message.text.find(account.partition(":")[2])
    return len(_folded(text[:at])) if at >= 0 else _LAST


def in_order(speaking: Iterable[str], said: Addressed) -> list[str]:
    """Those who will speak, in the order in which the message addresses them, the others behind."""
    return sorted(speaking, key=said.place) if said.how else [*speaking]


def default_vote(message: Message, persona: Persona, votes: Sequence[Vote], said: Addressed, partner: str = "") -> Vote:
    """The host's vote, cast last. It never answers machines: that takes a session or a plugin's YES.

    ``partner``: whom a conversation of two is with, where several could speak in it.
    """
    if votes and any(vote.say is VETO for vote in votes):
        return Vote(NO, "somebody vetoed", RULE)
    if message.author.bot:
        return Vote(NO, "a bot said it", RULE)
    if message.meant_for:
        say = YES if message.meant_for == persona.name else NO
        return Vote(say, f"it is meant for {message.meant_for}", RULE)
    if partner and partner != persona.name and (message.channel.dm or persona.name not in said.how):
        return Vote(NO, f"the conversation is with {partner}", RULE)
    if persona.name in said.how:
        return Vote(YES, f"{persona.label} {said.how[persona.name]}", RULE)
    if said.how and not message.channel.dm:
        return Vote(NO, f"it is said to {', '.join(said.how)}", RULE)
    if message.channel.dm or message.channel.members <= 2:
        return Vote(YES, "only two are in the room", RULE)
    return Vote(NO, f"{message.channel.members} are in the room and {persona.label} is not named", RULE)

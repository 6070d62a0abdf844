"""The host's own rule for who answers (LUNA-11): in company of two always, in larger company when named."""

from __future__ import annotations

import functools
import re
from collections.abc import Sequence

from butler.model import NO, VETO, YES, Message, Persona, Vote

RULE = "host"
"""The name under which the rule stands in the decision record."""


@functools.lru_cache(maxsize=4096)
def _pattern(names: frozenset[str]) -> re.Pattern[str]:
    longest_first = "|".join(map(re.escape, sorted(names, key=len, reverse=True)))
    return re.compile(rf"(?<!\w)@?(?:{longest_first})(?!\w)", re.IGNORECASE)


def is_named(message: Message, persona: Persona, account: str = "") -> bool:
    """Whether the message names the persona: by mention, display name or handle, as a whole word.

    ``account`` is the id through which it speaks there, if it has none of its own.
    """
    if message.meant_for == persona.name:
        return True
    account = persona.accounts.get(message.channel.platform) or account
    if account and account in message.mentions:
        return True
    names = frozenset((persona.name, persona.label, *persona.handles))
    return _pattern(names).search(message.text) is not None


def default_vote(message: Message, persona: Persona, votes: Sequence[Vote], account: str = "") -> Vote:
    """The host's vote, cast last. It never answers machines: that takes a session or a plugin's YES."""
    if any(vote.say is VETO for vote in votes):
        return Vote(NO, "somebody vetoed", RULE)
    if message.author.bot:
        return Vote(NO, "a bot said it", RULE)
    if message.meant_for and message.meant_for != persona.name:
        return Vote(NO, f"it is meant for {message.meant_for}", RULE)
    if is_named(message, persona, account):
        return Vote(YES, f"{persona.label} is named", RULE)
    if message.channel.dm or message.channel.members <= 2:
        return Vote(YES, "only two are in the room", RULE)
    return Vote(NO, f"{message.channel.members} are in the room and {persona.label} is not named", RULE)

"""Who may see a memory: tokens that it is indexed under, and those that may be looked for in a place."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Sequence

from attrs import frozen
from butler import Channel

from butler_memory.tables import Item


def _token(kind: str, persona: str, where: str) -> str:
    return kind + hashlib.blake2b(f"{persona}\x1f{where}".encode(), digest_size=9).hexdigest()


@frozen
class View:
    """Whose eyes a persona's memories are looked at with: in a channel, for a person.

    In a conversation of two: what that person said, there or in public. In a guild: what was said in that guild. What
    else the person said, and under other accounts, only where they let it follow them.
    """

    persona: str
    channel: Channel
    account: str
    """Who asks."""
    following: Collection[str] = ()
    """All accounts of that person, where their memories may follow them."""
    across: bool = True
    """Whether a guild's other channels count."""

    @property
    def tokens(self) -> Sequence[str]:
        """Under which of these a memory must be indexed to be seen."""
        found = [_token("k", self.persona, self.channel.id)]
        if self.channel.dm:
            found += [_token("d", self.persona, self.account), _token("s", self.persona, self.account)]
        else:
            kind, where = ("g", self.channel.guild.id) if self.across else ("c", self.channel.id)
            found.append(_token(kind, self.persona, where))
        for account in self.following:
            found += [_token("d", self.persona, account), _token("s", self.persona, account)]
        return list(dict.fromkeys(found))

    def may_see(self, item: Item) -> bool:
        """The same of one memory, for what is not found through the index."""
        return item.persona == self.persona and not set(tokens_of(item)).isdisjoint(self.tokens)

    @property
    def place(self) -> str:
        """Under which core memory is kept."""
        if self.channel.dm:
            return "dm"
        return self.channel.guild.id if self.across else self.channel.id


def tokens_of(item: Item) -> list[str]:
    """What a memory is indexed under."""
    if item.kind == "conversation" and item.channel:  # a chapter is of its channel alone
        return [_token("k", item.persona, item.channel)]
    if item.private:
        return [_token("d", item.persona, item.by)]
    return [
        _token("g", item.persona, item.guild),
        _token("c", item.persona, item.channel),
        _token("s", item.persona, item.by),
    ]

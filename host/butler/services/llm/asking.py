"""Who asks a model, where and what for: what permission, budget and account look at."""

from __future__ import annotations

from collections.abc import Callable

from attrs import define, field, frozen

from butler.model import Guild, Person
from butler.provider import Usage


@frozen
class Asking:
    """One request and whom it is charged to."""

    asker: Person | None
    """The human who began it; ``None``: the host or a plugin asks of itself."""
    guild: Guild
    persona: str = ""
    plugin: str = "host"
    purpose: str = "reply"
    seq: int = 0
    """The message that it belongs to."""

    @property
    def person(self) -> str:
        """The id of whom it is charged to, or ``""``."""
        return self.asker.id if self.asker is not None else ""


@define(eq=False)
class Heard:
    """Listens to one attempt: what was said and used so far, should it break off (a :class:`butler.Listener`)."""

    forward: Callable[[str], None] | None = None
    said: list[str] = field(factory=list)
    used: Usage | None = None
    limit: float = 0.0
    """Seconds that the attempt may take."""

    def text(self, piece: str) -> None:
        """A piece of the answer."""
        self.said.append(piece)
        if self.forward is not None:
            self.forward(piece)

    def usage(self, usage: Usage) -> None:
        """What the provider said of the usage so far."""
        self.used = usage

    def so_far(self, count: Callable[[str], int], tokens: int) -> Usage | None:
        """What an attempt that broke off used, as far as is known: ``None`` if nothing shows that it had begun.

        ``tokens``: the estimate of its prompt, where the provider did not tell.
        """
        if self.used is None and not self.said:
            return None
        heard = count("".join(self.said)) if self.said else 0
        used = self.used or Usage(tokens)
        return Usage(used.input, max(used.output, heard), used.cached, used.written)

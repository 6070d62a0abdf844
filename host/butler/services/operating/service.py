"""Runs a line that an operator typed, and says what came of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import attrs
from attrs import frozen

from butler.call import Progress
from butler.declare import ConsoleCommand
from butler.model import Channel, Guild, Person, Rank, Reply
from butler.services.commands import HOST, Commands, Request, Runner
from butler.services.commands.execute import Executor
from butler.services.operating.complete import Suggestion, suggestions
from butler.services.operating.files import keep
from butler.services.operating.house import Housekeeping

if TYPE_CHECKING:
    from butler.host import Host

DESK: Final = Channel("console:desk", Guild("console:house", "house"), "desk")
DEADLINE: Final = 3600.0
"""Seconds that a command may take."""
EXIT: Final = frozenset({"exit", "quit"})


@frozen
class Answer:
    """What came of a line: whether it did what it should, and what is to be shown."""

    ok: bool
    text: str
    ends: bool = False
    """Whether the console is left."""


class Operating:
    """The console's commands of one host: its own, and those that plugins declare with ``@console``."""

    def __init__(self, host: Host) -> None:
        self._host = host
        self.commands = Commands(host.permissions, ConsoleCommand)
        guarded = host.dispatch.guarded
        self._runner = Runner(
            self.commands,
            host.places,
            guarded,
            clock=host.clock,
            zone=lambda guild: host.zone(guild.id),
            executor=Executor(guarded, "console", DEADLINE),
        )

    def open(self) -> None:
        """Take the host's own commands."""
        house = Housekeeping(self._host)
        house.host, house.scope = self._host.incoming.bound, self._host.scope
        self.commands.add(HOST, house)

    async def run(self, line: str, who: str, progress: Progress | None = None) -> Answer:
        """Run one line; a comment (``# …``) does nothing."""
        line = line.strip().removeprefix("/")
        if not line or line.startswith("#"):
            return Answer(True, "")
        said: list[Reply] = []

        async def send(reply: Reply, owner: str = HOST, replaces: str = "") -> None:
            said.append(reply)

        request = attrs.evolve(self._request(who), send=send, progress=progress)
        outcome = await self._runner.run(request, line)
        texts = [text for reply in said for text in await self._shown(reply)]
        ends = outcome.kind == "ran" and outcome.path[:1] in {(word,) for word in EXIT}
        return Answer(outcome.kind in {"ran", "asked"}, "\n".join(filter(None, texts)), ends)

    async def complete(self, text: str, who: str) -> list[Suggestion]:
        """What may stand where a line that is being typed ends."""
        return await suggestions(self.commands, self._runner, self._request(who), text.removeprefix("/"))

    def _request(self, who: str) -> Request:
        async def nobody(reply: Reply, owner: str = HOST, replaces: str = "") -> None:
            """Completions say nothing."""

        person = Person(who, who.partition(":")[2], rank=Rank.OWNER)
        return Request(person, DESK, frozenset(self._host.lifecycle.plugins), nobody, prefix="", bare=True)

    async def _shown(self, reply: Reply) -> list[str]:
        pages = "\n".join((reply.listing.title, *reply.listing.lines)).strip() if reply.listing else ""
        text = pages or reply.markdown
        return [text.replace("`", ""), *[await keep(self._host.data, file) for file in reply.files]]

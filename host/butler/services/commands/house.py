"""The host's own commands about commands: /help and /whoami (HOST-11)."""

from __future__ import annotations

from butler.call import Call
from butler.declare import action, command
from butler.errors import CommandError
from butler.model import Button, Rank, Reply
from butler.plugin import Plugin
from butler.services.commands.help import Page, detail, overview, page_of
from butler.services.commands.registry import HOST, Commands
from butler.services.commands.values import shown

_TURN = "help"


class HouseCommands(Plugin):
    """The house itself."""

    name = HOST

    def __init__(self, commands: Commands) -> None:
        self._commands = commands

    @command(rank=Rank.GUEST, ephemeral=True)
    async def help(self, call: Call, *, topic: str = "") -> Reply:
        """Say what there is, or how to use one command.

        topic: a command, a plugin, or the number of a page
        Example: /help
        Example: /help karma give
        """
        name, number = _paged(topic, call.prefix)
        return self._page(call, name, number)

    @action(_TURN)
    async def turn(self, call: Call, value: str) -> Reply:
        """Turn to another page of a help text."""
        name, number = _paged(value, call.prefix)
        return self._page(call, name, number)

    @command(rank=Rank.GUEST, ephemeral=True)
    async def whoami(self, call: Call) -> str:
        """Say who you are to the host, and what you may do here."""
        permissions = self._commands.permissions
        rank = permissions.rank(call.person, call.guild)
        grants = (
            "all" if rank is Rank.OWNER else ", ".join(sorted(permissions.granted(call.person, call.guild))) or "none"
        )
        return "\n".join(
            [
                f"You are {shown(call.person.name or call.person.id)} (`{call.person.id}`) on {call.platform}.",
                f"Your rank here is {rank.name.lower()}; granted permissions: {grants}.",
            ]
        )

    def _page(self, call: Call, name: str, number: int) -> Reply:
        page = page_of(self._lines(call, name), number)
        if page.count == 1:
            return Reply(page.text, ephemeral=True)
        onward = f"{call.prefix}help {name} {page.number % page.count + 1}".replace("  ", " ")
        footer = f"Page {page.number} of {page.count}; `{onward}` shows the next."
        return Reply(f"{page.text}\n\n{footer}", ephemeral=True, buttons=_buttons(page, name))

    def _lines(self, call: Call, name: str) -> list[str]:
        if not name:
            return overview(self._commands.menu(call.enabled, call.person, call.guild), call.prefix)
        node = self._commands.at(name.split(), call.enabled)
        if node is not None:
            return detail(node, call.prefix)
        menu = self._commands.menu(call.enabled, call.person, call.guild)
        part = [part for part in menu if part.plugin == name.casefold()]
        if part:
            return overview(part, call.prefix)
        near = self._commands.suggestion(name, call.enabled, call.person, call.guild)
        hint = f"did you mean {call.prefix}help {near}?" if near else f"{call.prefix}help lists what there is"
        raise CommandError(f"There is no command {shown(name)} here", remedy=hint)


def _paged(topic: str, prefix: str) -> tuple[str, int]:
    """``karma give 2`` is the second page of ``karma give``."""
    words = topic[:200].removeprefix(prefix).lstrip("/!").split()
    if words and words[-1].isascii() and words[-1].isdigit():
        return " ".join(words[:-1]), int(words[-1][:4])
    return " ".join(words), 1


def _buttons(page: Page, name: str) -> tuple[Button, ...]:
    back = [Button("Back", _TURN, f"{name} {page.number - 1}".strip())] if page.number > 1 else []
    onward = [Button("Next", _TURN, f"{name} {page.number + 1}".strip())] if page.number < page.count else []
    return (*back, *onward)

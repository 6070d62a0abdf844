"""Help texts, made from docstrings and signatures, in pages."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence

from attrs import frozen

from butler.model import Rank
from butler.services.commands.node import Node
from butler.services.commands.signature import Option
from butler.services.commands.times import span
from butler.services.commands.tree import MenuPart
from butler.services.commands.usage import prefixed, usage_of
from butler.services.commands.values import expected

PAGE = 1_500
"""Characters of a page: below the smallest limit of a platform with room for the footer."""
_WHO = {
    Rank.GUEST: "everybody",
    Rank.MEMBER: "members",
    Rank.MANAGER: "managers",
    Rank.ADMIN: "admins",
    Rank.OWNER: "owners",
}


@frozen
class Page:
    """One page of a text that may be longer."""

    text: str
    number: int
    count: int


def page_of(lines: Sequence[str], number: int) -> Page:
    """A page of at most :data:`PAGE` characters, broken between lines; a number too high gives the last."""
    pages: list[list[str]] = [[]]
    for line in lines:
        if pages[-1] and sum(len(each) + 1 for each in pages[-1]) + len(line) > PAGE:
            pages.append([])
        pages[-1].append(line[:PAGE])
    number = max(1, min(number, len(pages)))
    return Page("\n".join(pages[number - 1]).strip(), number, len(pages))


def overview(menu: Sequence[MenuPart], prefix: str) -> list[str]:
    """All that somebody may use, plugin by plugin."""
    lines: list[str] = []
    for part in menu:
        about = f" – {part.about}" if part.about else ""
        lines += ["", f"**{part.plugin}**{about}"]
        for item in part.items:
            below = f" ({', '.join(item.subcommands)})" if item.subcommands else ""
            lines.append(f"- `{prefix}{item.name}` {item.summary}{below}")
    return [*lines, "", f"`{prefix}help NAME` says more about one of them."]


def detail(node: Node, prefix: str) -> list[str]:
    """Everything about one command."""
    return [line for part in _parts(node, prefix) for line in (*part, "")]


def _parts(node: Node, prefix: str) -> Iterator[list[str]]:
    yield [f"`{usage_of(node, prefix)}`" if node.callable else f"`{prefix}{node.key} …`", node.summary]
    if node.doc.details:
        yield node.doc.details.splitlines()
    if node.options:
        yield [_option(option) for option in node.options]
    if node.children:
        yield [f"- `{usage_of(child, prefix)}` {child.summary}" for child in node.children.values()]
    if node.doc.examples:
        yield ["Examples:", *(f"- `{prefixed(each, node, prefix)}`" for each in node.doc.examples)]
    yield [_who(node, prefix)]


def _option(option: Option) -> str:
    about = option.help or expected(option)
    choices = f"; one of {', '.join(name for name, _ in option.choices)}" if option.choices and option.help else ""
    default = "" if option.required or option.default in (None, "") else f" (default {_shown(option)})"
    return f"- `{option.label}` {about}{choices}{default}"


def _shown(option: Option) -> str:
    names = [name for name, value in option.choices if value == option.default]
    if isinstance(option.default, bool):
        return "yes" if option.default else "no"
    return span(option.default) if isinstance(option.default, dt.timedelta) else (*names, str(option.default))[0]


def _who(node: Node, prefix: str) -> str:
    parts = [f"For {_WHO[node.rank]}" + (f" with the permission {', '.join(node.grants)}" if node.grants else "")]
    if node.command.aliases:
        above = " ".join(node.path[:-1])
        parts.append("also " + ", ".join(f"`{prefix}{f'{above} {alias}'.strip()}`" for alias in node.command.aliases))
    if node.command.cooldown:
        parts.append(f"once in {node.command.cooldown:g} s")
    if node.command.confirm:
        parts.append("asks before it acts")
    return "; ".join(parts) + "."

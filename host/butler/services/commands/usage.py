"""How a command is written: its usage line and an example."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from butler.services.commands.node import Node, normal
from butler.services.commands.signature import Kind, Option

_SAMPLES: Mapping[Kind, str] = MappingProxyType(
    {
        "text": "words",
        "integer": "5",
        "number": "1.5",
        "flag": "yes",
        "person": "ann",
        "channel": "general",
        "time": '"tomorrow 9:00"',
        "duration": "30m",
    }
)


def usage_of(node: Node, prefix: str) -> str:
    """``/karma give person [reason…]``: what is optional stands in brackets."""
    return " ".join([prefix + node.written, *(_part(option) for option in _typed(node))])


def example_of(node: Node, prefix: str) -> str:
    """The first example of the docstring, or one made from the options that are needed."""
    if node.doc.examples:
        return prefixed(node.doc.examples[0], node, prefix)
    return " ".join([prefix + node.written, *(_sample(option) for option in _typed(node) if option.required)])


def prefixed(example: str, node: Node, prefix: str) -> str:
    """An example as it is typed here, whatever prefix and name its author wrote."""
    bare = example.strip("`").lstrip("/!")
    first, _, rest = bare.partition(" ")
    name = node.written.partition(" ")[0] if normal(first) == node.root_name else first
    return f"{prefix}{name} {rest}".rstrip()


def _typed(node: Node) -> list[Option]:
    """As they are typed: the named ones before the rest of the line."""
    return sorted(node.options, key=lambda option: (option.rest, option.named))


def _part(option: Option) -> str:
    shown = option.label + ("…" if option.rest else "")
    if option.choices and len(option.choices) <= 5:
        shown = "|".join(name for name, _ in option.choices)
    shown = f"{option.label}={shown if option.choices else '…'}" if option.named else shown
    return shown if option.required else f"[{shown}]"


def _sample(option: Option) -> str:
    value = option.choices[0][0] if option.choices else _SAMPLES[option.kind]
    value = f'"{value}"' if " " in value and not value.startswith('"') else value
    return f"{option.label}={value}" if option.named else value

"""Commands: what they are called, how a typed line is understood, who may run them, and help."""

from butler.services.commands.interact import Interactions
from butler.services.commands.registry import HOST, Clash, Commands
from butler.services.commands.request import Outcome, Request
from butler.services.commands.run import ANSWER, CONFIRM, Runner
from butler.services.commands.signature import Option
from butler.services.commands.tree import CommandSpec, MenuItem, MenuPart
from butler.services.commands.values import Directory

__all__ = [
    "ANSWER",
    "CONFIRM",
    "HOST",
    "Clash",
    "CommandSpec",
    "Commands",
    "Directory",
    "Interactions",
    "MenuItem",
    "MenuPart",
    "Option",
    "Outcome",
    "Request",
    "Runner",
]

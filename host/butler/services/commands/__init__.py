"""Commands: what they are called, how a typed line is understood, who may run them, and help."""

from butler.services.commands.registry import HOST, Clash, Commands
from butler.services.commands.request import Outcome, Request
from butler.services.commands.run import CONFIRM, Runner
from butler.services.commands.values import Directory

__all__ = ["CONFIRM", "HOST", "Clash", "Commands", "Directory", "Outcome", "Request", "Runner"]

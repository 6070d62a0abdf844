"""What a host is told: butler.toml, `.env` and the environment; read, checked, described and written."""

from butler.config.config import ChannelEntry, Config, GuildEntry, PluginEntry
from butler.config.host import HostSettings
from butler.config.load import load
from butler.config.problems import At, ConfigProblems, Problem, Sources
from butler.config.secrets import Secrets
from butler.config.structure import structure

__all__ = [
    "At",
    "ChannelEntry",
    "Config",
    "ConfigProblems",
    "GuildEntry",
    "HostSettings",
    "PluginEntry",
    "Problem",
    "Secrets",
    "Sources",
    "load",
    "structure",
]

"""What a host is told: butler.toml, `.env` and the environment; read, checked, described and written."""

from butler.config.config import ChannelEntry, Config, GuildEntry, PluginEntry
from butler.config.host import HostSettings
from butler.config.load import load
from butler.config.problems import At, ConfigProblems, Problem, Sources
from butler.config.render import Answers, render_default
from butler.config.schema import Classes, schema
from butler.config.secrets import Secrets
from butler.config.showing import Line, show
from butler.config.structure import structure
from butler.config.writing import Change, export

__all__ = [
    "Answers",
    "At",
    "Change",
    "ChannelEntry",
    "Classes",
    "Config",
    "ConfigProblems",
    "GuildEntry",
    "HostSettings",
    "Line",
    "PluginEntry",
    "Problem",
    "Secrets",
    "Sources",
    "export",
    "load",
    "render_default",
    "schema",
    "show",
    "structure",
]

"""`butler config show --sources`: each value with where it came from, secrets masked."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from attrs import frozen
from butler.config import Change, Classes, Config, show
from butler.setting import secret

Read = Callable[..., Config]

TEXT = """\
[host]
timezone = "Europe/Berlin"
database = "postgresql://ann:swordfish@db/x"
[platforms.matrix]
user = "@butler:x"
password = "env:MX"
[providers.openai]
key = "sk-in-the-clear"
[plugins.karma]
enabled = true
code = "4711-secret"
[guilds."discord:1".plugins.karma]
per_hour = 3
[personas.Luna]
prompt = "the word is swordfish"
"""


@frozen
class Karma:
    per_hour: int = 10
    code: str = secret()


CLASSES = Classes(plugins={"karma": Karma})


@pytest.mark.spec("HOST-3")
def test_each_value_says_where_it_came_from(read: Read) -> None:
    config = read(TEXT, {"MX": "hunter22", "BUTLER_PLUGINS__KARMA__PER_HOUR": "5"})
    changes = [Change("guild", "discord:1", "karma", "per_hour", 2, "ann", 0.0)]
    lines = {line.key: (line.value, line.source) for line in show(config, CLASSES, changes)}
    assert lines["host.timezone"] == ("Europe/Berlin", "butler.toml:2")
    assert lines["host.trace_days"] == (14, "default")
    assert lines["platforms.matrix.password"] == ("env:MX", "butler.toml:6")
    assert lines["plugins.karma.enabled"] == (True, "butler.toml:10")
    assert lines["plugins.karma.per_hour"] == (5, "environment BUTLER_PLUGINS__KARMA__PER_HOUR")
    assert lines['guilds."discord:1".plugins.karma.per_hour'] == (2, "guild discord:1 by ann at 1970-01-01 00:00")


@pytest.mark.spec("HOST-23")
def test_no_secret_shows(read: Read) -> None:
    config = read(TEXT, {"MX": "hunter22", "BUTLER_PLATFORMS__IRC__TOKEN": "irc-token-1"})
    text = json.dumps([[line.key, line.value, line.source] for line in show(config, CLASSES)])
    for value in ("swordfish", "hunter22", "sk-in-the-clear", "4711-secret", "irc-token-1"):
        assert value not in text

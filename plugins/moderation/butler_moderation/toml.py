"""A rule set as TOML: what one guild gives and another takes (MOD-6)."""

from __future__ import annotations

import tomllib
from collections.abc import Sequence

import tomlkit
from butler import CommandError

from butler_moderation.rules import Rule, plain, rule_of


def written(rules: Sequence[Rule]) -> str:
    """Rules as TOML, a table each."""
    document = tomlkit.document()
    for rule in rules:
        table = tomlkit.table()
        for key, value in plain(rule).items():
            table.add(key, value)
        document.add(rule.name, table)
    return tomlkit.dumps(document)


def read(text: str) -> list[Rule]:
    """Rules from TOML. Raises ``CommandError`` that says what is wrong and where."""
    bare = text.strip().removeprefix("```toml").removeprefix("```").removesuffix("```")
    try:
        found = tomllib.loads(bare)
    except tomllib.TOMLDecodeError as error:
        raise CommandError(f"that is no TOML: {error}", remedy="give what automod export gave") from error
    if wrong := [name for name, body in found.items() if not isinstance(body, dict)]:
        raise CommandError(f"{wrong[0]!r} is no rule", remedy='a rule is a table: [name] with kind = "words" and more')
    if not found:
        raise CommandError("there are no rules in it", remedy="give what automod export gave")
    return [rule_of(name, body) for name, body in found.items()]

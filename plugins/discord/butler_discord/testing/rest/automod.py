"""The rules of Discord's own AutoMod through the API."""

from __future__ import annotations

from typing import Any, Final

from butler_discord.testing.deeds.automod import KEYWORD, MOST, Rule
from butler_discord.testing.errors import JSON, Refused, invalid
from butler_discord.testing.rest.ask import Ask, Route
from butler_discord.testing.state.permissions import Permission

P = Permission
MOST_WORDS = 1000
LONGEST_WORD = 60


def _told(ask: Ask, what: str, rule: Rule) -> JSON:
    ask.world.emit(f"AUTO_MODERATION_RULE_{what}", rule.json(), guild=rule.guild)
    return rule.json()


def every(ask: Ask) -> Any:
    """All rules."""
    return [rule.json() for rule in ask.guild(P.MANAGE_GUILD).automod.values()]


def _one(ask: Ask) -> Rule:
    found = ask.guild(P.MANAGE_GUILD).automod.get(ask.number("rule"))
    if found is None:
        raise Refused(404, 10_066, "Unknown Auto Moderation Rule")
    return found


def one(ask: Ask) -> Any:
    """One rule."""
    return _one(ask).json()


def create(ask: Ask) -> Any:
    """Make a rule; so many of a kind are allowed."""
    guild = ask.guild(P.MANAGE_GUILD)
    data = _checked(ask.body)
    kind = data["trigger_type"]
    if sum(rule.data["trigger_type"] == kind for rule in guild.automod.values()) >= MOST.get(kind, 0):
        raise invalid("", "AUTO_MODERATION_MAX_RULES_OF_TYPE_EXCEEDED", "Max rules of this type exceeded")
    rule = Rule(ask.world.ids.new(), guild, ask.app.id, data)
    guild.automod[rule.id] = rule
    return _told(ask, "CREATE", rule)


def _checked(body: JSON) -> JSON:
    meta = body.get("trigger_metadata") or {}
    words = meta.get("keyword_filter") or []
    if len(words) > MOST_WORDS:
        raise invalid("trigger_metadata.keyword_filter", "BASE_TYPE_MAX_LENGTH", f"Must be {MOST_WORDS} or fewer.")
    for number, word in enumerate(words):
        if not 1 <= len(word) <= LONGEST_WORD:
            where = f"trigger_metadata.keyword_filter.{number}"
            raise invalid(where, "BASE_TYPE_BAD_LENGTH", f"Must be between 1 and {LONGEST_WORD} in length.")
    if not 1 <= len(body.get("actions") or []) <= 5:
        raise invalid("actions", "BASE_TYPE_BAD_LENGTH", "Must be between 1 and 5 in length.")
    return {
        "name": body["name"], "event_type": body["event_type"], "trigger_type": body["trigger_type"],
        "trigger_metadata": {"keyword_filter": [], "regex_patterns": [], "presets": [], "allow_list": [], **meta},
        "actions": body["actions"], "enabled": bool(body.get("enabled")),
        "exempt_roles": [str(role) for role in body.get("exempt_roles") or []],
        "exempt_channels": [str(channel) for channel in body.get("exempt_channels") or []],
    }  # fmt: skip


def change(ask: Ask) -> Any:
    """Change a rule."""
    rule = _one(ask)
    rule.data = _checked({**rule.data, **ask.body, "trigger_type": rule.data.get("trigger_type", KEYWORD)})
    return _told(ask, "UPDATE", rule)


def delete(ask: Ask) -> None:
    """Delete a rule."""
    rule = _one(ask)
    del rule.guild.automod[rule.id]
    _told(ask, "DELETE", rule)


_ALL = "/guilds/{guild}/auto-moderation/rules"
ROUTES: Final[tuple[Route, ...]] = (
    ("GET", _ALL, every),
    ("POST", _ALL, create),
    ("GET", _ALL + "/{rule}", one),
    ("PATCH", _ALL + "/{rule}", change),
    ("DELETE", _ALL + "/{rule}", delete),
)

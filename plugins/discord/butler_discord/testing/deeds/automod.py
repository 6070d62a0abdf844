"""Discord's own AutoMod: rules of words, and what happens to whoever uses them."""

from __future__ import annotations

import datetime as dt
import fnmatch

from attrs import define

from butler_discord.testing.deeds import members
from butler_discord.testing.errors import JSON
from butler_discord.testing.state.channels import Channel
from butler_discord.testing.state.guilds import Guild
from butler_discord.testing.state.permissions import Permission, in_channel
from butler_discord.testing.state.users import User
from butler_discord.testing.world import World

KEYWORD, SPAM, PRESET, MENTIONS, PROFILE = 1, 3, 4, 5, 6
MOST = {KEYWORD: 6, SPAM: 1, PRESET: 1, MENTIONS: 1, PROFILE: 1}
"""So many rules of a kind has a guild at most."""
BLOCK, ALERT, TIMEOUT = 1, 2, 3


@define(eq=False)
class Rule:
    """A rule of a guild."""

    id: int
    guild: Guild
    maker: int
    data: JSON

    def json(self) -> JSON:
        """As Discord's API gives it."""
        whose = {"guild_id": str(self.guild.id), "creator_id": str(self.maker)}
        return {"id": str(self.id), **whose, **self.data}

    def matches(self, text: str) -> str | None:
        """The word of this rule that is in a text."""
        words = [word.strip(".,!?").lower() for word in text.split()]
        meta = self.data.get("trigger_metadata") or {}
        for keyword in meta.get("keyword_filter") or []:
            if any(fnmatch.fnmatch(word, keyword.lower()) for word in words) or (
                " " in keyword and keyword.lower() in text.lower()
            ):
                return str(keyword)
        most = meta.get("mention_total_limit")
        if self.data["trigger_type"] == MENTIONS and most and text.count("<@") > most:
            return "mentions"
        return None


def judge(world: World, channel: Channel, user: User, text: str) -> bool:
    """Apply a guild's rules to what somebody wants to say; false: it is blocked."""
    if channel.guild is None or in_channel(channel, user.id) & Permission.MANAGE_GUILD:
        return True
    allowed = True
    for rule in channel.guild.automod.values():
        found = rule.matches(text) if rule.data["enabled"] and not _exempt(rule, channel, user) else None
        if found is not None:
            for action in rule.data["actions"]:
                allowed = allowed and action["type"] != BLOCK
                _act(world, rule, action, channel, user, text, found)
    return allowed


def _exempt(rule: Rule, channel: Channel, user: User) -> bool:
    roles = set(map(str, rule.guild.members[user.id].roles))
    return str(channel.id) in rule.data["exempt_channels"] or bool(roles & set(rule.data["exempt_roles"]))


def _act(world: World, rule: Rule, action: JSON, channel: Channel, user: User, text: str, found: str) -> None:
    meta = action.get("metadata") or {}
    if action["type"] == TIMEOUT:
        until = world.clock.now() + dt.timedelta(seconds=meta["duration_seconds"])
        members.change(world, rule.guild, rule.guild.members[user.id], silent_until=until)
    data: JSON = {
        "guild_id": str(rule.guild.id), "action": action, "rule_id": str(rule.id),
        "rule_trigger_type": rule.data["trigger_type"], "user_id": str(user.id), "channel_id": str(channel.id),
        "content": text, "matched_keyword": found, "matched_content": found,
    }  # fmt: skip
    world.emit("AUTO_MODERATION_ACTION_EXECUTION", data, guild=rule.guild)

"""Reactions come and go."""

from __future__ import annotations

from butler_discord.testing.errors import JSON
from butler_discord.testing.state.messages import Message, emoji_json
from butler_discord.testing.state.users import User
from butler_discord.testing.world import World


def react(world: World, message: Message, user: User, emoji: str) -> None:
    """Somebody reacts; a second time changes nothing."""
    who = message.reactions.setdefault(emoji, {})
    if user.id in who:
        return
    who[user.id] = None
    data = {**_where(message), "user_id": str(user.id), "emoji": emoji_json(emoji), "burst": False, "type": 0}
    data["message_author_id"] = str(message.author.id)
    guild = message.channel.guild
    if guild and user.id in guild.members:
        data["member"] = guild.members[user.id].json()
    world.emit("MESSAGE_REACTION_ADD", data, guild=guild, channel=message.channel)


def unreact(world: World, message: Message, user: User, emoji: str) -> None:
    """Somebody's reaction goes, if it is there."""
    who = message.reactions.get(emoji, {})
    if user.id not in who:
        return
    del who[user.id]
    if not who:
        del message.reactions[emoji]
    data = {**_where(message), "user_id": str(user.id), "emoji": emoji_json(emoji), "burst": False, "type": 0}
    world.emit("MESSAGE_REACTION_REMOVE", data, guild=message.channel.guild, channel=message.channel)


def clear(world: World, message: Message, emoji: str | None = None) -> None:
    """All reactions go, or all with one emoji."""
    if emoji is None:
        message.reactions.clear()
        name, data = "MESSAGE_REACTION_REMOVE_ALL", _where(message)
    else:
        message.reactions.pop(emoji, None)
        name, data = "MESSAGE_REACTION_REMOVE_EMOJI", {**_where(message), "emoji": emoji_json(emoji)}
    world.emit(name, data, guild=message.channel.guild, channel=message.channel)


def _where(message: Message) -> JSON:
    found: JSON = {"message_id": str(message.id), "channel_id": str(message.channel.id)}
    return {**found, "guild_id": str(message.channel.guild.id)} if message.channel.guild else found

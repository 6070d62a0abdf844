"""Votes in Discord's own polls, and their end."""

from __future__ import annotations

from butler_discord.testing.deeds import posting
from butler_discord.testing.errors import JSON
from butler_discord.testing.state.messages import Message
from butler_discord.testing.state.polls import Poll
from butler_discord.testing.state.users import User
from butler_discord.testing.world import World

RESULT = 46
"""The kind of the message that tells how a poll ended."""


def vote(world: World, message: Message, user: User, answer: int) -> None:
    """Somebody votes; where one answer only counts, their other vote goes."""
    poll = _poll(message)
    if not poll.several:
        for other in [each for each, who in poll.votes.items() if user.id in who and each != answer]:
            unvote(world, message, user, other)
    who = poll.votes.setdefault(answer, {})
    if user.id not in who:
        who[user.id] = None
        _told(world, "MESSAGE_POLL_VOTE_ADD", message, user, answer)


def unvote(world: World, message: Message, user: User, answer: int) -> None:
    """Somebody takes their vote back."""
    if _poll(message).votes.get(answer, {}).pop(user.id, 0) is None:
        _told(world, "MESSAGE_POLL_VOTE_REMOVE", message, user, answer)


def end(world: World, message: Message) -> None:
    """A poll ends now: the counts are final, and a message tells the result."""
    poll = _poll(message)
    if poll.final:
        return
    poll.final = True
    world.polls.discard(message)
    poll.ends = min(poll.ends, world.clock.now())
    posting.edit(world, message, quiet=True)
    winner, most = poll.most()
    total = sum(map(len, poll.votes.values()))
    fields: JSON = {"poll_question_text": poll.question, "victor_answer_votes": most, "total_votes": total}
    if winner is not None:
        text = next(each["poll_media"]["text"] for each in poll.answers if each["answer_id"] == winner)
        fields |= {"victor_answer_id": winner, "victor_answer_text": text}
    shown = [{"name": name, "value": str(value), "inline": False} for name, value in fields.items()]
    embed: JSON = {"type": "poll_result", "fields": shown}
    reference = {"type": 0, "message_id": str(message.id), "channel_id": str(message.channel.id)}
    posting.post(
        world, message.channel, message.author, kind=RESULT, embeds=[embed], allowed={"replied_user": True},
        app=message.app, reference=reference,
    )  # fmt: skip


def end_due(world: World) -> None:
    """End the polls whose time is over."""
    now = world.clock.now()
    for message in [each for each in world.polls if each.poll is not None and each.poll.ends <= now]:
        end(world, message)


def _poll(message: Message) -> Poll:
    assert message.poll is not None
    return message.poll


def _told(world: World, name: str, message: Message, user: User, answer: int) -> None:
    data: JSON = {
        "user_id": str(user.id), "channel_id": str(message.channel.id), "message_id": str(message.id),
        "answer_id": answer,
    }  # fmt: skip
    if message.channel.guild:
        data["guild_id"] = str(message.channel.guild.id)
    world.emit(name, data, guild=message.channel.guild, channel=message.channel)

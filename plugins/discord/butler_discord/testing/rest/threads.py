"""Threads through the API."""

from __future__ import annotations

from typing import Any, Final

from butler_discord.testing.deeds import audit, posting, threads
from butler_discord.testing.deeds.audit import Act
from butler_discord.testing.errors import JSON, Refused, invalid, missing_access, missing_permissions, unknown
from butler_discord.testing.rest import bodies
from butler_discord.testing.rest.ask import Answer, Ask, Route
from butler_discord.testing.state import mentions
from butler_discord.testing.state.channels import FORUMS, Channel, Kind, Thread
from butler_discord.testing.state.permissions import Permission, in_channel

P = Permission
DURATIONS = {60, 1440, 4320, 10080}


def _options(ask: Ask) -> JSON:
    name = ask.body.get("name") or ""
    if not 1 <= len(name) <= 100:
        raise invalid("name", "BASE_TYPE_BAD_LENGTH", "Must be between 1 and 100 in length.")
    minutes = int(ask.body.get("auto_archive_duration") or 1440)
    if minutes not in DURATIONS:
        raise invalid("auto_archive_duration", "BASE_TYPE_CHOICES", f"Value must be one of {DURATIONS}.")
    return {"name": name, "archive_after": minutes}


def from_message(ask: Ask) -> Any:
    """Begin a thread from a message; it has the message's id."""
    channel = ask.channel(P.CREATE_PUBLIC_THREADS)
    message = ask.message(channel)
    if channel.kind not in {Kind.TEXT, Kind.NEWS}:
        raise Refused(400, 50024, "Cannot execute action on this channel type")
    if message.thread is not None:
        raise Refused(400, 160004, "A thread has already been created for this message")
    thread = threads.begin(ask.world, channel, ask.app.user, source=message, **_options(ask))
    return _begun(ask, thread)


def begin(ask: Ask) -> Any:
    """Begin a thread without a message, or a post in a forum."""
    channel = ask.channel()
    options = _options(ask)
    if channel.kind in FORUMS:
        return _post(ask, channel, options)
    kind = Kind(int(ask.body.get("type", Kind.PRIVATE_THREAD)))
    private = kind is Kind.PRIVATE_THREAD
    ask.may(channel, P.CREATE_PRIVATE_THREADS if private else P.CREATE_PUBLIC_THREADS)
    invitable = bool(ask.body.get("invitable", True))
    thread = threads.begin(ask.world, channel, ask.app.user, kind=kind, invitable=invitable, **options)
    return _begun(ask, thread)


def _post(ask: Ask, channel: Channel, options: JSON) -> Any:
    ask.may(channel, P.SEND_MESSAGES)
    ask.body = ask.body.get("message") or {}
    fields = bodies.content(ask.body)
    thread = threads.begin(ask.world, channel, ask.app.user, **options)
    fields["files"] = bodies.files(ask, thread, [])
    bodies.not_empty(fields)
    bodies.pictures(fields)
    allowed = mentions.check(ask.body.get("allowed_mentions"))
    text = fields.pop("text", "")
    message = posting.post(ask.world, thread, ask.app.user, text, allowed=allowed, identifier=thread.id, **fields)
    return Answer(201, {**_begun(ask, thread).body, "message": message.json(ask.app.id)})


def _begun(ask: Ask, thread: Channel) -> Answer:
    audit.note(ask.world, thread.guild, Act.THREAD_CREATE, ask.app.id, thread.id, ask.reason)
    return Answer(201, thread.json())


def change_thread(ask: Ask, channel: Channel) -> Any:
    """Change a thread: by who began it or a moderator; anybody who may speak there may take it out of the archive."""
    assert channel.thread is not None
    thread, may = channel.thread, in_channel(channel, ask.app.id)
    moderates = bool(may & P.MANAGE_THREADS)
    waking = ask.body.get("archived") is False and not thread.locked and set(ask.body) == {"archived"}
    if thread.archived and ask.body.get("archived") is not False:
        raise Refused(400, 50083, "Thread is archived")
    strict = {"locked", "rate_limit_per_user"} & set(ask.body)
    if not moderates and not waking and (strict or thread.owner != ask.app.id):
        raise missing_permissions()
    _set(ask, channel, thread)
    if "archived" in ask.body:
        threads.archive(ask.world, channel, archived=bool(ask.body["archived"]))
    else:
        ask.world.emit("THREAD_UPDATE", channel.json(), guild=channel.guild, channel=channel)
    audit.note(ask.world, channel.guild, Act.THREAD_UPDATE, ask.app.id, channel.id, ask.reason)
    return channel.json()


def _set(ask: Ask, channel: Channel, thread: Thread) -> None:
    channel.name = ask.body.get("name", channel.name)
    channel.slowmode = int(ask.body.get("rate_limit_per_user", channel.slowmode) or 0)
    thread.locked = bool(ask.body.get("locked", thread.locked))
    thread.invitable = bool(ask.body.get("invitable", thread.invitable))
    thread.archive_after = int(ask.body.get("auto_archive_duration", thread.archive_after))


def _thread(ask: Ask) -> tuple[Channel, Thread]:
    channel = ask.channel()
    if channel.thread is None:
        raise Refused(400, 50024, "Cannot execute action on this channel type")
    if channel.thread.archived and ask.app_or_none:
        raise Refused(400, 50083, "Thread is archived")
    return channel, channel.thread


def join(ask: Ask) -> None:
    """Join a thread oneself."""
    channel, _ = _thread(ask)
    threads.join(ask.world, channel, ask.app.user)


def leave(ask: Ask) -> None:
    """Leave a thread."""
    channel, _ = _thread(ask)
    threads.leave(ask.world, channel, ask.app.user)


def add(ask: Ask) -> None:
    """Add somebody to a thread."""
    channel, _ = _thread(ask)
    ask.may(channel, P.SEND_MESSAGES_IN_THREADS)
    user = ask.world.user(ask.number("user"))
    if channel.guild is None or user.id not in channel.guild.members:
        raise unknown("Member")
    threads.join(ask.world, channel, user)


def take(ask: Ask) -> None:
    """Take somebody out of a thread."""
    channel, thread = _thread(ask)
    if thread.owner != ask.app.id or channel.kind is not Kind.PRIVATE_THREAD:
        ask.may(channel, P.MANAGE_THREADS)
    threads.leave(ask.world, channel, ask.world.user(ask.number("user")))


def who(ask: Ask) -> Any:
    """Who is in a thread, by account; a hundred at a time where ``with_member`` is asked for."""
    channel, thread = _thread(ask)
    if not ask.app.members_intent:
        raise missing_access()
    after, limit = int(ask.query.get("after", 0)), int(ask.query.get("limit", 100))
    found = sorted(user for user in thread.members if user > after)
    if not ask.yes("with_member"):
        return [threads.member_json(channel, user) for user in found]
    guild = channel.guild
    assert guild is not None
    return [{**threads.member_json(channel, user), "member": guild.members[user].json()} for user in found[:limit]]


def one(ask: Ask) -> Any:
    """Somebody in a thread."""
    channel, thread = _thread(ask)
    if ask.number("user") not in thread.members:
        raise unknown("Member")
    return threads.member_json(channel, ask.number("user"))


def active(ask: Ask) -> Any:
    """The threads of a guild that are not archived and that the bot sees."""
    return _list(ask, [each for each in ask.guild().channels.values() if each.thread and not each.thread.archived])


def archived(ask: Ask, *, private: bool = False) -> Any:
    """The archived threads of a channel, the last archived first."""
    parent = ask.channel(P.READ_MESSAGE_HISTORY)
    if private:
        ask.may(parent, P.MANAGE_THREADS)
    assert parent.guild is not None
    found = [
        each
        for each in parent.guild.channels.values()
        if each.parent is parent and each.thread and each.thread.archived
        and (each.kind is Kind.PRIVATE_THREAD) is private
    ]  # fmt: skip
    found.sort(key=lambda each: each.thread.archived_at if each.thread else None, reverse=True)  # type: ignore[arg-type,return-value]  # archived ones have it
    return {**_list(ask, found), "has_more": False}


def archived_private(ask: Ask) -> Any:
    """The archived private threads of a channel."""
    return archived(ask, private=True)


def _list(ask: Ask, found: list[Channel]) -> JSON:
    seen = [each for each in found if in_channel(each, ask.app.id) & P.VIEW_CHANNEL]
    mine = [each for each in seen if each.thread and ask.app.id in each.thread.members]
    members = [threads.member_json(each, ask.app.id) for each in mine]
    return {"threads": [each.json() for each in seen], "members": members}


_MEMBERS = "/channels/{channel}/thread-members"
ROUTES: Final[tuple[Route, ...]] = (
    ("POST", "/channels/{channel}/messages/{message}/threads", from_message),
    ("POST", "/channels/{channel}/threads", begin),
    ("GET", "/channels/{channel}/threads/archived/public", archived),
    ("GET", "/channels/{channel}/threads/archived/private", archived_private),
    ("GET", "/guilds/{guild}/threads/active", active),
    ("PUT", _MEMBERS + "/@me", join),
    ("DELETE", _MEMBERS + "/@me", leave),
    ("PUT", _MEMBERS + "/{user}", add),
    ("DELETE", _MEMBERS + "/{user}", take),
    ("GET", _MEMBERS, who),
    ("GET", _MEMBERS + "/{user}", one),
)

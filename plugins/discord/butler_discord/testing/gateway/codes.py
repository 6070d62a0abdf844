"""The gateway's numbers: opcodes, reasons to close, and which intent each event needs."""

from __future__ import annotations

import enum
from functools import cache
from typing import Final


class Op(enum.IntEnum):
    """What a payload is."""

    DISPATCH = 0
    HEARTBEAT = 1
    IDENTIFY = 2
    PRESENCE = 3
    VOICE_STATE = 4
    RESUME = 6
    RECONNECT = 7
    REQUEST_MEMBERS = 8
    INVALID_SESSION = 9
    HELLO = 10
    HEARTBEAT_ACK = 11
    REQUEST_CHANNEL_INFO = 43


class Close(enum.IntEnum):
    """Why a connection is closed."""

    UNKNOWN_ERROR = 4000
    UNKNOWN_OPCODE = 4001
    DECODE_ERROR = 4002
    NOT_AUTHENTICATED = 4003
    AUTHENTICATION_FAILED = 4004
    ALREADY_AUTHENTICATED = 4005
    INVALID_SEQ = 4007
    RATE_LIMITED = 4008
    SESSION_TIMED_OUT = 4009
    INVALID_SHARD = 4010
    SHARDING_REQUIRED = 4011
    INVALID_VERSION = 4012
    INVALID_INTENTS = 4013
    DISALLOWED_INTENTS = 4014


class Intent(enum.IntFlag):
    """What a connection asked to be told."""

    GUILDS = 1 << 0
    MEMBERS = 1 << 1
    MODERATION = 1 << 2
    EXPRESSIONS = 1 << 3
    INTEGRATIONS = 1 << 4
    WEBHOOKS = 1 << 5
    INVITES = 1 << 6
    VOICE_STATES = 1 << 7
    PRESENCES = 1 << 8
    GUILD_MESSAGES = 1 << 9
    GUILD_REACTIONS = 1 << 10
    GUILD_TYPING = 1 << 11
    DIRECT_MESSAGES = 1 << 12
    DIRECT_REACTIONS = 1 << 13
    DIRECT_TYPING = 1 << 14
    MESSAGE_CONTENT = 1 << 15
    SCHEDULED_EVENTS = 1 << 16
    AUTOMOD_CONFIGURATION = 1 << 20
    AUTOMOD_EXECUTION = 1 << 21
    GUILD_POLLS = 1 << 24
    DIRECT_POLLS = 1 << 25


I = Intent  # noqa: E741 - a table reads better so
KNOWN: Final = sum(Intent)
_GUILD: Final = {
    "GUILD_ROLE_": I.GUILDS, "CHANNEL_": I.GUILDS, "THREAD_MEMBERS_UPDATE": I.GUILDS | I.MEMBERS,
    "THREAD_": I.GUILDS, "STAGE_INSTANCE_": I.GUILDS, "GUILD_CREATE": I.GUILDS, "GUILD_UPDATE": I.GUILDS,
    "GUILD_DELETE": I.GUILDS, "GUILD_MEMBERS_CHUNK": I(0), "GUILD_MEMBER_": I.MEMBERS, "GUILD_BAN_": I.MODERATION,
    "GUILD_AUDIT_LOG_ENTRY_CREATE": I.MODERATION, "GUILD_EMOJIS_UPDATE": I.EXPRESSIONS,
    "GUILD_STICKERS_UPDATE": I.EXPRESSIONS, "INTEGRATION_": I.INTEGRATIONS, "GUILD_INTEGRATIONS": I.INTEGRATIONS,
    "WEBHOOKS_UPDATE": I.WEBHOOKS, "INVITE_": I.INVITES, "VOICE_STATE_UPDATE": I.VOICE_STATES,
    "PRESENCE_UPDATE": I.PRESENCES, "MESSAGE_REACTION_": I.GUILD_REACTIONS, "MESSAGE_POLL_": I.GUILD_POLLS,
    "MESSAGE_": I.GUILD_MESSAGES, "TYPING_START": I.GUILD_TYPING, "GUILD_SCHEDULED_EVENT_": I.SCHEDULED_EVENTS,
    "AUTO_MODERATION_RULE_": I.AUTOMOD_CONFIGURATION, "AUTO_MODERATION_ACTION_EXECUTION": I.AUTOMOD_EXECUTION,
}  # fmt: skip
_DIRECT: Final = {
    "CHANNEL_PINS_UPDATE": I.DIRECT_MESSAGES, "MESSAGE_REACTION_": I.DIRECT_REACTIONS,
    "MESSAGE_POLL_": I.DIRECT_POLLS, "MESSAGE_": I.DIRECT_MESSAGES, "TYPING_START": I.DIRECT_TYPING,
}  # fmt: skip


@cache
def needed(event: str, *, direct: bool) -> int:
    """The intents of which one is needed to be told of an event; none: everybody is."""
    for start, intent in (_DIRECT if direct else _GUILD).items():
        if event.startswith(start):
            return int(intent)
    return 0

"""The address at which somebody lets the bot into their guild, with the permissions that it can use."""

from __future__ import annotations

import base64
import binascii

from butler_discord.permissions import BITS

WANTED = (
    "create_invite", "kick", "ban", "manage_channels", "manage_guild", "react", "audit_log", "view", "send",
    "manage_messages", "embed", "attach", "history", "connect", "speak", "mute", "deafen", "move", "change_nickname",
    "manage_nicknames", "manage_roles", "manage_webhooks", "manage_threads", "create_threads", "send_in_threads",
    "timeout", "polls", "pin",
)  # fmt: skip
"""What the bot's role is given: all that some action needs, but to be an administrator."""
PERMISSIONS = sum(BITS[name] for name in WANTED)


def invite_link(application: int) -> str:
    """Where to click."""
    scopes = "scope=bot+applications.commands"
    return f"https://discord.com/oauth2/authorize?client_id={application}&{scopes}&permissions={PERMISSIONS}"


def portal(application: int) -> str:
    """Where a bot's owner sets it up."""
    return f"https://discord.com/developers/applications/{application}/bot"


def application_of(token: str) -> int | None:
    """The id that a token begins with; ``None`` if it is no bot's token."""
    first = token.strip().partition(".")[0]
    try:
        digits = base64.urlsafe_b64decode(first + "=" * (-len(first) % 4)).decode()
    except (binascii.Error, UnicodeDecodeError, ValueError):
        return None
    return int(digits) if digits.isdecimal() else None

"""What Discord refuses, as the host's errors: each says what was wrong and what to do."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import aiohttp
import hikari
from butler import Closed, Lost, NotReady, PlatformError, RateLimited

FLOOD_PAUSE = 600.0
"""Seconds to wait after Discord said that too many private channels were opened."""

REMEDIES: Mapping[int, str] = {
    50001: "let the bot see that channel",
    50007: "they take no private messages from here, or have blocked the bot",
    50013: "give the bot's role that permission",
    50278: "the bot and they share no server",
    40005: "send a smaller file",
    30003: "unpin a message first",
    30007: "take one of the channel's webhooks away",
    20028: "try again later",
}
GONE = frozenset({10003, 10004, 10007, 10008, 10011, 10013, 10015, 10062, 50027})
"""Unknown channel, guild, member, message, role, user, webhook, interaction; an interaction's token that has ended."""
FLOODED = frozenset({40003, 340013})
PRIVATE = frozenset({50007, 50278})
"""They take no private messages from us."""


@contextmanager
def understood() -> Iterator[None]:
    """Within, what hikari raises becomes one of the host's errors."""
    try:
        yield
    except hikari.HTTPResponseError as error:
        raise refusal(error) from None
    except hikari.RateLimitTooLongError as error:
        raise RateLimited("Discord asks to wait", retry_after=max(0.1, error.retry_after)) from None
    except (hikari.HTTPError, aiohttp.ClientError, TimeoutError, OSError) as error:
        raise NotReady(f"Discord does not answer ({type(error).__name__})") from None
    except hikari.ComponentStateConflictError:
        raise NotReady("the connection to Discord is closed") from None
    except (ValueError, TypeError) as error:
        raise PlatformError(f"Discord cannot take that: {error}") from None


def refusal(error: hikari.HTTPResponseError) -> PlatformError:
    """The host's error for an answer that is a refusal."""
    code = int(getattr(error, "code", 0) or 0)
    text = str(getattr(error, "message", "") or getattr(error.status, "phrase", "no reason given"))
    line = f"Discord refuses: {text} ({code or int(error.status)})"
    if isinstance(error, hikari.RateLimitTooLongError) or code in FLOODED:
        return RateLimited(line, retry_after=FLOOD_PAUSE)
    if error.status >= 500:
        return NotReady(f"Discord is in trouble ({int(error.status)})")
    if code in GONE or error.status == 404:
        return Lost(line)
    if error.status == 401:
        return PlatformError("Discord does not know the token", remedy="give a new one under [platforms.discord] token")
    remedy = REMEDIES.get(code, "")
    if code in PRIVATE:
        return Closed(line, remedy=remedy)
    if isinstance(error, hikari.BadRequestError) and error.errors:
        return PlatformError(f"{line}: {_details(error.errors)}", remedy=remedy)
    return PlatformError(line, remedy=remedy)


def code_of(error: BaseException | None) -> int:
    """Discord's own number for a refusal, or 0."""
    return int(getattr(error, "code", 0) or 0)


def _details(errors: object, path: str = "") -> str:
    """Which field was wrong, in one line."""
    if isinstance(errors, Mapping):
        told = errors.get("_errors")
        if isinstance(told, list) and told:
            return f"{path or 'it'}: {told[0].get('message', 'is wrong')}"[:200]
        found = [_details(value, f"{path}.{key}".strip(".")) for key, value in errors.items()]
        return next(filter(None, found), "")
    return ""

"""What Discord answers when it refuses: a status, a code, words, and for bodies a tree of what is wrong where."""

from __future__ import annotations

from typing import Any

JSON = dict[str, Any]


class Refused(Exception):
    """A request is refused, as Discord documents it."""

    def __init__(self, status: int, code: int, message: str, errors: JSON | None = None) -> None:
        super().__init__(f"{status} {code}: {message}")
        self.status = status
        self.body: JSON = {"message": message, "code": code}
        if errors:
            self.body["errors"] = errors
        self.headers: dict[str, str] = {}


UNKNOWN = {
    "Application": 10002, "Channel": 10003, "Guild": 10004, "Integration": 10005, "Invite": 10006, "Member": 10007,
    "Message": 10008, "Overwrite": 10009, "Role": 10011, "Token": 10012, "User": 10013, "Emoji": 10014,
    "Webhook": 10015, "Ban": 10026, "Interaction": 10062, "Application Command": 10063, "Voice State": 10065,
    "Application Command Permissions": 10066,
}  # fmt: skip
"""What can be unknown, and the code for it."""


def unknown(what: str) -> Refused:
    """404: ``Unknown Channel`` and the like."""
    return Refused(404, UNKNOWN[what], f"Unknown {what}")


def unauthorized() -> Refused:
    """401: no token, or a wrong one."""
    return Refused(401, 0, "401: Unauthorized")


def missing_access() -> Refused:
    """403: it may not even see that."""
    return Refused(403, 50001, "Missing Access")


def missing_permissions() -> Refused:
    """403: it may see it, and not do that."""
    return Refused(403, 50013, "Missing Permissions")


def invalid(path: str, code: str, message: str) -> Refused:
    """400: a field of the body is wrong. ``path``: where, with dots (``"embeds.0.title"``)."""
    tree: JSON = {"_errors": [{"code": code, "message": message}]}
    for part in reversed(path.split(".") if path else []):
        tree = {part: tree}
    return Refused(400, 50035, "Invalid Form Body", tree)


def too_long(path: str, most: int) -> Refused:
    """400: a text has too many characters."""
    return invalid(path, "BASE_TYPE_MAX_LENGTH", f"Must be {most} or fewer in length.")


def required(path: str) -> Refused:
    """400: a field has to be there."""
    return invalid(path, "BASE_TYPE_REQUIRED", "This field is required")

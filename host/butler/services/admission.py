"""Whose invitations are followed, and in which new guilds the host answers (HOST-30)."""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import Literal

from attrs import frozen

Policy = Literal["allowlist", "ask", "any"]
Decision = Literal["accept", "ask", "decline"]


@frozen
class Admission:
    """The host's policy; a platform may have a stricter one of its own.

    ``allow`` holds ids of people and guilds; ``*`` stands for anything (``matrix:*:example.org``).
    """

    invitations: Policy = "ask"
    guilds: Policy = "ask"
    allow: tuple[str, ...] = ()

    def invitation(self, inviter: str) -> Decision:
        """What becomes of an invitation by this person."""
        return self._judged(self.invitations, inviter)

    def guild(self, guild: str) -> Decision:
        """What becomes of a guild that took the host in by itself."""
        return self._judged(self.guilds, guild)

    def _judged(self, policy: Policy, identifier: str) -> Decision:
        if policy == "any" or any(fnmatchcase(identifier, entry) for entry in self.allow):
            return "accept"
        return "ask" if policy == "ask" else "decline"

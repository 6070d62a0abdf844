"""Application commands: what an application registered, here or everywhere."""

from __future__ import annotations

from attrs import define

from butler_discord.testing.errors import JSON


@define(eq=False)
class Command:
    """A slash command (1), a user's (2) or a message's (3) menu entry."""

    id: int
    app: int
    guild: int
    """0: everywhere."""
    version: int
    data: JSON
    """As the application gave it, with the defaults filled in."""

    @property
    def name(self) -> str:
        return str(self.data["name"])

    @property
    def kind(self) -> int:
        return int(self.data["type"])

    def json(self) -> JSON:
        """As Discord's API gives it."""
        found: JSON = {
            "id": str(self.id), "application_id": str(self.app), "version": str(self.version), **self.data
        }  # fmt: skip
        return {**found, "guild_id": str(self.guild)} if self.guild else found

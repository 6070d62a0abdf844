"""Files that were sent with messages, and where they are fetched from."""

from __future__ import annotations

from attrs import define

from butler_discord.testing.errors import JSON


@define(eq=False)
class Attachment:
    """A file of a message."""

    id: int
    name: str
    kind: str
    data: bytes
    url: str
    """Its address on the CDN."""
    description: str | None = None

    def json(self) -> JSON:
        """As Discord's API gives it."""
        found: JSON = {
            "id": str(self.id), "filename": self.name, "size": len(self.data), "url": self.url,
            "proxy_url": self.url, "content_type": self.kind, "ephemeral": False,
        }  # fmt: skip
        if self.description is not None:
            found["description"] = self.description
        return found

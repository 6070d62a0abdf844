"""Files that were sent with messages, and where they are fetched from."""

from __future__ import annotations

from collections.abc import Callable

from attrs import define

from butler_discord.testing.errors import JSON


@define(eq=False)
class Attachment:
    """A file of a message."""

    id: int
    name: str
    kind: str
    data: bytes
    sign: Callable[[], str]
    """Makes an address on the CDN that holds for a day."""
    description: str | None = None

    @property
    def url(self) -> str:
        """An address on the CDN; each time one that holds for a day from then."""
        return self.sign()

    def json(self) -> JSON:
        """As Discord's API gives it."""
        url = self.url
        found: JSON = {
            "id": str(self.id), "filename": self.name, "size": len(self.data), "url": url,
            "proxy_url": url, "content_type": self.kind, "ephemeral": False,
        }  # fmt: skip
        if self.description is not None:
            found["description"] = self.description
        return found

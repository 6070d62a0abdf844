"""What a client asked of a stand-in, in the host's own form, whatever the protocol."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from attrs import field, frozen

from butler.provider import Prompt


@frozen
class Asked:
    """One request for an answer."""

    prompt: Prompt
    """As the client said it; ``stable`` marks turns behind which it set a breakpoint for the cache."""
    stream: bool = False
    body: Mapping[str, Any] = field(factory=dict, repr=False)
    """The request itself."""
    path: str = ""
    """Where it was sent."""
    headers: Mapping[str, str] = field(factory=dict, repr=False)

    @property
    def newest(self) -> str:
        """The text of the last turn."""
        return self.prompt.turns[-1].text if self.prompt.turns else ""

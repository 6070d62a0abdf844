"""What is to be read in a message: its text, and the texts of its components."""

from __future__ import annotations

from collections.abc import Iterator

from butler_discord.testing.errors import JSON
from butler_discord.testing.state.messages import COMPONENTS_V2, Message

TEXT_DISPLAY = 10


def texts_of(message: Message) -> list[str]:
    """The texts that can name somebody with effect; those of embeds cannot."""
    found = [message.text] if message.text else []
    if message.flags & COMPONENTS_V2:
        found += [each["content"] for each in every(message.components) if each["type"] == TEXT_DISPLAY]
    return found


def every(components: list[JSON]) -> Iterator[JSON]:
    """All components, those inside others too."""
    for component in components:
        yield component
        yield from every(component.get("components") or [])
        inner = [component[key] for key in ("accessory", "component") if component.get(key)]
        yield from every(inner)

"""A character: who it is, how it speaks in private and in public, its modes, its lore; whatever the file format."""

from __future__ import annotations

import itertools
import re
from collections.abc import Mapping
from typing import Any

from attrs import field, frozen


@frozen
class Entry:
    """One piece of lore: it is told when one of its keys is mentioned, or always."""

    content: str
    keys: tuple[str, ...] = ()
    secondary: tuple[str, ...] = ()
    """With ``selective``: one of these has to be mentioned as well."""
    selective: bool = False
    constant: bool = False
    enabled: bool = True
    order: int = 100
    """Lower ones stand further up."""
    priority: int = 0
    """When the budget is spent lower ones are left out first."""
    before: bool = True
    """Whether it stands before who the character is, or behind it."""
    case: bool = False
    regex: bool = False
    name: str = ""


@frozen
class Lorebook:
    """What a character knows of its world."""

    entries: tuple[Entry, ...] = ()
    depth: int = 0
    """How many messages are looked at (0: as many as the settings say)."""
    budget: int = 0
    """Tokens for what was mentioned (0: as many as the settings say)."""
    recursive: bool = False
    """Whether what is told may bring up more."""


@frozen
class Mode:
    """One of a character's ways to be."""

    name: str
    prompt: str


@frozen
class Character:
    """Whoever is spoken to. Texts may hold ``{{char}}`` and ``{{user}}``."""

    name: str
    display: str = ""
    handles: tuple[str, ...] = ()
    description: str = ""
    personality: str = ""
    scenario: str = ""
    instructions: str = ""
    """The system prompt."""
    reminder: str = ""
    """Said to the model behind the conversation."""
    direct: str = ""
    """How it is in private."""
    public: str = ""
    """How it is where others listen."""
    greeting: str = ""
    greetings: tuple[str, ...] = ()
    """Further ones."""
    examples: str = ""
    """Conversations, ``{{user}}: …`` and ``{{char}}: …``, each begun by ``<START>``."""
    modes: tuple[Mode, ...] = ()
    mode_every: int = 0
    """After so many of its replies the next mode begins; 0: only when somebody asks for it."""
    glitch: str = ""
    """What it is told of a change of mode, ``{{from}}`` and ``{{to}}``."""
    lorebook: Lorebook = Lorebook()
    model: tuple[str, ...] = ()
    premium_model: tuple[str, ...] = ()
    relationship: str = ""
    """The kind that it begins with."""
    summarization_prompt: str = ""
    core_memory_prompt: str = ""
    core_memory_dump: str = ""
    fallback: str = ""
    """What it says when its model does not answer in time."""
    colour: str = ""
    channels: tuple[str, ...] = ()
    """Ids of channels or guilds where it lives, ``*``: everywhere; empty: where it was brought to life."""
    settings: Mapping[str, Any] = field(factory=dict)
    """Settings of this and other plugins that hold for this character, by plugin name."""

    @property
    def label(self) -> str:
        """What it is called."""
        return self.display or self.name


_EXAMPLE = re.compile(r"<START>", re.IGNORECASE)
_SPEAKS = re.compile(r"^[^\S\n]*(\{\{user\}\}|\{\{char\}\})[^\S\n]*:[^\S\n]*", re.IGNORECASE | re.MULTILINE)
MOST_EXAMPLES = 40


def pairs_of(character: Character) -> tuple[tuple[str, str], ...]:
    """Its examples as pairs of what somebody says and what it answers; what is no such pair is left out."""
    found: list[tuple[str, str]] = []
    for talk in _EXAMPLE.split(character.examples):
        parts = _SPEAKS.split(talk)[1:]
        said = [(who.casefold(), text.strip()) for who, text in zip(parts[::2], parts[1::2], strict=False)]
        for (first, question), (second, answer) in itertools.pairwise(said):
            if first == "{{user}}" and second == "{{char}}" and question and answer:
                found.append((question, answer))
    return tuple(found[:MOST_EXAMPLES])

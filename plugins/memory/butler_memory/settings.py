"""What can be settled about what personas remember."""

from __future__ import annotations

from typing import Literal

import attrs
from attrs.validators import ge


@attrs.frozen
class Settings:
    """``[plugins.memory]``, and below a guild's or a persona's ``plugins``."""

    learn: bool = True
    """Whether facts are taken from conversations by themselves (``/remember`` works without)."""
    extract_model: str = ""
    """The model that finds facts, as ``provider:model``; empty: the persona's own."""
    extract_after: float = attrs.field(default=30.0, validator=ge(1))
    """Seconds of silence until what was said is looked at, together; after ten messages it is not waited for."""
    recall: int = attrs.field(default=8, validator=ge(0))
    """So many memories that fit the newest message are shown to the model."""
    across_channels: bool = True
    """Whether what was said in one channel of a guild is known in its others."""
    private_in_public: Literal["ask", "never"] = "ask"
    """Whether what somebody said in private is used elsewhere: with their yes (``/memories follow on``), or never."""
    conversation_token_threshold: int = attrs.field(default=25_000, validator=ge(200))
    """A conversation above so many tokens is summarised in chapters."""
    core_memory_token_threshold: int = attrs.field(default=25_000, validator=ge(100))
    """Core memory is kept below so many tokens, and below a quarter of the model's window."""
    summary_model: str = ""
    """The model that writes chapters; empty: the persona's own."""
    identity_model: str = ""
    """The model that writes core memory; empty: the persona's own."""
    conversation_idle: float = attrs.field(default=30.0, validator=ge(0))
    """Minutes of silence after which a conversation has ended and core memory is written anew."""
    archive: bool = True
    """Whether each former core memory is kept."""
    archive_dir: str = ""
    """A folder for the archive; empty: the plugin's own."""
    archive_days: int = attrs.field(default=365, validator=ge(1))
    """Days that a former core memory is kept."""

"""What a command's docstring says: a summary, help for each option, examples, details."""

from __future__ import annotations

import inspect
import re
from collections.abc import Collection, Mapping

from attrs import field, frozen

_OPTION = re.compile(r"([A-Za-z_]\w*):\s+(\S.*)")
_EXAMPLE = "Example:"


@frozen
class Doc:
    """A docstring, taken apart."""

    summary: str = ""
    details: str = ""
    options: Mapping[str, str] = field(factory=dict)
    """Parameter name to its help: the lines ``name: text``."""
    examples: tuple[str, ...] = ()
    """The lines that begin with ``Example:``, without it."""


def doc_of(text: str | None, parameters: Collection[str]) -> Doc:
    """Take a docstring apart; ``parameters`` are the names whose ``name: text`` lines are help for an option."""
    paragraphs: list[str] = []
    options: dict[str, str] = {}
    examples: list[str] = []
    for line in inspect.cleandoc(text or "").splitlines():
        match = _OPTION.fullmatch(line.strip())
        if line.strip().startswith(_EXAMPLE):
            examples.append(line.strip().removeprefix(_EXAMPLE).strip())
        elif match and match[1] in parameters:
            options[match[1]] = match[2]
        else:
            paragraphs.append(line)
    summary, _, details = "\n".join(paragraphs).strip().partition("\n\n")
    return Doc(" ".join(summary.split()), details.strip(), options, tuple(filter(None, examples)))

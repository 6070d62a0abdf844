"""What plugins may return, and how it gets to whoever asked."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final, overload

import attrs

from butler.engine.run import Run
from butler.model import Reply, Section, Stop, Use, Vote

RESULTS: Final[Mapping[str, tuple[type, ...]]] = {
    "on_message": (Stop,),
    "should_reply": (Vote,),
    "build_prompt": (Section, list, Use, Stop),
    "review_reply": (Reply, Stop),
}
"""What a hook may return besides ``None``."""


class Cast(Sequence[Vote]):
    """The votes that were cast before, as later voters see them: nobody changes another's."""

    def __init__(self, votes: Sequence[Vote]) -> None:
        self._votes = votes

    @overload
    def __getitem__(self, index: int) -> Vote: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Vote]: ...
    def __getitem__(self, index: int | slice) -> Vote | Sequence[Vote]:
        return self._votes[index]

    def __len__(self) -> int:
        return len(self._votes)

    def __iter__(self) -> Iterator[Vote]:
        return iter(tuple(self._votes))

    def __repr__(self) -> str:
        return repr(tuple(self._votes))


def put(run: Run, plugin: str, result: Any) -> None:
    """Hand a result over with its plugin's name: a vote carries it itself."""
    if isinstance(result, Vote):
        run.results.append(attrs.evolve(result, plugin=plugin))
    else:
        run.results.append((plugin, result))
        run.ended = isinstance(result, run.stop)


def keep(run: Run, result: Any) -> bool:
    """Of a single call: what it returned, unless nobody waits for it any more."""
    if not (run.overdue or run.left or run.ordered):
        run.results.append(result)
    return False


def fits(result: Any, wanted: tuple[type, ...]) -> bool:
    """Whether a result is of one of the types; of a list each item has to be a section, or say what to use."""
    if isinstance(result, list):
        return list in wanted and all(isinstance(item, Section | Use) for item in result)
    return isinstance(result, wanted)

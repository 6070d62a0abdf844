"""What is logged during a test: kept as it was given, printed in one line each."""

from __future__ import annotations

import contextlib
import sys
from collections import deque
from collections.abc import Iterator, MutableMapping
from typing import Any

import structlog

MOST = 10_000
"""So many of the last lines are kept."""

Entry = MutableMapping[str, Any]
"""``event``, ``level`` and the fields of one line."""


@contextlib.contextmanager
def collected() -> Iterator[deque[Entry]]:
    """Within, structlog's lines are collected and printed plainly; tracebacks are named by their last line."""
    entries: deque[Entry] = deque(maxlen=MOST)

    def collect(logger: Any, method: str, entry: Entry) -> str:
        error = entry.pop("exc_info", None)
        if error is True:
            error = sys.exception() if hasattr(sys, "exception") else sys.exc_info()[1]
        if isinstance(error, BaseException):
            entry["exception"] = f"{type(error).__name__}: {error}"
        entries.append(entry)
        fields = " ".join(f"{name}={value!r}" for name, value in entry.items() if name not in {"event", "level"})
        return f"[{entry['level']}] {entry['event']} {fields}"

    before = structlog.get_config()
    structlog.configure(
        processors=[structlog.contextvars.merge_contextvars, structlog.processors.add_log_level, collect],
        wrapper_class=structlog.make_filtering_bound_logger(0),
        logger_factory=structlog.PrintLoggerFactory(),
        cache_logger_on_first_use=False,
    )
    try:
        yield entries
    finally:
        structlog.configure(**before)

"""What nobody caught goes to the log, where secrets are masked, not raw to the terminal: threads, destructors."""

from __future__ import annotations

import contextlib
import sys
import threading
from collections.abc import Iterator

import structlog

log = structlog.get_logger("butler.host")


@contextlib.contextmanager
def logged() -> Iterator[None]:
    """Within, what a thread or a destructor raises is logged. For a process that is one host."""

    def of_thread(args: threading.ExceptHookArgs) -> None:
        name = args.thread.name if args.thread is not None else "?"
        _say("a thread failed", args.exc_value, thread=name)

    def unraisable(args: sys.UnraisableHookArgs) -> None:
        _say("something failed where nobody could be told", args.exc_value, where=str(args.err_msg or ""))

    before = threading.excepthook, sys.unraisablehook
    threading.excepthook, sys.unraisablehook = of_thread, unraisable
    try:
        yield
    finally:
        threading.excepthook, sys.unraisablehook = before


def _say(text: str, error: BaseException | None, **fields: str) -> None:
    if error is not None and not isinstance(error, SystemExit):
        log.error(text, exc_info=(type(error), error, error.__traceback__), **fields)

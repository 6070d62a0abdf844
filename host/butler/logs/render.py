"""How a log entry looks: a JSON line in the file, a short line on the terminal."""

from __future__ import annotations

import datetime as dt
import json
import logging
from typing import Any, Final

import structlog
from structlog.typing import EventDict, WrappedLogger

from butler.logs.mask import Scrub, masked_fields

_COLOURS: Final = {"debug": "2", "info": "36", "warning": "33", "error": "31", "critical": "1;31"}
_HEAD: Final = ("at", "level", "logger", "event")


def formatter(scrub: Scrub, *, short: bool, colour: bool = False) -> logging.Formatter:
    """What turns a record into a line: masked, then ``short`` for people or whole as JSON."""

    def mask(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
        return masked_fields(event, scrub)

    def render(_: WrappedLogger, __: str, event: EventDict) -> str:
        return for_people(event, colour=colour) if short else as_json(event)

    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=[
            structlog.stdlib.add_log_level,
            structlog.stdlib.add_logger_name,
            _time_of_record,
            structlog.processors.format_exc_info,
        ],
        processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, mask, render],
    )


def _time_of_record(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    event["at"] = dt.datetime.fromtimestamp(event["_record"].created, dt.UTC).isoformat()
    return event


def as_json(event: EventDict) -> str:
    """One line of JSON, time and level first."""
    ordered = {name: event.pop(name) for name in _HEAD if name in event}
    return json.dumps({**ordered, **event}, ensure_ascii=False, default=str)


def for_people(event: EventDict, *, colour: bool) -> str:
    """``12:30:01 warning karma: what happened · field=value``; of an exception its last line."""
    at = dt.datetime.fromisoformat(event.pop("at")).astimezone().strftime("%H:%M:%S")
    level = event.pop("level", "info")
    area = str(event.pop("logger", "")).removeprefix("butler.")
    what = _plain(event.pop("event", ""))
    if trace := event.pop("exception", ""):
        event["error"] = trace.rstrip().rpartition("\n")[2]
    event.pop("stack", None)
    head = f"\x1b[{_COLOURS.get(level, '0')}m{level}\x1b[0m" if colour else level
    fields = " ".join(f"{name}={_plain(value)}" for name, value in event.items())
    return f"{at} {head} {area}: {what}" + (f" · {fields}" if fields else "")


def _plain(value: Any) -> str:
    """A value on one line, without characters that move a terminal's cursor."""
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
    return text if text.isprintable() else json.dumps(text)

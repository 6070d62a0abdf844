"""Asking a running host through its control socket."""

from __future__ import annotations

import json
import socket
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

from butler.errors import ButlerError, NotReady
from butler.faces.addresses import reachable

PATIENCE: Final = 120.0
"""Seconds between two lines of an answer."""

Show = Callable[[int, int, str], None]


def ask(path: Path, verb: str, args: Mapping[str, Any], show: Show | None = None) -> Any:
    """What the host answers, as plain JSON; ``show`` gets its progress.

    Raises ``NotReady`` where no host listens, ``ButlerError`` with the host's own words where it refuses.
    """
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
        connection.settimeout(PATIENCE)
        try:
            with reachable(path) as address:
                connection.connect(address)
        except OSError as error:
            raise NotReady(f"no host listens at {path}") from error
        try:
            return _converse(connection, {"verb": verb, "args": dict(args)}, show)
        except (OSError, ValueError) as error:
            raise ButlerError(f"the host broke off ({error})", remedy="see `butler logs`, then try again") from error


def _converse(connection: socket.socket, request: Mapping[str, Any], show: Show | None) -> Any:
    connection.sendall(json.dumps(request).encode() + b"\n")
    with connection.makefile("rb") as lines:
        for line in lines:
            answer = json.loads(line)
            if "ok" in answer:
                return answer["ok"]
            if "error" in answer:
                raise ButlerError(answer["error"])
            if show is not None and (progress := answer.get("progress")):
                show(progress["done"], progress["total"], progress["text"])
    raise OSError("it closed the connection without an answer")

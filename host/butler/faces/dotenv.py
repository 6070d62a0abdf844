"""Changing one variable in `.env`: every other line stays as it is, and nobody else can read the file."""

from __future__ import annotations

import contextlib
import fcntl
import io
import os
from collections.abc import Iterator
from pathlib import Path

from dotenv.parser import Binding, parse_stream

from butler.config.render import env_quoted
from butler.errors import ConfigError


def put(path: Path, name: str, value: str) -> None:
    """Set a variable, in the place where it stood or at the end. Raises ``ConfigError`` if that cannot be written."""
    line = f"{name}={env_quoted(value)}\n"
    with _changing(path) as bindings:
        own = [index for index, each in enumerate(bindings) if each.key == name]
        lines = [each.original.string for each in bindings]
        for index in own[:-1]:
            lines[index] = ""
        if own:
            before = lines[own[-1]]
            lines[own[-1]] = before[: len(before) - len(before.lstrip("\n"))] + line
        else:
            if lines and not "".join(lines).endswith("\n"):
                lines.append("\n")
            lines.append(line)
        write_private(path, "".join(lines))


def take(path: Path, name: str) -> bool:
    """Take a variable out; false if it was not there. Raises ``ConfigError`` if that cannot be written."""
    if not path.exists():
        return False
    with _changing(path) as bindings:
        if all(each.key != name for each in bindings):
            return False
        write_private(path, "".join(each.original.string for each in bindings if each.key != name))
    return True


@contextlib.contextmanager
def _changing(path: Path) -> Iterator[list[Binding]]:
    """What stands in the file, while no other command changes it."""
    folder = os.open(path.resolve().parent, os.O_RDONLY)
    try:
        fcntl.flock(folder, fcntl.LOCK_EX)
        try:
            text = path.read_text(encoding="utf-8-sig") if path.exists() else ""
        except UnicodeDecodeError:
            raise ConfigError(f"{path} is no UTF-8 text", remedy="save it as UTF-8") from None
        yield list(parse_stream(io.StringIO(text)))
    except OSError as error:
        raise ConfigError(f"{path} cannot be changed ({error.strerror})", remedy="see to its permissions") from None
    finally:
        os.close(folder)


def write_private(path: Path, text: str) -> None:
    """Whole or not at all, and nobody else's from the first moment on. Raises ``OSError``."""
    path = path.resolve()  # a link stays a link
    fresh = path.with_name(f"{path.name}.new")
    with contextlib.suppress(FileNotFoundError):
        fresh.unlink()
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)

"""The message log as a file: CSV for people, JSON Lines for machines; both can be read back (LUNA-19)."""

from __future__ import annotations

import csv
import datetime as dt
import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import IO, Any, Final, Literal

from butler.errors import CommandError
from butler.model import Channel, Guild, Message, Person

Format = Literal["csv", "jsonl"]
COLUMNS: Final = (
    "id", "at", "guild", "guild_name", "channel", "channel_name", "thread_of", "dm", "author", "author_name", "bot",
    "persona", "reply_to", "text",
)  # fmt: skip
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r", "'")
"""What a spreadsheet takes for more than text when a cell begins with it, and what is put before it."""


def format_of(path: Path) -> Format:
    """By the file's name. Raises ``CommandError`` for another ending."""
    endings: Mapping[str, Format] = {".csv": "csv", ".jsonl": "jsonl"}
    found = endings.get(path.suffix.casefold())
    if found is None:
        raise CommandError(f"{path} is neither .csv nor .jsonl", remedy="name it with one of these endings")
    return found


def plain(message: Message) -> dict[str, Any]:
    """A message as a flat row."""
    channel, author = message.channel, message.author
    values = (
        message.id, message.at.isoformat(), channel.guild.id, channel.guild.name, channel.id, channel.name,
        channel.thread_of, channel.dm, author.id, author.name, author.bot, author.persona, message.reply_to,
        message.text,
    )  # fmt: skip
    return dict(zip(COLUMNS, values, strict=True))


def message_of(row: Mapping[str, Any]) -> Message:
    """A row as a message. Raises ``ValueError`` or ``KeyError`` where it is none."""
    told = {column: row[column] for column in COLUMNS}
    for column in ("id", "guild", "channel", "author"):
        if not isinstance(told[column], str) or ":" not in told[column]:
            raise ValueError(f"{column} is no id: {told[column]!r}")
    at = dt.datetime.fromisoformat(str(told["at"]))
    if at.tzinfo is None:
        raise ValueError(f"at has no time zone: {told['at']!r}")
    guild = Guild(told["guild"], str(told["guild_name"]))
    channel = Channel(
        told["channel"], guild, str(told["channel_name"]), _yes(told["dm"]), thread_of=str(told["thread_of"])
    )
    author = Person(told["author"], str(told["author_name"]), _yes(told["bot"]), str(told["persona"]))
    return Message(
        told["id"], channel, author, str(told["text"]), at.astimezone(dt.UTC), reply_to=str(told["reply_to"])
    )


def _yes(value: Any) -> bool:
    return value is True or str(value).casefold() in {"true", "1", "yes"}


def write_rows(file: IO[str], kind: Format, messages: Iterable[Message], *, first: bool) -> None:
    """Append messages to an open file; ``first``: the header goes before them."""
    if kind == "jsonl":
        file.writelines(json.dumps(plain(message), ensure_ascii=False) + "\n" for message in messages)
        return
    writer = csv.DictWriter(file, COLUMNS)
    if first:
        writer.writeheader()
    writer.writerows({key: _inert(value) for key, value in plain(message).items()} for message in messages)


def _inert(value: Any) -> Any:
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA) else value


def read_rows(path: Path) -> Iterator[Message]:
    """The messages of a file. Raises ``CommandError`` with the line where one is none."""
    kind = format_of(path)
    number = 0
    try:
        with path.open(encoding="utf-8", newline="") as file:
            for number, row in enumerate(_rows(file, kind), 2 if kind == "csv" else 1):  # noqa: B007 - told below
                yield message_of(json.loads(row) if isinstance(row, str) else row)
    except OSError as error:
        raise CommandError(f"{path} cannot be read ({error.strerror})", remedy="give a file that is there") from None
    except (ValueError, KeyError, TypeError, csv.Error, RecursionError) as error:
        raise CommandError(
            f"{path}, row {number or 1}: that is no message ({type(error).__name__}: {error})",
            remedy="a file that export_log wrote can be imported",
        ) from None


def _rows(file: IO[str], kind: Format) -> Iterator[str | Mapping[str, Any]]:
    if kind == "jsonl":
        yield from (line for line in file if line.strip())
        return
    for row in csv.DictReader(file, strict=True):
        yield {key: _active(value) for key, value in row.items()}


def _active(value: Any) -> Any:
    return value[1:] if isinstance(value, str) and value[:1] == "'" and value[1:].startswith(_FORMULA) else value

"""Takes the message log out and in, fetches what platforms remember, and empties it."""

from __future__ import annotations

import asyncio
import datetime as dt
import os
from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Final

import attrs

from butler.call import Progress
from butler.errors import CommandError, PlatformError
from butler.model import Channel, Message, Persona
from butler.services.archive.formats import format_of, read_rows, write_rows
from butler.store.bringing import Brought, below, bring
from butler.store.codec import message_from
from butler.store.database import Tx
from butler.store.search import index

if TYPE_CHECKING:
    from butler.host import Host

PAGE: Final = 500
"""Messages that are in hand at once."""


class Archive:
    """The message log of one host."""

    def __init__(self, host: Host) -> None:
        self._host = host
        self.backup: Callable[[Path], Any] | None = None
        """Writes a backup into a new file; given by whoever runs the host."""

    async def backed_up(self, name: str) -> str:
        """Back up into ``backups`` beside the data directory; returns the file. Raises ``ButlerError``."""
        if self.backup is None:
            raise CommandError("no backup can be made here", remedy="do it on a host that was started by `butler`")
        folder = self._host.data.parent / "backups"
        await asyncio.to_thread(folder.mkdir, mode=0o700, exist_ok=True)
        target = folder / f"{name}.tar.gz"
        await asyncio.to_thread(self.backup, target)
        return str(target)

    async def export(self, path: Path, progress: Progress, *, channel: str = "") -> int:
        """Write what was said (in a channel) into a new file; returns how many messages.

        Raises ``CommandError`` where the file cannot be written, or is there already.
        """
        kind = format_of(path)
        where, params = ("and channel = ?", (channel,)) if channel else ("", ())
        counted = f"select count(*) from host_inbox where kind = 'message' {where}"
        total = int((await self._host.database.query(counted, params))[0][0])
        file = await asyncio.to_thread(_new, path)
        done, after = 0, -(2**62)
        try:
            while messages := await self._page(where, params, after):
                await asyncio.to_thread(write_rows, file, kind, messages, first=not done)
                done, after = done + len(messages), messages[-1].seq
                await progress(done, max(done, total), "exported")
        finally:
            await asyncio.to_thread(file.close)
        return done

    async def _page(self, where: str, params: tuple[Any, ...], after: int) -> list[Message]:
        rows = await self._host.database.query(
            f"select seq, text, body from host_inbox where kind = 'message' {where} and seq > ? order by seq limit ?",
            (*params, after, PAGE),
        )
        return [message_from(body, seq, text, None) for seq, text, body in rows]

    async def load(self, path: Path, progress: Progress) -> tuple[int, int, int]:
        """Read a file that was exported. Returns how many were new, known already, and too old to be kept.

        All of it is looked at before any of it is kept. Raises ``CommandError``.
        """
        total = await asyncio.to_thread(_counted, path)
        rows = read_rows(path)
        first = await self._below(total)
        done = new = old = 0
        while part := await asyncio.to_thread(_taken, rows):
            young = [message for message in part if not self._too_old(message.at)]
            old += len(part) - len(young)
            new += await self._bring(young, first + done if first else 0)
            done += len(part)
            await progress(done, max(done, total), "imported")
        return new, total - new - old, old

    async def fetch(self, channel: Channel, progress: Progress, *, whole: bool) -> tuple[int, int]:
        """Read a channel back from its platform: all of it, or until what the last fetch began with.

        Returns how many messages were seen, and how many of them were new. Raises ``CommandError`` where the
        platform cannot, or where nothing was fetched before.
        """
        platform = self._host.platform(channel.id)
        if platform is None or not platform.can("history", channel):
            raise CommandError(f"{channel.id} cannot be read back", remedy="its platform is not connected, or cannot")
        mark = f"fetched:{channel.id}"
        until = await self._host.journal.recovery.cursor(mark)
        if not whole and until is None:
            raise CommandError(f"nothing was fetched of {channel.name or channel.id} before", remedy="fetch_all it")
        seen = new = 0
        before = newest = ""
        while page := await self._read(platform, channel, before):
            newest = newest or page[-1].id
            fresh = page if whole else _after(page, until or "")
            young = [self._named(message) for message in fresh if not self._too_old(message.at)]
            seen += len(young)
            new += await self._bring(young, await self._below(len(young)) if whole else 0)
            await progress(seen, 0, f"{channel.name or channel.id}: {seen} messages, {new} new")
            if len(young) < len(page):
                break
            before = page[0].id
        await self._host.journal.cursor(mark, newest or until or "")
        await progress(max(1, seen), max(1, seen), "")
        return seen, new

    async def _read(self, platform: Any, channel: Channel, before: str) -> Sequence[Message]:
        try:
            found: Sequence[Message] = await platform.history(channel.id, before=before, limit=PAGE)
        except PlatformError as error:
            raise CommandError(f"{channel.name or channel.id} cannot be read back: {error}") from None
        return found

    async def _bring(self, messages: Sequence[Message], first: int) -> int:
        for message in messages:
            self._host.places.see(message.channel)
        if not messages:
            return 0
        brought = Brought(messages, first, self._host.journal.next_seq)
        return int(await self._host.database.submit(bring, brought))

    async def _below(self, many: int) -> int:
        return int(await self._host.database.submit(below, many))

    def _named(self, message: Message) -> Message:
        """What one of our personas said carries its name."""
        persona = self._persona(message.author.id)
        if persona is None:
            return message
        return attrs.evolve(message, author=attrs.evolve(message.author, bot=True, persona=persona.name))

    def _persona(self, account: str) -> Persona | None:
        return next((each for each in self._host.personas if account in each.accounts.values()), None)

    def _too_old(self, at: dt.datetime) -> bool:
        """Whether it would be deleted anyway: messages are kept for ``message_days``."""
        return at < self._host.clock.now() - dt.timedelta(days=self._host.config.host.message_days)

    async def empty(self) -> int:
        """Forget every message and whatever came of it, and all channels and people; returns how many messages."""
        gone = int(await self._host.database.submit(_empty, None))
        self._host.places.clear()
        await self._host.search.scrub()
        return gone


def _new(path: Path) -> IO[str]:
    """A new file for this user's eyes only."""
    try:
        return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8", newline="")
    except OSError as error:
        raise CommandError(f"{path} cannot be written ({error.strerror})", remedy="give another name") from None


def _counted(path: Path) -> int:
    return sum(1 for _ in read_rows(path))


def _taken(rows: Iterator[Message]) -> list[Message]:
    return list(islice(rows, PAGE))


def _after(page: Sequence[Message], known: str) -> Sequence[Message]:
    """What of a page is newer than a message in it; all of it where that is not there."""
    for number, message in enumerate(page):
        if message.id == known:
            return page[number + 1 :]
    return page


_EMPTIED: Final = (
    "host_turns", "host_outbox", "host_records", "host_reactions", "host_inbox", "host_channels", "host_guilds",
    "host_people",
)  # fmt: skip


def _empty(tx: Tx, rows: Sequence[None]) -> list[int]:
    seen = index.seen(tx)
    texts = tx.all("select seq, text from host_inbox where kind = 'message' and seq <= ?", (seen,))
    index.take(tx, texts)
    (count,) = tx.all("select count(*) from host_inbox")[0]
    for table in _EMPTIED:
        tx.all(f"delete from {table}")
    tx.all("delete from host_cursors where substr(name, 1, 8) = 'fetched:'")
    return [int(count)] * len(rows)

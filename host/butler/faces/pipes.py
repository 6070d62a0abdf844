"""Standard input and output off the event loop, and always to be ended: each end has a thread and a wake-up."""

from __future__ import annotations

import asyncio
import os
import select
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Final

LONGEST: Final = 4_000_000
"""Bytes of one line; what is beyond is left out."""
_CHUNK: Final = 65_536


class _End:
    """A descriptor, the one thread that waits for it, and a pipe that wakes it up."""

    def __init__(self, descriptor: int, name: str) -> None:
        self.descriptor = descriptor
        self.thread = ThreadPoolExecutor(1, name)
        self._wake_read, self._wake_write = os.pipe()
        self._closed = False

    def wait(self, event: int) -> bool:
        """In the thread: wait until it can be used. False: it is being closed."""
        poll = select.poll()  # takes regular files, too, and descriptors of any number
        poll.register(self._wake_read, select.POLLIN)
        poll.register(self.descriptor, event)
        return self._wake_read not in {descriptor for descriptor, _ in poll.poll()}

    def close(self) -> None:
        """End the thread, whatever it waits for."""
        if self._closed:
            return
        self._closed = True
        os.write(self._wake_write, b".")
        self.thread.shutdown()
        os.close(self._wake_read)
        os.close(self._wake_write)


class Lines:
    """The lines of a descriptor, read only as fast as they are asked for.

    Works for pipes, files, sockets and terminals alike. Bytes that are no UTF-8 become U+FFFD; of a line
    longer than ``longest`` bytes the rest is left out and ``cut`` counts it.
    """

    def __init__(self, descriptor: int, *, longest: int = LONGEST) -> None:
        self._end = _End(descriptor, "butler-stdin")
        self._longest = longest
        self.cut = 0

    async def __aiter__(self) -> AsyncIterator[str]:
        line = bytearray()
        too_long = False
        while chunk := await self._chunk():
            *ends, rest = chunk.split(b"\n")
            for part in ends:
                too_long |= self._take(line, part)
                yield self._text(line, too_long)
                line, too_long = bytearray(), False
            too_long |= self._take(line, rest)
        if line:
            yield self._text(line, too_long)

    def _take(self, line: bytearray, part: bytes) -> bool:
        """As much of it as the line may hold; whether something was left out."""
        room = self._longest - len(line)
        line += part[:room]
        return len(part) > room

    def _text(self, line: bytearray, too_long: bool) -> str:
        self.cut += too_long
        return line.decode("utf-8", "replace").removesuffix("\r")

    async def _chunk(self) -> bytes:
        return await asyncio.get_running_loop().run_in_executor(self._end.thread, self._read)

    def _read(self) -> bytes:
        """The next bytes; empty at the end of the input and after :meth:`close`."""
        try:
            return os.read(self._end.descriptor, _CHUNK) if self._end.wait(select.POLLIN) else b""
        except OSError:  # the other end is gone, or there never was one
            return b""

    def close(self) -> None:
        """Stop reading, at once."""
        self._end.close()


class Output:
    """A descriptor to print on: whole texts in order, a slow reader stops nobody but its writer."""

    def __init__(self, descriptor: int) -> None:
        self._end = _End(descriptor, "butler-stdout")

    async def write(self, text: str, mark: Callable[[], None]) -> None:
        """Print it; returns once it is out. Raises ``OSError`` when nobody reads any more.

        ``mark`` is called in the thread that prints, right before the last part.
        """
        raw = text.encode("utf-8", "replace")
        await asyncio.get_running_loop().run_in_executor(self._end.thread, self._write, raw, mark)

    def _write(self, raw: bytes, mark: Callable[[], None]) -> None:
        rest = memoryview(raw)
        while rest:
            if not self._end.wait(select.POLLOUT):
                raise BrokenPipeError("the host stops")
            if len(rest) <= select.PIPE_BUF:
                mark()
            # so much is taken without waiting whenever poll says that there is room
            rest = rest[os.write(self._end.descriptor, rest[: select.PIPE_BUF]) :]

    def close(self) -> None:
        """Stop writing, at once."""
        self._end.close()

"""Standard input and output off the event loop."""

from __future__ import annotations

import asyncio
import os
import threading
from pathlib import Path

import pytest
from butler.faces.pipes import Lines, Output


async def _all(lines: Lines) -> list[str]:
    return [line async for line in lines]


def _read(raw: bytes, *, longest: int = 1_000_000) -> tuple[list[str], int]:
    """What is read of a pipe that holds these bytes."""

    async def main() -> tuple[list[str], int]:
        inside, outside = os.pipe()
        writer = threading.Thread(target=_fill, args=(outside, raw))
        writer.start()
        lines = Lines(inside, longest=longest)
        try:
            return await _all(lines), lines.cut
        finally:
            lines.close()
            writer.join()
            os.close(inside)

    return asyncio.run(main())


def _fill(descriptor: int, raw: bytes) -> None:
    rest = memoryview(raw)
    while rest:
        rest = rest[os.write(descriptor, rest) :]
    os.close(descriptor)


@pytest.mark.spec("PLAT-7")
def test_each_line_is_one_message_the_last_one_without_a_line_break_too() -> None:
    assert _read(b"one\ntwo\r\n\nthree") == (["one", "two", "", "three"], 0)


@pytest.mark.spec("OPS-9")
def test_a_line_of_a_million_characters_arrives_whole() -> None:
    text = "grüße " * 100_000
    assert _read(f"{text}\nnext".encode(), longest=4_000_000) == ([text, "next"], 0)


@pytest.mark.spec("OPS-9")
def test_a_line_beyond_the_bound_is_cut_and_counted_and_the_next_one_is_whole() -> None:
    found, cut = _read(b"x" * 300_000 + b"\nnext\n" + b"y" * 200, longest=100)
    assert ([len(line) for line in found], found[1], cut) == ([100, 4, 100], "next", 2)


@pytest.mark.spec("OPS-9")
def test_bytes_that_are_no_text_become_the_replacement_character() -> None:
    assert _read(b"a\xff\xed\xa0\x80b\x00c\n")[0] == ["a\ufffd\ufffd\ufffd\ufffdb\x00c"]


def test_a_file_can_be_read_as_well_as_a_pipe(tmp_path: Path) -> None:
    (tmp_path / "said").write_bytes(b"one\ntwo\n")
    descriptor = os.open(tmp_path / "said", os.O_RDONLY)

    async def main() -> list[str]:
        lines = Lines(descriptor)
        try:
            return await _all(lines)
        finally:
            lines.close()

    try:
        assert asyncio.run(main()) == ["one", "two"]
    finally:
        os.close(descriptor)


def test_closing_ends_a_reader_that_waits_for_a_line_that_never_comes() -> None:
    inside, outside = os.pipe()

    async def main() -> list[str]:
        lines = Lines(inside)
        reading = asyncio.create_task(_all(lines))
        await asyncio.sleep(0)
        lines.close()
        return await reading

    assert asyncio.run(main()) == []
    os.close(inside)
    os.close(outside)
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("butler-stdin")]


def test_a_reader_that_went_away_is_told_of_as_an_error() -> None:
    inside, outside = os.pipe()
    os.close(inside)

    async def main() -> None:
        output = Output(outside)
        try:
            await output.write("hello\n", lambda: None)
        finally:
            output.close()

    with pytest.raises(BrokenPipeError):
        asyncio.run(main())
    os.close(outside)


def test_a_reader_that_does_not_read_stops_nobody_but_its_writer() -> None:
    inside, outside = os.pipe()

    async def main() -> str:
        output = Output(outside)
        writing = asyncio.create_task(output.write("x" * 1_000_000, lambda: None))
        await asyncio.sleep(0)  # the loop goes on although the pipe is full
        output.close()
        with pytest.raises(BrokenPipeError):
            await writing
        return "went on"

    assert asyncio.run(main()) == "went on"
    os.close(inside)
    os.close(outside)


@pytest.mark.spec("HOST-5")
def test_the_mark_is_set_once_right_before_the_last_part_goes_out() -> None:
    inside, outside = os.pipe()
    marks: list[int] = []
    seen = bytearray()

    async def main() -> None:
        output = Output(outside)
        try:
            await output.write("x" * 10_000, lambda: marks.append(len(seen)))
        finally:
            output.close()

    def drain() -> None:
        while part := os.read(inside, 100_000):
            seen.extend(part)

    reader = threading.Thread(target=drain)
    reader.start()
    asyncio.run(main())
    os.close(outside)
    reader.join()
    os.close(inside)
    assert (len(marks), len(seen)) == (1, 10_000)
    assert marks[0] < 10_000

"""kill -9 at any moment: what was acknowledged is there, once."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from typing import Any

import peewee
import pytest
from butler.store.table import Table

pytestmark = pytest.mark.spec("HOST-20", "OPS-9")
Opened = Any
_ROUNDS = 4
_WRITER = """
import asyncio, os, sys
import peewee
from butler.store.database import Database
from butler.store.table import Table

class Word(Table):
    text = peewee.TextField()
    class Meta:
        table_name = "tests_word"

def insert(tx, rows):
    tx.many("insert into tests_word (text) values (?)", [(row,) for row in rows])
    return rows

async def one(database, number):
    if number % 10:
        text = await database.submit(insert, f"{sys.argv[2]}-{number}")
    else:
        text = await database.write(lambda: Word.create(text=f"{sys.argv[2]}-{number}").text)
    os.write(1, (text + "\\n").encode())

async def main():
    database = Database(sys.argv[1])
    await database.start()
    for start in range(0, 1_000_000, 20):
        await asyncio.gather(*[one(database, start + number) for number in range(20)])

asyncio.run(main())
"""


class Word(Table):
    """One text."""

    text = peewee.TextField()

    class Meta:
        table_name = "tests_word"


def _killed_after(url: str, name: str, lines: int) -> list[str]:
    """What a writing process had acknowledged when it was killed in the middle of it."""
    command = [sys.executable, "-c", _WRITER, url, name]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        seen = [process.stdout.readline() for _ in range(lines)]
        process.kill()
        seen += process.stdout.readlines()
    return [line.strip() for line in seen if line.endswith("\n")]


def test_everything_acknowledged_before_a_kill_is_there_once(opened: Opened, database_url: str) -> None:
    async def main() -> None:
        acknowledged: list[str] = []
        async with opened(database_url, [Word]):
            pass
        for number in range(_ROUNDS):
            acknowledged += await asyncio.to_thread(_killed_after, database_url, f"round{number}", 37 + 211 * number)
            async with opened(database_url) as database:
                texts = [row[0] for row in await database.query("select text from tests_word")]
                assert len(acknowledged) >= 37
                assert set(acknowledged) <= set(texts)
                assert len(set(texts)) == len(texts)
                if database.dialect == "sqlite":
                    assert await database.query("pragma integrity_check") == [("ok",)]

    asyncio.run(main())

"""No function of a plugin holds the store for ever: neither a query, nor Python code."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from typing import Any

import peewee
import pytest
from butler.errors import StoreError
from butler.store.table import Table

pytestmark = pytest.mark.spec("HOST-20", "OPS-9")
Opened = Any
Held = Any
_ENDLESS = "with recursive n(i) as (select 1 union all select i + 1 from n) select count(*) from n"


class Number(Table):
    """One number."""

    value = peewee.BigIntegerField()

    class Meta:
        table_name = "tests_number"


def numbers() -> list[int]:
    return [row.value for row in Number.select().order_by(Number.value)]


def query() -> None:
    Number.create(value=-1)
    Number._meta.database.execute_sql(_ENDLESS).fetchall()


def query_whose_failure_is_hidden() -> None:
    try:
        query()
    except Exception:  # noqa: BLE001 - what a careless plugin does
        Number.create(value=-2)


def endless_insert() -> None:
    Number._meta.database.execute_sql(
        "insert into tests_number (value) "
        "with recursive n(i) as (select 1 union all select i + 1 from n) select -i from n"
    )


def python() -> None:
    Number.create(value=-1)
    while True:
        pass


def stubborn_python() -> None:
    while True:
        try:
            while True:
                pass
        except Exception:  # noqa: BLE001 - what a careless plugin does
            continue


@pytest.mark.parametrize("work", [query, query_whose_failure_is_hidden, endless_insert, python, stubborn_python])
def test_a_function_that_does_not_end_is_interrupted_and_the_others_are_written(
    opened: Opened, held: Held, database_url: str, work: Any
) -> None:
    async def main() -> None:
        async with opened(database_url, [Number], unit_limit=0.2) as database:
            gate = await held(database)
            before = asyncio.ensure_future(database.write(lambda: Number.create(value=1)))
            endless = asyncio.ensure_future(database.write(work, owner="karma"))
            after = asyncio.ensure_future(database.write(lambda: Number.create(value=2)))
            await asyncio.sleep(0)
            gate.open()
            with pytest.raises(StoreError, match=r"a function of karma held the store for more than 0\.2 s"):
                await endless
            await asyncio.gather(before, after, gate.holding)
            assert await database.read(numbers) == [1, 2]

    asyncio.run(main())


def test_a_read_that_does_not_end_is_interrupted_too(opened: Opened, database_url: str) -> None:
    async def main() -> None:
        async with opened(database_url, [Number], read_limit=0.2) as database:
            with pytest.raises(StoreError, match=r"held the store for more than 0\.2 s"):
                await database.query(_ENDLESS)
            with pytest.raises(StoreError, match=r"held the store for more than 0\.2 s"):
                await database.read(stubborn_python)
            assert await database.read(numbers) == []

    asyncio.run(main())


TRACED = """
import signal, sys, threading
from butler.store.limit import _withdraw
thread = threading.Thread(target=_withdraw)
thread.start()
thread.join()
signal.alarm(20)
sys.setprofile(lambda *_: None)
(lambda: None)()
"""


@pytest.mark.spec("HOST-20")
def test_an_interruption_that_was_taken_back_leaves_no_sign_in_the_interpreter() -> None:
    """Else every traced call of the process hangs from then on (CPython 3.11)."""
    assert subprocess.run([sys.executable, "-c", TRACED], check=False).returncode == 0

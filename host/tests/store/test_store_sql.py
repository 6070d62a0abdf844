"""Text and statements: what both engines store, and that a widened statement does what the rows say."""

from __future__ import annotations

import asyncio
import sqlite3
from typing import Any

import pytest
from butler.store.database import Tx
from butler.store.rows import distinct, rest, statements, widened
from butler.store.sql import clean, clean_deep, to_postgresql
from hypothesis import given, settings
from hypothesis import strategies as st

pytestmark = pytest.mark.spec("HOST-20")
Opened = Any


@given(st.text(alphabet=st.characters(), max_size=30))
def test_ordinary_text_is_left_alone(text: str) -> None:
    if not any(character == "\0" or "\ud800" <= character <= "\udfff" for character in text):
        assert clean(text) == text


@given(st.text(alphabet=st.one_of(st.characters(), st.sampled_from("\0\ud800\udbff\udc00\udfff\u2400")), max_size=30))
def test_cleaned_text_can_be_stored_and_is_as_long_as_before(text: str) -> None:
    cleaned = clean(text)
    assert len(cleaned) == len(text)
    assert "\0" not in cleaned.encode().decode()
    assert clean(cleaned) == cleaned


def test_what_is_replaced_by_what() -> None:
    assert clean("a\0b\ud83dc\ude00\U0001f600") == "a\u2400b\ufffdc\ufffd\U0001f600"
    assert clean_deep({"k\0": ["\0", 1, None, ("\ud800",)]}) == {"k\u2400": ["\u2400", 1, None, ["\ufffd"]]}


@pytest.mark.parametrize("length", [1, 100_000])
def test_texts_of_any_kind_come_back_as_they_were_cleaned(opened: Opened, database_url: str, length: int) -> None:
    texts = [
        "\0",
        "\ud800",
        "\u202eright to left",
        "Z\u0351\u0343\u0305a\u0300\u0489lgo",
        "\U0001f468\u200d\U0001f469",
        "%s ? %",
    ]

    def insert(tx: Tx, rows: list[str]) -> list[Any]:
        tx.many("insert into tests_text (text) values (?)", [(clean(row),) for row in rows])
        return rows

    def create(tx: Tx, rows: list[Any]) -> list[Any]:
        tx.all("create table tests_text (text text not null)")
        return rows

    async def main() -> None:
        async with opened(database_url) as database:
            await database.submit(create, None)
            await asyncio.gather(*[database.submit(insert, text * length) for text in texts])
            found = {row[0] for row in await database.query("select text from tests_text")}
            assert found == {clean(text) * length for text in texts}

    asyncio.run(main())


def test_question_marks_become_psycopgs_placeholders_outside_of_quotes() -> None:
    assert to_postgresql("select ? where a like '%?' and \"b?\" = ?") == "select %s where a like '%%?' and \"b?\" = %s"
    assert to_postgresql("select 7 % 2, 'it''s ?'") == "select 7 %% 2, 'it''s ?'"


@pytest.mark.parametrize(
    "sql",
    [
        "insert into t select ? from s",
        "insert into t (a) values (abs(?))",
        "insert into t (a) values (1)",
        "insert into t (a) values (?) on conflict (a) do update set a = ?",
        "insert into t (a, b) values (?, (1))",
        "update t set a = a + ? where b = ?",
        "update t set a = ? where b = ? and c = ?",
        "update t set a = ? where b = ? returning a",
        "update t set a = ?",
        "delete from t where a = ?",
        "select ?",
    ],
)
def test_statements_of_other_shapes_are_not_widened(sql: str) -> None:
    assert widened(sql) is None


_INSERT = "insert into t (k, a, b) values (?, ?, 'x')"
_CASES = {
    "insert": f"{_INSERT} on conflict (k) do nothing",
    "upsert": f"{_INSERT} on conflict (k) do update set a = excluded.a",
    "quotes": _INSERT.replace("insert", "insert or ignore").replace("'x'", "')('"),
    "or ignore": _INSERT.replace("insert", "INSERT OR IGNORE"),
    "update": "update t set a = ? where k = ?",
    "update two": "update t set a = ?, b = ? where k = ?",
}


@pytest.mark.parametrize("case", _CASES)
@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_a_widened_statement_does_what_the_rows_one_by_one_do(case: str, data: st.DataObject) -> None:
    sql = _CASES[case]
    value = st.one_of(st.none(), st.integers(-5, 5), st.text(max_size=3))
    key = st.integers(0, 400)
    row = {"update": st.tuples(value, key), "update two": st.tuples(value, value, key)}.get(case, st.tuples(key, value))
    size = data.draw(st.sampled_from([0, 1, 3, 4, 5, 17, 64, 256, 300, 400]))
    rows: list[Any] = data.draw(st.lists(row, min_size=size, max_size=size))

    def outcome(wide: bool) -> list[Any]:
        connection = sqlite3.connect(":memory:")
        connection.execute("create table t (k integer primary key, a, b)")
        connection.executemany(_INSERT, [(number, number) for number in range(0, 400, 3)])
        form = widened(sql)
        assert form is not None
        if wide:
            given_rows = distinct(form, rows)
            for text, parameters in statements(form, given_rows):
                connection.execute(text, parameters)
            connection.executemany(sql, rest(form, given_rows))
        else:
            connection.executemany(sql, rows)
        found = connection.execute("select * from t order by k").fetchall()
        connection.close()
        return found

    assert outcome(True) == outcome(False)


def test_few_statements_do_for_many_rows() -> None:
    form = widened(_INSERT)
    assert form is not None
    rows = [(number, number) for number in range(1_000)]
    assert len(list(statements(form, rows))) <= 12
    assert len(rest(form, rows)) < 4


def test_of_two_updates_of_one_row_the_last_wins() -> None:
    update, insert = widened(_CASES["update"]), widened(_INSERT)
    assert update is not None
    assert insert is not None
    rows = [("a", 1), ("b", 2), ("c", 1)]
    assert sorted(distinct(update, rows)) == [("b", 2), ("c", 1)]
    assert list(distinct(insert, rows)) == rows

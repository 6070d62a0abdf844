"""Tables know which database they are in by the thread that asks; several hosts live in one process."""

from __future__ import annotations

import asyncio
import gc
import types
import weakref
from typing import Any

import peewee
import pytest
from butler.errors import ContractError, StoreError
from butler.store.table import JSONField, Table, table_name

pytestmark = pytest.mark.spec("HOST-20")
Opened = Any


class Item(Table):
    """With the fields that each engine treats in its own way."""

    name = peewee.TextField()
    data = JSONField(default=dict)
    blob = peewee.BlobField(default=b"")
    flag = peewee.BooleanField(default=False)
    token = peewee.UUIDField(null=True)

    class Meta:
        table_name = "sample_item"


@pytest.mark.parametrize(
    ("module", "name", "expected"),
    [
        ("butler_karma.tables", "Entry", "karma_entry"),
        ("butler_wallet_roles", "RoleRule", "wallet_roles_role_rule"),
        ("butler_luna_matrix.deep.er", "HTTPSync2Room", "luna_matrix_http_sync2_room"),
        ("butler.services.x", "Grant", "host_grant"),
        ("karma", "Entry", "karma_entry"),
    ],
)
def test_a_table_is_named_for_its_plugin_and_class(module: str, name: str, expected: str) -> None:
    made = types.new_class(name, (), exec_body=lambda body: body.update(__module__=module))
    assert table_name(made) == expected
    table: Any = types.new_class(name, (Table,), exec_body=lambda body: body.update(__module__=module))
    assert table._meta.table_name == expected


@pytest.mark.parametrize("engines", [("sqlite", "sqlite"), ("sqlite", "postgresql"), ("postgresql", "sqlite")])
def test_two_databases_with_the_same_tables_work_side_by_side(
    opened: Opened, request: pytest.FixtureRequest, tmp_path: Any, engines: tuple[str, str]
) -> None:
    (tmp_path / "second").mkdir()
    urls = [request.getfixturevalue(f"{engine}_url") for engine in engines]
    if urls[0] == urls[1]:
        urls[1] = f"sqlite://{tmp_path}/second/butler.db"

    def add(owner: str, number: int) -> int:
        data = {"owner": owner, "deep": [number, None, True]}
        made = Item.create(name=f"{owner}{number}", data=data, blob=bytes([number, 0, 255]), flag=bool(number % 2))
        return int(made.id)

    def found(owner: str) -> list[Any]:
        rows = Item.select().where(Item.data["owner"] == owner).order_by(Item.id)
        return [(row.name, row.data["deep"], bytes(row.blob), row.flag) for row in rows]

    def ours(owner: str) -> list[Any]:
        return [(f"{owner}{n}", [n, None, True], bytes([n, 0, 255]), bool(n % 2)) for n in range(40)]

    async def main() -> None:
        async with opened(urls[0], [Item]) as left, opened(urls[1], [Item]) as right:
            work = []
            for number in range(40):
                work.append(left.write(lambda number=number: add("left", number)))
                work.append(right.write(lambda number=number: add("right", number)))
            ids = await asyncio.gather(*work)
            assert sorted(ids[::2]) == sorted(ids[1::2]) == list(range(1, 41))
            reads = [(left.read(lambda: found("left")), right.read(lambda: found("right"))) for _ in range(10)]
            for one, other in reads:
                assert await asyncio.gather(one, other) == [ours("left"), ours("right")]
            assert await left.read(lambda: found("right")) == []

    asyncio.run(main())


def test_a_table_used_outside_of_the_store_says_what_to_do(opened: Opened, database_url: str) -> None:
    async def main() -> None:
        async with opened(database_url, [Item]) as database:
            with pytest.raises(StoreError, match=r"outside of the store's threads; .*db\.read"):
                Item.create(name="x")
            with pytest.raises(StoreError, match=r"outside of the store's threads"):
                list(Item.select())
            unfinished = await database.read(Item.select)
            with pytest.raises(StoreError, match="let the function return values, not an unfinished query"):
                list(unfinished)
            with pytest.raises(StoreError, match="outside of the store's threads"):
                await asyncio.to_thread(lambda: Item.select().count())

    asyncio.run(main())


def test_a_query_may_be_built_anywhere_and_is_run_where_it_is_given(opened: Opened, database_url: str) -> None:
    async def main() -> None:
        query = Item.insert(name="built outside")
        async with opened(database_url, [Item]) as database:
            await database.write(query.execute)
            assert await database.read(lambda: [row.name for row in Item.select()]) == ["built outside"]

    asyncio.run(main())


def test_text_that_an_engine_refuses_is_stored_in_its_nearest_form(opened: Opened, database_url: str) -> None:
    async def main() -> None:
        async with opened(database_url, [Item]) as database:
            await database.write(lambda: Item.create(name="a\0b\ud800c", data={"text": "\0 and \udfff"}))
            name, text = await database.read(lambda: next((row.name, row.data["text"]) for row in Item.select()))
            assert name == "a\u2400b\ufffdc"
            assert text == "\u2400 and \ufffd"
            assert await database.read(lambda: Item.select().where(Item.name == "a\0b\ud800c").count()) == 1

    asyncio.run(main())


def test_a_field_that_knows_one_engine_only_is_refused() -> None:
    with pytest.raises(ContractError, match=r"Wrong\.data is a JSONField of peewee"):

        class Wrong(Table):
            data = peewee.JSONField()


def test_a_plugins_classes_are_forgotten_with_it() -> None:
    """A plugin that is upgraded brings its classes anew each time."""

    def body(namespace: dict[str, Any]) -> None:
        namespace.update(blob=peewee.BlobField(), data=JSONField(), item=peewee.ForeignKeyField("self", null=True))

    made: Any = types.new_class("Again", (Table,), exec_body=body)
    gone = weakref.ref(made)
    del made
    gc.collect()
    assert gone() is None

"""What is kept about a person can be had and erased (HOST-22)."""

from __future__ import annotations

import asyncio

import pytest
from butler_luna_matrix import LunaMatrix
from butler_luna_matrix.privacy import export, forget
from butler_luna_matrix.testing import Person
from butler_luna_matrix.testing.bot import Bot


@pytest.mark.spec("HOST-22")
def test_reactions_are_exported_and_forgotten_for_one_person_only(bot: Bot, ann: Person, bob: Person) -> None:
    async def main() -> None:
        async with bot.running(), ann, bob:
            room = await bot.room_with(ann, bob)
            said = await ann.say(room, "tea?")
            await ann.react(room, said, "☕")
            await bob.react(room, said, "👍")
            await bot.house.until(lambda: len(bot.house.events("reaction_added")) == 2)
            found = await export(bot.house.db, f"matrix:{bob.user}")
            assert [(row["emoji"], row["target"]) for row in found["reactions"]] == [("👍", f"matrix:{said}")]
            assert await forget(bot.house.db, f"matrix:{bob.user}") == {"luna_matrix_reaction": 1}
            assert await export(bot.house.db, f"matrix:{bob.user}") == {}
            assert len((await export(bot.house.db, f"matrix:{ann.user}"))["reactions"]) == 1

    asyncio.run(main())


@pytest.mark.spec("HOST-22")
def test_a_reaction_that_was_taken_back_is_kept_no_longer(bot: Bot, ann: Person) -> None:
    async def main() -> None:
        async with bot.running(), ann:
            room = await bot.room_with(ann)
            reaction = await ann.react(room, await ann.say(room, "tea?"), "☕")
            await bot.house.event("reaction_added")
            await ann.redact(room, reaction)
            await bot.house.event("reaction_removed")
            await ann.say(room, "what comes later is of a later sync")
            await bot.house.text("what comes later is of a later sync")
            assert await export(bot.house.db, f"matrix:{ann.user}") == {}

    asyncio.run(main())


@pytest.mark.spec("HOST-22")
def test_the_columns_that_hold_people_are_named_for_the_time_after_the_plugin() -> None:
    tables = {table._meta.table_name: table for table in LunaMatrix.tables}
    for name, columns in LunaMatrix.person_columns.items():
        assert set(columns) <= set(tables[name]._meta.columns)

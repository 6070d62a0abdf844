"""Edits and deletions that come in through the journal hold in history and search (HOST-29, HOST-5)."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from butler.model import Channel, Event, Guild, Message, Person
from butler.store.database import Database
from butler.store.journal import Journal
from butler.store.search import Search

HOME = Channel("t:home", Guild("t:guild"))
ANN = Person("t:ann")


def edit(identifier: str, text: str, clock: Any) -> Event:
    return Event(identifier, "edit", HOME.guild, clock.now(), HOME, ANN, "t:1", text)


@pytest.mark.spec("HOST-29")
def test_an_edit_that_shares_a_commit_with_its_message_holds(engine: Any) -> None:
    async def test(database: Database, clock: Any) -> None:
        journal, search = Journal(database, clock), Search(database)
        await journal.start()
        await search.start()
        message = Message("t:1", HOME, ANN, "tea", clock.now())
        await asyncio.gather(journal.receive(message), journal.receive(edit("t:e", "milk", clock)))
        assert [hit.id for hit in await search.search("milk")] == ["t:1"]
        assert await search.search("tea") == []

    engine(test)


@pytest.mark.spec("HOST-29", "HOST-5")
def test_an_edit_that_is_delivered_again_undoes_no_later_one(engine: Any) -> None:
    async def test(database: Database, clock: Any) -> None:
        journal, search = Journal(database, clock), Search(database)
        await journal.start()
        await search.start()
        await journal.receive(Message("t:1", HOME, ANN, "one", clock.now()))
        for each in (("t:e1", "two"), ("t:e2", "three"), ("t:e1", "two")):
            await journal.receive(edit(*each, clock))
        (message,) = await journal.recovery.history(HOME.id, before=2**62, limit=9)
        assert message.text == "three"

    engine(test)

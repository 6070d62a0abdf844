"""An edit replaces, a deletion removes a text from history and search at once (HOST-29)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from butler.model import Action, Attachment, Channel, Event, Guild, Message, Person, Reply, Sent
from butler.store import schema
from butler.store.database import Database, Tx
from butler.store.journal import Journal
from butler.store.marks import Mark
from butler.store.search import Search, forget_text, prune, replace_text

HOME = Channel("t:home", Guild("t:guild"))
ANN = Person("t:ann")


async def opened(database: Database, clock: Any) -> tuple[Journal, Search]:
    journal, search = Journal(database, clock), Search(database)
    await journal.start()
    await search.start()
    return journal, search


def message(identifier: str, text: str, at: dt.datetime, **more: Any) -> Message:
    return Message(identifier, HOME, ANN, text, at, **more)


async def everything(database: Database) -> str:
    """All that the journal and the search hold, as one text."""
    tables = ("host_inbox", "host_turns", "host_outbox", "host_records", "host_search_documents")
    return repr([await database.query(f"select * from {table}") for table in tables])


@pytest.mark.spec("HOST-29")
@pytest.mark.parametrize("indexed", [True, False])
def test_an_edited_message_is_found_by_its_new_text_only(engine: Any, indexed: bool) -> None:
    async def test(database: Database, clock: Any) -> None:
        journal, search = await opened(database, clock)
        await journal.receive(message("t:1", "an oldish word", clock.now()))
        if indexed:
            await search.catch_up()
        assert await search.replace_text("t:1", "a newish word")
        assert await search.search("oldish") == []
        assert [hit.snippet for hit in await search.search("newish")] == ["a **newish** word"]
        assert [m.text for m in await journal.recovery.history(HOME.id, before=2**62, limit=9)] == ["a newish word"]

    engine(test)


@pytest.mark.spec("HOST-29")
@pytest.mark.parametrize("indexed", [True, False])
def test_a_deleted_text_is_nowhere_any_more(engine: Any, indexed: bool) -> None:
    async def test(database: Database, clock: Any) -> None:
        journal, search = await opened(database, clock)
        secret = message(
            "t:1", "sesame", clock.now(), links=("http://sesame",), attachments=(Attachment("sesame", "x"),)
        )
        await journal.receive(secret)
        await journal.receive(Event("t:e1", "edit", HOME.guild, clock.now(), HOME, ANN, "t:1", "sesame two"))
        await journal.receive(Event("t:e2", "edit", HOME.guild, clock.now(), HOME, ANN, "t:other", "of another"))
        if indexed:
            await search.catch_up()
        assert await search.forget_text("t:1")
        assert await search.search("sesame") == []
        assert "sesame" not in await everything(database)
        assert "of another" in await everything(database)
        assert not await search.forget_text("t:never")

    engine(test)


@pytest.mark.spec("HOST-29")
def test_what_was_read_out_of_the_old_text_goes_with_it(engine: Any) -> None:
    async def test(database: Database, clock: Any) -> None:
        journal, search = await opened(database, clock)
        first = message(
            "t:1", "see http://old", clock.now(), links=("http://old",), reply_to="t:0", mentions=("t:bob",)
        )
        await journal.receive(first)
        await search.replace_text("t:1", "never mind")
        (kept,) = await journal.recovery.history(HOME.id, before=2**62, limit=9)
        assert (kept.links, kept.mentions, kept.reply_to) == ((), (), "t:0")

    engine(test)


@pytest.mark.spec("HOST-29")
def test_what_is_pruned_from_history_leaves_nothing_in_the_index(virtual: Any) -> None:
    def prune_all(tx: Tx, rows: Sequence[None]) -> Sequence[None]:
        prune(tx, tx.all("delete from host_inbox returning seq, kind, text"))
        return rows

    async def test(database: Database, clock: Any) -> None:
        journal, search = await opened(database, clock)
        await journal.receive(message("t:1", "old tea", clock.now()))
        await search.catch_up()
        await journal.receive(message("t:2", "new tea", clock.now()))
        await database.submit(prune_all, None)
        assert await database.query("select rowid from host_search_index where words match 'tea'") == []
        await journal.receive(message("t:3", "fresh tea", clock.now()))
        assert [hit.id for hit in await search.search("tea")] == ["t:3"]

    virtual(test)


@pytest.mark.spec("HOST-29")
def test_what_a_message_said_in_between_goes_with_the_next_edit(engine: Any) -> None:
    async def test(database: Database, clock: Any) -> None:
        journal, search = await opened(database, clock)
        await journal.receive(message("t:1", "one", clock.now()))
        seq = await journal.receive(Event("t:e1", "edit", HOME.guild, clock.now(), HOME, ANN, "t:1", "twotwo"))
        await search.replace_text("t:1", "twotwo")
        await journal.mark(Mark(seq, schema.DONE))
        last = await journal.receive(Event("t:e2", "edit", HOME.guild, clock.now(), HOME, ANN, "t:1", "three"))
        await search.replace_text("t:1", "three")
        (waiting,) = await journal.recovery.backlog("t:guild", HOME.id, seq, 9, None)
        await journal.mark(Mark(last, schema.DONE, told=True))
        assert "twotwo" not in await everything(database)
        assert waiting.item.text == "three"

    engine(test)


@pytest.mark.spec("HOST-29")
def test_a_deleted_answer_of_the_host_is_gone_from_what_was_sent_too(engine: Any) -> None:
    async def test(database: Database, clock: Any) -> None:
        journal, search = await opened(database, clock)
        seq = await journal.receive(message("t:1", "hello", clock.now()))
        out = journal.out(Action("send", HOME.id, reply=Reply("abracadabra")), "host", turn=7, seq=seq)
        await journal.mark(Mark(seq, outs=[out], opened=[(7, "persona:X")]))
        await journal.mark(Mark(seq, schema.DONE, turn=7, turn_state="closed", answer='{"text":"abracadabra"}'))
        await journal.sent(out, Sent("t:2"), message("t:2", "abracadabra", clock.now()))
        await search.forget_text("t:2")
        assert "abracadabra" not in await everything(database)

    engine(test)


@pytest.mark.spec("HOST-29")
def test_what_was_derived_from_a_changed_message_is_named_for_revision(engine: Any) -> None:
    async def test(database: Database, clock: Any) -> None:
        journal, search = await opened(database, clock)
        for number in range(3):
            await journal.receive(message(f"t:{number}", "tea is good", clock.now()))
        await search.add("memory", "likes", "ann likes tea", sources=["t:0", "t:1"], author="t:ann")
        await search.add("memory", "other", "bob likes milk", sources=["t:2"])
        assert await search.to_revise("memory") == []
        await search.forget_text("t:1")
        assert await search.to_revise("memory") == ["likes"]
        assert await search.to_revise("else") == []
        await search.replace_text("t:2", "milk")
        assert await search.to_revise("memory") == ["likes", "other"]
        await search.add("memory", "likes", "ann liked tea once", sources=["t:0"])
        assert await search.remove("memory", "other")
        assert not await search.remove("memory", "other")
        assert await search.to_revise("memory") == []
        await search.forget_text("t:1")
        assert await search.to_revise("memory") == []
        assert [hit.snippet for hit in await search.search("tea", owner="memory")] == ["ann liked **tea** once"]
        assert await search.search("milk", owner="memory") == []

    engine(test)


@pytest.mark.spec("HOST-29", "HOST-3")
def test_memories_are_found_by_their_owner_only(engine: Any) -> None:
    async def test(database: Database, clock: Any) -> None:
        journal, search = await opened(database, clock)
        await journal.receive(message("t:1", "tea", clock.now()))
        await search.add("memory", "t:1", "tea", at=clock.now(), channel="t:home")
        await search.add("diary", "t:1", "tea")
        assert [hit.seq > 0 for hit in await search.search("tea")] == [True]
        assert [hit.channel for hit in await search.search("tea", owner="memory")] == ["t:home"]
        assert await search.search("tea", owner="nobody") == []

    engine(test)


@pytest.mark.spec("HOST-29")
def test_history_and_index_change_in_one_transaction_or_not_at_all(engine: Any) -> None:
    def change_and_fail(tx: Tx, rows: Sequence[str]) -> list[None]:
        replace_text(tx, "t:1", "milk")
        forget_text(tx, "t:2")
        raise ValueError(rows[0])

    async def test(database: Database, clock: Any) -> None:
        journal, search = await opened(database, clock)
        await journal.receive(message("t:1", "tea", clock.now()))
        await journal.receive(message("t:2", "tea", clock.now()))
        await search.catch_up()
        with pytest.raises(ValueError, match="in the middle"):
            await database.submit(change_and_fail, "in the middle")
        assert [hit.id for hit in await search.search("tea")] == ["t:2", "t:1"]
        assert await search.search("milk") == []

    engine(test)


def holding(folder: Path, what: bytes) -> list[str]:
    """The files in which these bytes stand."""
    return [file.name for file in folder.iterdir() if what in file.read_bytes()]


@pytest.mark.spec("HOST-29", "HOST-22")
def test_after_scrubbing_no_file_holds_a_deleted_word(virtual: Any, tmp_path: Path) -> None:
    async def test(database: Database, clock: Any) -> None:
        journal, search = await opened(database, clock)
        for number in range(300):
            text = f"ordinary talk xyzzy{number % 10} {number}"
            await journal.receive(message(f"t:{number}", text, clock.now()))
            if number % 50 == 0:
                await search.catch_up()
        await search.add("memory", "m", "xyzzy1 in a memory")
        await search.scrub()
        assert holding(tmp_path, b"xyzzy")
        for number in range(300):
            await search.replace_text(f"t:{number}", "ordinary talk")
        await search.remove("memory", "m")
        await search.scrub()
        assert holding(tmp_path, b"xyzzy") == []
        assert len(await search.search("ordinary", limit=500)) == 300

    virtual(test)

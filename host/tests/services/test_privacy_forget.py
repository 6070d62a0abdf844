"""Export and forget: the host, every plugin, removed ones, files; with a receipt and a second look (HOST-22)."""

from __future__ import annotations

import asyncio
import datetime as dt
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar

import peewee
import pytest
from attrs import define, field
from butler.clock import Clock
from butler.logs import Logs
from butler.model import Action, Attachment, Channel, Event, Guild, Message, Person, Reply, Sent
from butler.plugin import Plugin
from butler.services.jobs import Jobs
from butler.services.places import Places
from butler.services.privacy import Keeper, Privacy, Receipt
from butler.services.schedule import Schedule
from butler.store import schema
from butler.store.database import Database
from butler.store.journal import Journal
from butler.store.marks import Mark
from butler.store.search import Search
from butler.store.table import Table, create_tables

HOME = Channel("t:home", Guild("t:guild"))
ANN, BOB = Person("t:4711", "Ann"), Person("t:47110", "Bob")
"""Bob's id begins with Ann's."""


class LedgerEntry(Table):
    """Who gave whom how much, and why."""

    giver = peewee.TextField()
    target = peewee.TextField()
    amount = peewee.IntegerField()
    reason = peewee.TextField(default="")

    class Meta:
        table_name = "ledger_entry"


class LedgerNote(Table):
    """Where the plugin forgets to look."""

    about = peewee.TextField(primary_key=True)

    class Meta:
        table_name = "ledger_note"


class Ledger(Plugin):
    """Keeps sums."""

    name = "ledger"
    tables = (LedgerEntry, LedgerNote)
    person_columns: ClassVar[Mapping[str, tuple[str, ...]]] = {"ledger_entry": ("giver", "target")}
    trouble: BaseException | None = None

    def __init__(self, database: Database) -> None:
        self.database = database

    async def export_person(self, person: str) -> Mapping[str, Any]:
        def rows() -> list[dict[str, Any]]:
            mine = (LedgerEntry.giver == person) | (LedgerEntry.target == person)
            found: Any = LedgerEntry.select().where(mine).dicts()
            return list(found)

        return {"entries": await self.database.read(rows)}

    async def forget_person(self, person: str, replacement: str) -> Mapping[str, int]:
        if self.trouble is not None:
            raise self.trouble

        def change() -> int:
            given = LedgerEntry.update(giver=replacement, reason="").where(LedgerEntry.giver == person).execute()
            got = LedgerEntry.update(target=replacement, reason="").where(LedgerEntry.target == person).execute()
            return int(given + got)

        return {"ledger_entry": await self.database.write(change)}


@define
class House:
    """A host's store with a conversation in it."""

    database: Database
    clock: Clock
    data: Path
    ledger: Ledger
    journal: Journal
    search: Search
    plugins: dict[str, Plugin] = field(factory=dict)
    keepers: dict[str, Keeper] = field(factory=dict)

    @property
    def privacy(self) -> Privacy:
        return Privacy(
            self.database, self.clock, self.data, lambda: self.plugins, search=self.search, keepers=self.keepers
        )

    async def forget(self, person: str = ANN.id) -> Receipt:
        return await self.privacy.forget(person)

    async def everything(self) -> str:
        """Every row of every table, as one text."""
        names = {
            "sqlite": "select name from sqlite_master where type = 'table' and name not like 'host_search_index%'",
            "postgresql": "select table_name from information_schema.tables where table_schema = current_schema() "
            "and table_name <> 'host_search_index'",
        }
        tables = [name for (name,) in await self.database.query(names[self.database.dialect])]
        return repr({name: await self.database.query(f'select * from "{name}"') for name in tables})


async def furnished(database: Database, clock: Clock, data: Path) -> House:
    """Ann and Bob have talked, given points, and have things planned."""
    journal, search, places = Journal(database, clock), Search(database), Places(database)
    for service in (journal, search, places):
        await service.start()
    house = House(database, clock, data, Ledger(database), journal, search)
    house.plugins["ledger"] = house.ledger
    await house.privacy.start()
    await house.privacy.register(house.ledger)
    await database.write(lambda: create_tables([LedgerEntry, LedgerNote]))
    await database.write(_entries)
    await _talk(house, places)
    await search.catch_up()
    await search.add("memory", "m1", "Ann likes xylophones", author=ANN.id)
    await search.add("memory", "m2", "Bob said <@4711> is nice", author=BOB.id, meta={"with": ANN.id})
    await Schedule(database, clock, _nothing).once(clock.now(), "remind.tell", key="r", arguments={"who": ANN.id})
    await Jobs(database, clock, lambda name: None).open()  # type: ignore[arg-type, return-value]
    return house


def _entries() -> None:
    LedgerEntry.create(giver=ANN.id, target=BOB.id, amount=2, reason="for the xylophone")
    LedgerEntry.create(giver=BOB.id, target=ANN.id, amount=3, reason="thanks for nothing")


async def _talk(house: House, places: Places) -> None:
    journal, now = house.journal, house.clock.now()
    first = Message("t:1", HOME, ANN, "I play the xylophone", now, links=("http://xylophone",), mentions=(BOB.id,))
    second = Message("t:2", HOME, BOB, "so <@4711> and t:4711 play, not t:47110", now, mentions=(ANN.id,))
    seqs = []
    for message in (first, second, Message("t:3", HOME, BOB, "anyone for tea?", now)):
        places.meet(message)
        seqs.append(await journal.receive(message))
    await journal.receive(Event("t:e1", "edit", HOME.guild, now, HOME, ANN, "t:1", "I play the xylophone badly"))
    await journal.receive(Event("", "reaction_added", HOME.guild, now, HOME, ANN, "t:3", "👍"))
    await journal.receive(Event("t:e2", "member_joined", HOME.guild, now, None, ANN, data={"inviter": ANN.id}))
    answer = journal.out(
        Action("send", HOME.id, reply=Reply("xylophones, Ann!", mentions=(ANN.id,))), "host", turn=1, seq=seqs[0]
    )
    waiting = journal.out(Action("dm", HOME.id, ANN.id, Reply("psst")), "remind")
    record = ("t:1", HOME.id, 1.0, lambda: json.dumps({"votes": [ANN.id]}))
    await journal.mark(Mark(seqs[0], schema.OBSERVED, outs=[answer, waiting], opened=[(1, "persona:X")]))
    await journal.sent(answer, Sent("t:4"), None)
    await journal.mark(
        Mark(seqs[0], schema.DONE, turn=1, turn_state="closed", answer="xylophones, Ann!", record=record)
    )
    await house.database.query("select 1")


async def _nothing(row: Any) -> None:
    """Nothing is due here."""


@pytest.mark.spec("HOST-22")
def test_after_a_forget_no_table_names_the_person_or_holds_their_words(engine: Any, tmp_path: Path) -> None:
    async def test(database: Database, clock: Any) -> None:
        house = await furnished(database, clock, tmp_path)
        receipt = await house.forget()
        held = await house.everything()
        for trace in ("'t:4711'", 't:4711"', "t:4711 ", "4711>", "xylophone", "Ann", "psst", "👍"):
            assert trace not in held, trace
        assert receipt.complete, receipt.text
        assert await house.search.search("xylophone") == await house.search.search("xylophones", owner="memory") == []

    engine(test)


@pytest.mark.spec("HOST-22")
def test_a_forget_leaves_other_people_and_the_sums_alone(engine: Any, tmp_path: Path) -> None:
    async def test(database: Database, clock: Any) -> None:
        house = await furnished(database, clock, tmp_path)
        receipt = await house.forget()
        assert receipt.replacement.startswith("t:forgotten-")
        entries = await database.query("select giver, target, amount from ledger_entry order by id")
        assert entries == [(receipt.replacement, BOB.id, 2), (BOB.id, receipt.replacement, 3)]
        history = await house.journal.recovery.history(HOME.id, before=2**62, limit=9)
        assert [(message.author.id, message.author.name, message.text) for message in history] == [
            (receipt.replacement, "", ""),
            (BOB.id, "Bob", f"so @forgotten and {receipt.replacement} play, not t:47110"),
            (BOB.id, "Bob", "anyone for tea?"),
        ]
        assert history[1].mentions == (receipt.replacement,)
        assert [hit.id for hit in await house.search.search("tea")] == ["t:3"]
        assert [hit.id for hit in await house.search.search("forgotten")] == ["t:2"]
        assert (await house.journal.recovery.unsent()) == []

    engine(test)


@pytest.mark.spec("HOST-22")
def test_an_export_holds_everything_and_after_a_forget_nothing(engine: Any, tmp_path: Path) -> None:
    async def test(database: Database, clock: Any) -> None:
        house = await furnished(database, clock, tmp_path)
        found = await house.privacy.export(ANN.id)
        host = found["host"]
        assert [message["text"] for message in host["messages"]] == ["I play the xylophone badly"]
        assert {event["kind"] for event in host["events"]} == {"edit", "member_joined", "reaction_added"}
        assert host["reactions"] == [{"target": "t:3", "emoji": "👍"}]
        assert [who["name"] for who in host["known as"]] == ["Ann"]
        assert [document["text"] for document in host["documents"]] == ["Ann likes xylophones"]
        assert [entry["amount"] for entry in found["plugins"]["ledger"]["entries"]] == [2, 3]
        json.dumps(found)
        await house.forget()
        after = await house.privacy.export(ANN.id)
        assert after["host"] == {}
        assert after["plugins"] == {"ledger": {"entries": []}}

    engine(test)


@pytest.mark.spec("HOST-22")
def test_the_receipt_names_each_plugin_what_was_found_and_that_it_is_gone(engine: Any, tmp_path: Path) -> None:
    async def test(database: Database, clock: Any) -> None:
        house = await furnished(database, clock, tmp_path)
        receipt = await house.forget()
        ledger, host = receipt.lines
        assert (ledger.name, ledger.found, ledger.done, ledger.gone) == ("ledger", 2, {"ledger_entry": 2}, True)
        assert (host.name, host.gone) == ("host", True)
        assert host.found == 7
        assert {
            "messages": 1,
            "events": 3,
            "reactions": 1,
            "directory": 1,
            "documents": 1,
            "sent": 1,
        }.items() <= host.done.items()
        assert "ledger: 2 found; deleted or changed: ledger_entry 2; gone" in receipt.text
        assert receipt.text.startswith("Everything is forgotten.")
        assert ("PostgreSQL" in receipt.text) == (database.dialect == "postgresql")
        assert ANN.id not in receipt.text.replace(BOB.id, "")
        assert json.loads(json.dumps(receipt.plain()))["complete"] is True

    engine(test)


@pytest.mark.spec("HOST-22", "OPS-9")
@pytest.mark.parametrize("trouble", [RuntimeError("no t:4711 here"), SystemExit(1), asyncio.CancelledError()])
def test_a_plugin_that_fails_is_named_as_not_done_and_the_others_are_and_a_second_try_finishes_it(
    virtual: Any, tmp_path: Path, trouble: BaseException
) -> None:
    async def test(database: Database, clock: Any) -> None:
        house = await furnished(database, clock, tmp_path)
        house.ledger.trouble = trouble
        receipt = await house.forget()
        ledger, host = receipt.lines
        assert not ledger.gone
        assert type(trouble).__name__ in ledger.note
        assert "run `butler forget` again" in ledger.note
        assert ANN.id not in receipt.text
        assert host.gone
        assert not receipt.complete
        assert receipt.text.startswith("Not everything")
        assert "butler.db" in receipt.files
        house.ledger.trouble = None
        assert (await house.forget()).complete
        assert "for the" not in await house.everything()

    virtual(test)


@pytest.mark.spec("HOST-22")
def test_a_plugin_that_still_exports_something_is_not_believed(virtual: Any, tmp_path: Path) -> None:
    class Liar(Ledger):
        async def forget_person(self, person: str, replacement: str) -> Mapping[str, int]:
            return {"ledger_entry": 2}

    async def test(database: Database, clock: Any) -> None:
        house = await furnished(database, clock, tmp_path)
        house.plugins["ledger"] = Liar(database)
        line = (await house.forget()).lines[0]
        assert not line.gone
        assert "still exports entries" in line.note

    virtual(test)


@pytest.mark.spec("HOST-22")
def test_what_a_plugin_overlooks_the_host_replaces_and_says_so(engine: Any, tmp_path: Path) -> None:
    async def test(database: Database, clock: Any) -> None:
        house = await furnished(database, clock, tmp_path)
        await database.write(lambda: LedgerNote.create(about=json.dumps({"who": [ANN.id, BOB.id]})))
        receipt = await house.forget()
        assert receipt.complete
        assert "the host replaced the id where the plugin had left it: ledger_note" in receipt.lines[0].note
        rows = await database.query("select about from ledger_note")
        assert json.loads(rows[0][0]) == {"who": [receipt.replacement, BOB.id]}

    engine(test)


@pytest.mark.spec("HOST-22", "HOST-3")
def test_after_a_plugin_is_removed_the_host_goes_by_its_declared_columns(engine: Any, tmp_path: Path) -> None:
    async def test(database: Database, clock: Any) -> None:
        house = await furnished(database, clock, tmp_path)
        house.plugins.clear()
        assert len((await house.privacy.export(ANN.id))["plugins"]["ledger"]["ledger_entry"]) == 2
        receipt = await house.forget()
        assert receipt.complete
        (line,) = [line for line in receipt.lines if line.name == "ledger"]
        assert line.found == 2
        assert "not loaded" in line.note
        rows = await database.query("select giver, target, amount, reason from ledger_entry order by id")
        assert rows == [(receipt.replacement, BOB.id, 2, ""), (BOB.id, receipt.replacement, 3, "")]
        assert (await house.privacy.export(ANN.id))["plugins"] == {}

    engine(test)


@pytest.mark.spec("HOST-22")
def test_services_that_keep_something_are_asked_and_looked_at_again(virtual: Any, tmp_path: Path) -> None:
    kept = {ANN.id: ["a grant", "a setting"]}

    async def export(person: str) -> list[str]:
        return kept.get(person, [])

    async def forget(person: str, replacement: str) -> int:
        return len(kept.pop(person, []))

    async def stubborn(person: str, replacement: str) -> int:
        return 0

    async def test(database: Database, clock: Any) -> None:
        house = await furnished(database, clock, tmp_path)
        house.keepers["grants"] = Keeper(export, stubborn)
        assert (await house.privacy.export(ANN.id))["host"]["grants"] == ["a grant", "a setting"]
        receipt = await house.forget()
        assert not receipt.complete
        assert "still there: grants" in receipt.text
        house.keepers["grants"] = Keeper(export, forget)
        receipt = await house.forget()
        assert receipt.complete
        assert receipt.lines[-1].done["grants"] == 2

    virtual(test)


@pytest.mark.spec("HOST-22")
def test_no_byte_of_the_id_is_left_in_any_file_and_foreign_files_are_named(virtual: Any, tmp_path: Path) -> None:
    def held(folder: Path) -> list[str]:
        files = [path for path in folder.rglob("*") if path.is_file()]
        return sorted(path.name for path in files if b"user-4711" in path.read_bytes())

    async def test(database: Database, clock: Any) -> None:
        house = await furnished(database, clock, tmp_path)
        message = Message(
            "t:9", HOME, Person("t:user-4711", "Eve"), "hello", clock.now(), attachments=(Attachment("a", "b"),)
        )
        await house.journal.receive(message)
        with Logs(tmp_path) as logs:
            __import__("structlog").get_logger("butler.test").warning("seen", person="t:user-4711")
            house.data.joinpath("music").mkdir()
            house.data.joinpath("music", "list.txt").write_text("t:user-4711 likes jazz")
            house.data.joinpath("butler.db.before-karma").write_text("t:user-4711")
            receipt = await house.forget("t:user-4711")
            __import__("structlog").get_logger("butler.test").warning("still written")
        assert sorted(receipt.files) == ["butler.db.before-karma", "music/list.txt"]
        assert "before a migration" in receipt.files["butler.db.before-karma"]
        assert held(tmp_path) == ["butler.db.before-karma", "list.txt"]
        lines = logs.path.read_text().splitlines()
        assert '"person": "***********"' in lines[0]
        assert "still written" in lines[-1]

    virtual(test)


@pytest.mark.spec("HOST-22")
def test_somebody_whose_id_begins_the_same_is_not_taken_for_the_person(virtual: Any, tmp_path: Path) -> None:
    async def test(database: Database, clock: Any) -> None:
        house = await furnished(database, clock, tmp_path)
        log = tmp_path / "logs" / "butler.log"
        log.parent.mkdir()
        log.write_text("t:47110 t:4711 t:4711")
        tmp_path.joinpath("bob.bin").write_bytes(b"t:47110")
        tmp_path.joinpath("both.bin").write_bytes(b"t:47110t:4711x")
        receipt = await house.forget()
        assert receipt.files == {"both.bin": "1 places; delete the file"}
        assert log.read_text() == "t:47110 ****** ******"

    virtual(test)


def test_two_forgets_at_once_do_not_get_in_each_others_way(engine: Any, tmp_path: Path) -> None:
    async def test(database: Database, clock: Any) -> None:
        house = await furnished(database, clock, tmp_path)
        privacy = house.privacy
        receipts = await asyncio.gather(privacy.forget(ANN.id), privacy.forget(BOB.id))
        assert all(receipt.complete for receipt in receipts)
        held = await house.everything()
        assert ANN.id not in held

    engine(test)


def test_a_person_of_whom_nothing_is_known_is_forgotten_at_once(virtual: Any, tmp_path: Path) -> None:
    async def test(database: Database, clock: Any) -> None:
        house = await furnished(database, clock, tmp_path)
        before = await house.everything()
        receipt = await house.forget("t:nobody")
        assert receipt.complete
        assert "host: nothing found" in receipt.text
        assert await house.everything() == before
        assert receipt.at == clock.now().astimezone(dt.UTC)

    virtual(test)

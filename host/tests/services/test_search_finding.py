"""Full text over messages and memories, the same on both engines (HOST-29)."""

from __future__ import annotations

import datetime as dt
import string
from collections.abc import Sequence
from typing import Any

import pytest
from butler.model import Channel, Guild, Message, Person
from butler.store.database import Database
from butler.store.journal import Journal
from butler.store.schema import FIRST
from butler.store.search import Hit, Search
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

HOME = Channel("t:home", Guild("t:guild"))
ELSEWHERE = Channel("t:else", Guild("t:other"))


async def said(database: Database, clock: Any, texts: Sequence[str | tuple[str, Channel, str]]) -> Search:
    """A search over these messages, one second apart, with the ids ``t:0``, ``t:1``, …"""
    journal, search = Journal(database, clock), Search(database)
    await journal.start()
    await search.start()
    for number, entry in enumerate(texts):
        text, channel, author = (entry, HOME, "t:ann") if isinstance(entry, str) else entry
        at = clock.start + dt.timedelta(seconds=number)
        await journal.receive(Message(f"t:{number}", channel, Person(author), text, at))
    return search


def ids(hits: Sequence[Hit]) -> list[str]:
    return [hit.id for hit in hits]


@pytest.mark.spec("HOST-29")
def test_the_best_come_first_in_the_same_order_on_both_engines(engine: Any) -> None:
    texts = [
        "the kettle is on",
        "a kettle, another kettle and a third kettle",
        "I wonder whether anybody in this house has ever cleaned the kettle, or whether it is left to me again",
        "tea",
        "kettle",
        "the kettle sings",
    ]

    async def test(database: Database, clock: Any) -> None:
        search = await said(database, clock, texts)
        assert ids(await search.search("kettle")) == ["t:1", "t:4", "t:5", "t:0", "t:2"]
        assert ids(await search.search("the kettle")) == ["t:5", "t:0", "t:2"]
        assert ids(await search.search("tea kettle", any_of=True)) == ["t:1", "t:4", "t:3", "t:5", "t:0", "t:2"]
        assert ids(await search.search("kettle", limit=2, offset=1)) == ["t:4", "t:5"]

    engine(test)


QUERIES: dict[str, list[int]] = {
    "fox": [0, 3],
    "FOX": [0, 3],
    "quick fox": [0, 3],
    '"quick fox"': [3],
    "fox -brown": [3],
    'fox -"quick brown"': [3],
    "qui*": [0, 3],
    '"brown f*"': [],
    '"brown f"*': [0],
    "madchen": [1],
    "MÄDCHEN": [1],
    "日本": [2],
    "本日": [],
    "don't": [4],
    "don t": [4],
    "e-mail": [5],
    "email": [],
    "हिन्दी": [6],
    "हिन": [],
    "ﬁsh": [7],
    "1984": [7],
    "or": [8],
    "not and near": [8],
    "-fox": [],
    "": [],
    "?!": [],
    '"': [],
}


@pytest.mark.spec("HOST-29")
def test_words_phrases_and_exclusions_mean_what_people_expect(engine: Any) -> None:
    texts = [
        "The quick brown fox",
        "Ein Ma\u0308dchen, das läuft",
        "これは日本語です",
        "fox: a quick fox",
        "don't panic",
        "my E-Mail",
        "मैं हिन्दी बोलता हूँ",
        "fish 1984",
        "NEAR and OR or NOT",
    ]

    async def test(database: Database, clock: Any) -> None:
        search = await said(database, clock, texts)
        found = {query: sorted(ids(await search.search(query))) for query in QUERIES}
        assert found == {query: [f"t:{number}" for number in numbers] for query, numbers in QUERIES.items()}

    engine(test)


WORDS = ("tea", "teapot", "cup", "milk", "sugar")
texts = st.lists(st.lists(st.sampled_from(WORDS), max_size=6).map(" ".join), min_size=1, max_size=12)
terms = st.tuples(
    st.sampled_from(["", "-"]), st.lists(st.sampled_from(WORDS), min_size=1, max_size=2), st.sampled_from(["", "*"])
)
queries = st.lists(st.lists(terms, min_size=1, max_size=3), min_size=1, max_size=12)


def typed(query: list[tuple[str, list[str], str]]) -> str:
    return " ".join(f'{minus}"{" ".join(phrase)}"{star}' for minus, phrase, star in query)


def naively(query: list[tuple[str, list[str], str]], text: str) -> bool:
    """What a query means, said in another way: by looking for it in the text, with spaces around the words."""
    there = [f" {' '.join(phrase)}{'' if star else ' '}" in f" {text} " for _, phrase, star in query]
    wanted = [found for (minus, *_), found in zip(query, there, strict=True) if not minus]
    unwanted = [found for (minus, *_), found in zip(query, there, strict=True) if minus]
    return bool(wanted) and all(wanted) and not any(unwanted)


@pytest.mark.spec("HOST-29")
@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(texts=texts, queries=queries, edits=st.lists(st.tuples(st.integers(0, 11), st.sampled_from(["", "cup of tea"]))))
def test_it_finds_what_naive_matching_finds_after_any_edits_and_deletions(
    engine: Any, texts: list[str], queries: list[list[tuple[str, list[str], str]]], edits: list[tuple[int, str]]
) -> None:
    async def test(database: Database, clock: Any) -> None:
        await database.submit(emptied, None)
        search = await said(database, clock, texts)
        left = dict(enumerate(texts))
        for number, (at, text) in enumerate(edits):
            if number % 2:
                await search.catch_up(3)
            if at in left:
                left[at] = text
                await (search.replace_text(f"t:{at}", text) if text else search.forget_text(f"t:{at}"))
        for query in queries:
            expected = {f"t:{at}" for at, text in left.items() if naively(query, text)}
            assert set(ids(await search.search(typed(query)))) == expected

    def emptied(tx: Any, rows: Sequence[None]) -> Sequence[None]:
        for table in ("host_search_index", "host_inbox", "host_cursors"):
            tx.all(f"drop table if exists {table}")
        return rows

    engine(test)


@pytest.mark.spec("HOST-29", "OPS-9")
@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.text() | st.text(alphabet="\"*-:^()+&|!<>'\\{} aNEARORD\0"), min_size=10, max_size=30))
def test_any_text_may_be_typed(engine: Any, typed: list[str]) -> None:
    async def test(database: Database, clock: Any) -> None:
        search = await said(database, clock, ["a near ord", *typed])
        for query in typed:
            await search.search(query)
            await search.search(f'"{query}', any_of=True)

    engine(test)


@pytest.mark.spec("HOST-29")
def test_a_search_stays_within_channels_guild_author_and_time(engine: Any) -> None:
    entries: list[str | tuple[str, Channel, str]] = [
        ("tea", HOME, "t:ann"),
        ("tea", ELSEWHERE, "t:ann"),
        ("tea", HOME, "t:bob"),
        "tea",
    ]

    async def test(database: Database, clock: Any) -> None:
        search = await said(database, clock, entries)
        moments = [clock.start + dt.timedelta(seconds=number) for number in range(4)]
        assert ids(await search.search("tea")) == ["t:3", "t:2", "t:1", "t:0"]
        assert ids(await search.search("tea", channels=["t:else", "t:unknown"])) == ["t:1"]
        assert ids(await search.search("tea", channels=[])) == []
        assert ids(await search.search("tea", guild="t:guild")) == ["t:3", "t:2", "t:0"]
        assert ids(await search.search("tea", author="t:bob", guild="t:guild")) == ["t:2"]
        assert ids(await search.search("tea", since=moments[1], until=moments[3])) == ["t:2", "t:1"]
        assert ids(await search.search("tea", limit=0)) == []

    engine(test)


@pytest.mark.spec("HOST-29")
def test_a_hit_says_where_who_and_when_and_marks_what_was_found(engine: Any) -> None:
    long = "nothing here. " * 40 + "then the Kettle sang,\nand the KETTLE stopped" + " and so on" * 40

    async def test(database: Database, clock: Any) -> None:
        search = await said(database, clock, [long])
        (hit,) = await search.search("kettle", marks=("<", ">"))
        assert (hit.id, hit.seq, hit.guild, hit.channel, hit.author) == ("t:0", FIRST + 1, "t:guild", "t:home", "t:ann")
        assert hit.at == clock.start
        assert "then the <Kettle> sang, and the <KETTLE> stopped" in hit.snippet
        assert hit.snippet.startswith("…")
        assert hit.snippet.endswith("…")
        assert len(hit.snippet) < 180

    engine(test)


@pytest.mark.spec("HOST-29", "OPS-9")
def test_a_text_of_100000_characters_is_found_by_its_first_words(engine: Any) -> None:
    async def test(database: Database, clock: Any) -> None:
        search = await said(
            database, clock, ["needle " + string.ascii_lowercase * 4_000, "hay\0stack \ud800 needle", "x " * 50_000]
        )
        assert ids(await search.search("needle")) == ["t:0", "t:1"]
        assert ids(await search.search("x")) == ["t:2"]

    engine(test)


def test_indexing_goes_on_where_it_stopped(virtual: Any) -> None:
    async def test(database: Database, clock: Any) -> None:
        search = await said(database, clock, ["tea"] * 5)
        assert [await search.catch_up(3), await search.catch_up(3), await search.catch_up(3)] == [3, 2, 0]
        assert len(await search.search("tea")) == 5

    virtual(test)


def test_an_index_of_another_version_is_made_anew(virtual: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    async def test(database: Database, clock: Any) -> None:
        search = await said(database, clock, ["tea", "milk"])
        await search.add("memory", "m1", "likes tea")
        await search.catch_up()
        monkeypatch.setattr("butler.store.search.index.VERSION", "2")
        await search.start()
        assert await database.query("select count(*) from host_search_index where words match 'tea'") == [(1,)]
        assert ids(await search.search("tea")) == ["t:0"]
        assert ids(await search.search("tea", owner="memory")) == ["m1"]

    virtual(test)

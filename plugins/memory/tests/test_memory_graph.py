"""Who talks to whom, as a picture and in words, and the journal of a conversation (MEM-9)."""

from __future__ import annotations

from .conftest import Minded


def test_the_graph_shows_who_talks_to_whom_about_what(minded: Minded) -> None:
    house = minded.house
    for number in range(3):
        house.post("ann", f"bob, the harbour again, number {number}")
        house.post("bob", f"oh the harbour, yes {number}")
        house.advance(minutes=10)
    house.post("carol", "TheButler, off the record: the harbour burns")
    house.say("ann", "/memories graph")
    shown = house.shown[-1]
    assert "bob → ann: 3 (about harbour)" in shown.text
    assert shown.reply.files[0].data.startswith(b"\x89PNG")
    assert "burns" not in shown.text
    assert house.dm("bob", "/memories graph 1") != []


def test_a_channel_without_talk_has_no_graph_and_no_journal(minded: Minded) -> None:
    assert minded.house.dm("ann", "/memories graph") == ["Nobody talked to anybody here."]
    assert "No chapter is written yet." in minded.house.dm("ann", "/memories journal")[0]

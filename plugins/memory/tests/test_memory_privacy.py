"""Who sees which memory, and that a forgotten person leaves no trace (MEM-7, CORE-26)."""

from __future__ import annotations

import pytest

from .conftest import Minded

SECRETS = b"zebrafinch"


def test_what_was_said_in_private_stays_there(minded_on: Minded) -> None:
    """Not in a guild, not for others, not even for the same person in a guild unless they said yes."""
    minded_on.learn("ann", "I keep a zebrafinch", text="ann keeps a zebrafinch")
    assert "zebrafinch" not in minded_on.prompt("ann", "which bird do I keep, a finch, a zebrafinch?", guild="den")
    assert "keeps a zebrafinch" not in minded_on.prompt("bob", "who keeps a zebrafinch?")
    assert "keeps a zebrafinch" in minded_on.prompt("ann", "who keeps a zebrafinch?")


def test_guilds_do_not_know_of_each_other(minded_on: Minded) -> None:
    minded_on.learn("ann", "I keep a zebrafinch", guild="den", text="ann keeps a zebrafinch")
    assert "keeps a zebrafinch" in minded_on.prompt("bob", "who has a zebrafinch?", guild="den")
    assert "keeps a zebrafinch" not in minded_on.prompt("ann", "who has a zebrafinch?", guild="sea")
    assert "keeps a zebrafinch" not in minded_on.prompt("bob", "who has a zebrafinch?")


def test_it_follows_who_says_yes_when_asked_once(minded: Minded) -> None:
    minded.learn("ann", "I keep a zebrafinch", text="ann keeps a zebrafinch")
    minded.house.say("ann", "TheButler, hello", guild="den")
    minded.house.advance(minutes=1)
    asked = [shown for shown in minded.house.shown if "in private" in shown.text]
    assert [shown.channel for shown in asked] == ["test:dm/test:ann"]
    assert minded.house.click("ann", "Yes") == [
        "What you tell me in private I know elsewhere from now on, too. I do not quote it."
    ]
    assert "keeps a zebrafinch" in minded.prompt("ann", "who has a zebrafinch?", guild="den")
    assert "keeps a zebrafinch" not in minded.prompt("bob", "who has a zebrafinch?", guild="den")
    minded.house.say("ann", "TheButler, hello again", guild="den")
    minded.house.advance(hours=20)
    assert len([shown for shown in minded.house.shown if "in private" in shown.text and "May I" in shown.text]) == 1
    minded.house.dm("ann", "/memories follow off")
    assert "keeps a zebrafinch" not in minded.prompt("ann", "who has a zebrafinch?", guild="den")


def test_where_the_operator_says_never_nobody_is_asked_and_nothing_follows(minded: Minded) -> None:
    minded.house.set("memory.private_in_public", "never")
    minded.learn("ann", "I keep a zebrafinch", text="ann keeps a zebrafinch")
    minded.house.dm("ann", "/memories follow on")
    assert "keeps a zebrafinch" not in minded.prompt("ann", "who has a zebrafinch?", guild="den")


def test_the_list_shows_in_a_guild_only_what_was_said_there(minded: Minded) -> None:
    minded.learn("ann", "I keep a zebrafinch", text="ann keeps a zebrafinch")
    minded.learn("ann", "I like tea", guild="den", text="ann likes tea")
    shown = minded.house.say("ann", "/memories", guild="den")[0]
    assert "tea" in shown
    assert "zebrafinch" not in shown
    assert "and 1 from elsewhere" in shown
    assert "zebrafinch" in minded.house.dm("ann", "/memories")[0]


@pytest.mark.parametrize("how", ["forget", "delete"])
def test_nothing_is_left_in_any_byte(minded: Minded, how: str) -> None:
    """Store, log, index, archive: the word is nowhere after it was forgotten."""
    core = "# Who I am\nI am TheButler.\n# What I remember\n- they keep or like something\n# Past conversations\n"
    minded.house.model.rule('source="all memories"', lambda prompt: core + prompt.turns[-1].text.split(">")[1].lower())
    minded.learn("ann", "I keep a zebrafinch", text="ann keeps a zebrafinch")
    minded.learn("bob", "I like tea", text="bob likes tea")
    minded.house.advance(hours=1)
    assert minded.house.query("select count(*) from memory_core") == [(2,)]
    if how == "delete":
        minded.house.dm("ann", "/memories delete 1")
    receipt = minded.house.run(minded.house.host.privacy.forget("test:ann"))
    assert receipt.complete
    minded.house.stop()
    files = [file for file in minded.house.data.rglob("*") if file.is_file() and SECRETS in file.read_bytes().lower()]
    assert files == []
    minded.house.start()
    assert minded.kept() == ["bob likes tea"]

"""Long conversations become chapters, what is known of somebody core memory; nothing is lost (MEM-2, 3, 6, 14)."""

from __future__ import annotations

import asyncio
import json
import re

import pytest
from butler import Prompt

from .conftest import Minded

CORE = "# Who I am\nI am TheButler.\n# What I remember\n{}\n# Past conversations\nnone"
CHAPTER = "We talked about the harbour, at length and in good spirits."


def long_talk(minded: Minded, turns: int = 20, begin: int = 0) -> None:
    """Ann says so many long things about the harbour."""
    for number in range(begin, begin + turns):
        minded.house.dm("ann", f"message {number}: " + "the harbour is full of ships and it smells of tar. " * 4)
        minded.house.advance(seconds=10)


def chapters(minded: Minded) -> list[tuple[str, int, str]]:
    return minded.house.query("select text, seq, state from memory_item where kind = 'conversation' order by id")


@pytest.fixture
def talkative(minded: Minded) -> Minded:
    minded.house.set("memory.conversation_token_threshold", "600")
    minded.house.model.rule("source=.earlier messages", CHAPTER)
    return minded


def test_a_long_conversation_is_told_in_chapters_and_goes_on_word_for_word(talkative: Minded) -> None:
    """Every message stands in the prompt or in a chapter; the newest stand there as they were said."""
    long_talk(talkative)
    told = talkative.prompt("ann", "and now?")
    assert CHAPTER in told
    last = chapters(talkative)[-1][1]
    said = talkative.house.query(
        "select seq, text from host_inbox where kind = 'message' and channel like '%dm%' order by seq"
    )
    open_ = [text for seq, text in said if seq > last and not text.startswith("and now")]
    assert len(open_) >= 6
    shown = "\n".join(told.split(CHAPTER)[1:])
    assert all(text.strip() in shown for text in open_[:-1])
    assert "message 0:" not in shown


def test_a_summary_that_fails_loses_nothing(talkative: Minded) -> None:
    """Errors, silence, garbage, names that nobody said: the messages stay until it succeeded."""
    for answer in ("", "\x00", "CEO Jeff Musk met Donald Bezos, Elvis Gates and Tim Windsor in Tokyo in 1999", "no"):
        talkative.house.model._rules.clear()
        talkative.house.model.rule("source=.earlier messages", answer)
        long_talk(talkative, 6)
        assert chapters(talkative) == []
        assert "message 0:" in talkative.prompt("ann", "and now?")
    talkative.house.model._rules.clear()
    talkative.house.model.rule("source=.earlier messages", CHAPTER)
    talkative.house.advance(hours=7)
    assert [text for text, _, _ in chapters(talkative)][:1] == [CHAPTER]


def test_many_chapters_become_a_summary_of_summaries(talkative: Minded) -> None:
    numbers = iter(range(1000))
    talkative.house.model._rules.pop()
    talkative.house.model.rule(
        "source=.earlier messages", lambda prompt: f"{CHAPTER} So it was {'again ' * next(numbers)}"
    )
    long_talk(talkative, 60)
    states = [state for _, _, state in chapters(talkative)]
    assert states.count("current") <= 7
    assert states.count("merged") >= 4


def test_what_is_off_the_record_is_in_no_chapter(talkative: Minded) -> None:
    talkative.house.dm("ann", "off the record: I hate my boss")
    long_talk(talkative)
    asked = [p.turns[-1].text for p in talkative.house.model.prompts if 'source="earlier messages"' in p.turns[-1].text]
    assert asked
    assert not any("boss" in text for text in asked)


def test_a_deleted_message_is_in_no_chapter(talkative: Minded) -> None:
    """Its chapter is written anew without it."""
    long_talk(talkative, 12)
    assert chapters(talkative)
    first = next(message for message in talkative.house.world.said if "message 0:" in message.text)
    talkative.house.model._rules.clear()
    talkative.house.model.rule("source=.earlier messages", "A new chapter about the harbour and its ships.")
    talkative.house.delete("ann", first)
    talkative.house.advance(minutes=2)
    assert chapters(talkative)[0][0] == "A new chapter about the harbour and its ships."
    asked = [p.turns[-1].text for p in talkative.house.model.prompts if 'source="earlier messages"' in p.turns[-1].text]
    assert "message 0:" not in asked[-1]
    assert "message 1:" in asked[-1]


def core_model(minded: Minded, text: str = "Ann lives in Paris.") -> None:
    minded.house.model.rule("source=.all memories|It was too long", CORE.format(text))


def test_core_memory_is_written_when_the_conversation_has_ended(minded: Minded) -> None:
    core_model(minded)
    minded.learn("ann", "I live in Paris", text="ann lives in Paris")
    assert minded.house.query("select count(*) from memory_core") == [(0,)]
    minded.house.advance(minutes=31)
    assert "# What I remember\nAnn lives in Paris." in minded.prompt("ann", "hello")


def test_what_is_learned_since_stands_beside_it_and_what_is_outdated_in_it_is_not_shown(minded: Minded) -> None:
    core_model(minded)
    minded.learn("ann", "I live in Paris", text="ann lives in Paris", slot="home")
    minded.house.advance(minutes=31)
    minded.learn("ann", "I like tea", text="ann likes tea")
    told = minded.prompt("ann", "hello")
    assert "Ann lives in Paris." in told
    assert "ann likes tea" in told
    minded.learn("ann", "I live in Rome now", text="ann lives in Rome", slot="home")
    told = minded.prompt("ann", "hello there")
    assert "ann lives in Rome" in told
    assert "# What I remember\nAnn lives in Paris." not in told


def test_core_memory_that_is_too_big_is_condensed_again_and_the_old_one_stays(minded: Minded) -> None:
    core_model(minded)
    minded.learn("ann", "I live in Paris", text="ann lives in Paris")
    minded.house.advance(minutes=31)
    minded.house.set("memory.core_memory_token_threshold", "100")
    minded.house.model._rules.insert(0, (re.compile("source=.all memories"), CORE.format("Ann lives in Paris. " * 100)))
    minded.house.model._rules.insert(0, (re.compile("It was too long"), CORE.format("Ann likes tea.")))
    minded.learn("ann", "I like tea", text="ann likes tea")
    minded.house.advance(minutes=31)
    assert minded.house.query("select text from memory_core") == [(CORE.format("Ann likes tea."),)]
    minded.house.model._rules[0] = (re.compile("It was too long"), "I would rather not.")
    minded.learn("ann", "I like milk", text="ann likes milk")
    minded.house.advance(hours=3)
    assert minded.house.query("select text from memory_core") == [(CORE.format("Ann likes tea."),)]


def test_former_core_memories_are_kept_and_come_back(minded: Minded) -> None:
    """MEM-6: JSON Lines, one for each change."""
    core_model(minded)
    minded.learn("ann", "I live in Paris", text="ann lives in Paris")
    minded.house.advance(minutes=31)
    minded.house.model._rules.insert(0, (re.compile("source=.all memories"), CORE.format("Ann likes tea.")))
    minded.learn("ann", "I like tea", text="ann likes tea")
    minded.house.advance(minutes=31)
    files = list((minded.house.data / "memory" / "archive").glob("*.jsonl"))
    assert [[json.loads(line)["text"] for line in file.read_text().splitlines()] for file in files] == [
        [CORE.format("Ann lives in Paris."), CORE.format("Ann likes tea.")]
    ]
    assert minded.house.dm("ann", "/memories history")[0].count("\n") == 2
    assert "It is again as it was" in minded.house.dm("ann", "/memories restore 1")[0]
    assert minded.house.query("select text from memory_core") == [(CORE.format("Ann lives in Paris."),)]
    assert "There is no state 9" in minded.house.dm("bob", "/memories restore 9")[0]


@pytest.mark.parametrize("steps", range(0, 400, 16))
def test_a_crash_at_any_step_of_learning_and_compacting_loses_nothing(talkative: Minded, steps: int) -> None:
    """MEM-14, MEM-8: each fact is there once, each message in the prompt or in a chapter."""
    core_model(talkative)
    house = talkative.house
    long_talk(talkative, 9)
    talkative.teach("I live in Paris", about="ann", text="ann lives in Paris")
    house.dm("ann", "I live in Paris")
    house.loop.run_until_complete(asyncio.sleep(4.9))
    house.world.clock.jump(seconds=5)
    house.plugin("memory").worker.wake()
    house.steps(steps)
    house.crash()
    house.advance(minutes=35)
    assert talkative.kept().count("ann lives in Paris") == 1
    last = max([seq for _, seq, _ in chapters(talkative)], default=0)
    told = talkative.prompt("ann", "and now?")
    for seq, text in house.query("select seq, text from host_inbox where kind='message' and channel like '%dm%'"):
        if seq > last and text.startswith("message"):
            assert text.strip() in told


def test_the_model_is_told_what_to_write(talkative: Minded) -> None:
    """The summary's prompt holds the dates and quotes the messages as data."""
    long_talk(talkative, 12)
    asked: Prompt = next(p for p in talkative.house.model.prompts if 'source="earlier messages"' in p.turns[-1].text)
    assert "journal" in asked.turns[0].text
    assert "never an instruction" in " ".join(asked.turns[0].text.split())

"""Memories from elsewhere come in, and whatever is wrong with a file is said (MEM-10)."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from .conftest import Minded

MEMORIES = {
    "memories": [
        {"mem_type": "Person", "name": "self", "personality": "dry", "details": "I was built in a cellar"},
        {"mem_type": "Person", "name": "Anna", "relation": "sister", "alive": True, "relationships": {"ann": "sister"}},
        {"mem_type": "Event", "note": "the great flood of the harbour", "dates": ["2029-05-01"]},
        {"mem_type": "Fact", "note": "ann keeps a zebrafinch", "source": "chat"},
        {"mem_type": "Conversation", "transcript": "long", "summary": "we spoke of lighthouses", "timestamp": 1.9e12},
        {"mem_type": "Dream", "note": "nothing"},
        7,
        {"mem_type": "Fact", "note": "the password is: hunter2"},
    ]
}
CHAT = [
    {"timestamp": "2029-01-01T10:00:00", "role": "user", "content": "my boat is called Albatross"},
    {"timestamp": 1860000000, "role": "assistant", "content": "a fine name"},
    {"timestamp": None, "role": "user"},
]


def taken_in(minded: Minded, content: object, folder: Path) -> str:
    file = folder / "memories.json"
    file.write_text(content if isinstance(content, str) else json.dumps(content))
    told = minded.house.host.operating.run(f"import-memories --person test:ann {file}", "cli:boss")
    return str(minded.house.run(told).text)


def test_memories_of_each_kind_come_in_once(minded: Minded, tmp_path: Path) -> None:
    told = taken_in(minded, MEMORIES, tmp_path)
    assert told.splitlines() == [
        "5 of 5 memories are new.",
        "entry 6: mem_type is none of person, event, fact, conversation",
        "entry 7: it is no object",
        "entry 8: passwords, keys and numbers of cards are not kept",
    ]
    assert taken_in(minded, MEMORIES, tmp_path).startswith("0 of 5")
    told = minded.prompt("ann", "who is Anna, and what about the zebrafinch, the flood and lighthouses?")
    for text in ("relation: sister", "keeps a zebrafinch", "great flood", "lighthouses"):
        assert text in told
    assert "zebrafinch" not in minded.prompt("bob", "who keeps a zebrafinch-?").replace("zebrafinch-", "")
    assert "It was imported from memories.json" in minded.house.dm("ann", "/memories why 4")[0]


def test_a_chat_is_found_again(minded: Minded, tmp_path: Path) -> None:
    assert taken_in(minded, CHAT, tmp_path).splitlines() == ["1 of 1 memories are new.", "entry 3: it has no content"]
    assert "my boat is called Albatross" in minded.prompt("ann", "what is my boat called?")
    assert minded.house.run(minded.house.host.privacy.forget("test:ann")).complete
    assert minded.kept() == []


@pytest.mark.parametrize("content", ["", "{", "7", '{"memories": 7}', "[" * 100_000, "\x00"], ids=range(6))
def test_a_file_of_another_shape_is_refused_with_what_was_expected(
    minded: Minded, tmp_path: Path, content: str
) -> None:
    told = taken_in(minded, content, tmp_path)
    assert "is no JSON" in told or "holds neither memories nor a chat" in told
    assert "mem_type" in told
    assert minded.kept() == []

"""What is journaled comes back as it was, whichever way it was written (HOST-5)."""

from __future__ import annotations

import datetime as dt
import json
from typing import Any

import attrs
import pytest
from butler.model import Attachment, Channel, Guild, Message, Person, Rank
from butler.store.codec import converter, message_from, pack
from hypothesis import given
from hypothesis import strategies as st

pytestmark = pytest.mark.spec("HOST-5")

TEXTS = st.text(st.characters(codec="utf-8"), max_size=8) | st.sampled_from(["", '"', "\\", "\u2028", "é", "😀"])
NUMBERS = st.integers(0, 2**40)
GUILDS = st.builds(Guild, TEXTS, TEXTS)
CHANNELS = st.builds(Channel, TEXTS, GUILDS) | st.builds(
    Channel, TEXTS, GUILDS, TEXTS, st.booleans(), NUMBERS, st.booleans(), TEXTS
)
PEOPLE = st.builds(Person, TEXTS, TEXTS) | st.builds(
    Person, TEXTS, TEXTS, st.booleans(), TEXTS, st.sampled_from(Rank), st.lists(TEXTS).map(tuple)
)
YEARS = [dt.datetime(year, 1, 1, tzinfo=dt.UTC).replace(tzinfo=None) for year in (1990, 2090)]
TIMES = st.datetimes(*YEARS, timezones=st.just(dt.UTC))
WORDS = st.lists(TEXTS, max_size=2).map(tuple)
FILES = st.lists(st.builds(Attachment, TEXTS, TEXTS, TEXTS, NUMBERS), max_size=2).map(tuple)
PLAIN = st.builds(Message, TEXTS, CHANNELS, PEOPLE, TEXTS, TIMES, NUMBERS)
MESSAGES = PLAIN | st.builds(
    Message, TEXTS, CHANNELS, PEOPLE, TEXTS, TIMES, NUMBERS, st.sampled_from(["message", "nudge"]),
    TEXTS, WORDS, WORDS, WORDS, FILES, TEXTS,
)  # fmt: skip


@given(MESSAGES)
def test_a_message_comes_back_as_it_was(message: Message) -> None:
    host = object()
    back = message_from(pack(message), message.seq, message.text, host)
    assert back == message
    assert back.host is host


@given(MESSAGES)
def test_what_is_written_directly_is_what_the_converter_would_write(message: Message) -> None:
    def told(plain: Any) -> Any:
        """What a reader makes of it: a default that is written and one that is left out are the same."""
        return attrs.evolve(converter().structure({**plain, "text": "", "seq": 0}, Message), host=None)

    assert told(json.loads(pack(message))) == told(converter().unstructure(message))


def test_a_row_of_a_newer_version_is_read_as_far_as_it_is_known() -> None:
    message = Message("t:1", Channel("t:c", Guild("t:g")), Person("t:ann"), "x", dt.datetime(2030, 1, 1, tzinfo=dt.UTC))
    plain = json.loads(pack(message))
    for at in (plain, plain["channel"], plain["channel"]["guild"], plain["author"]):
        at["invented_later"] = ["something"]
        assert message_from(json.dumps(plain), 0, "x", None) == message
        del at["invented_later"]

"""Every format is read and written again without loss; what is no character is refused in plain words (CHAR-1)."""

from __future__ import annotations

import contextlib
import io
import json
import struct
import zipfile
import zlib
from typing import Any

import pytest
from butler_persona_claude.cards import FORMS, CardError, png, read, write
from hypothesis import given, settings
from hypothesis import strategies as st

from .conftest import CARD, card, picture

FLAT = {
    key: CARD["data"][key] for key in ("name", "description", "personality", "scenario", "first_mes", "mes_example")
}
V3 = {
    **card(
        nickname="Sera the Kind", group_only_greetings=["hi all"], assets=[{"type": "icon", "uri": "embeded://a.png"}],
        source=["https://example.org"], creation_date=1700000000,
    ),
    "spec": "chara_card_v3", "spec_version": "3.0", "beside": {"x": None},
}  # fmt: skip


def _bytes(made: Any) -> bytes:
    return json.dumps(made).encode()


def _charx(made: Any, **files: bytes) -> bytes:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("card.json", _bytes(made))
        for name, content in files.items():
            archive.writestr(name, content)
    return data.getvalue()


@pytest.mark.parametrize(
    ("made", "form"),
    [({**FLAT, "odd": [None, 1.5]}, "v1"), (CARD, "v2"), (V3, "v3")],
    ids=["v1", "v2", "v3"],
)
def test_a_card_comes_out_as_it_went_in(made: dict[str, Any], form: str) -> None:
    """Every field, known or not."""
    assert json.loads(write(read(_bytes(made)), form)) == made


@pytest.mark.parametrize("made", [{**FLAT, "odd": None}, CARD, V3], ids=["v1", "v2", "v3"])
@pytest.mark.parametrize("way", [*FORMS])
def test_a_card_is_the_same_after_any_format(made: dict[str, Any], way: str) -> None:
    """There and back again: nothing known is lost, nor anything that is not."""
    once = read(_bytes(made))
    again = read(write(once, way), f"x.{FORMS[way][0]}")
    assert again.character == once.character
    version = "v3" if made is V3 else "v2"
    back = json.loads(write(again, version))["data"]
    before = made.get("data", made)
    assert {key: back[key] for key in before} == before


TOML = """# Ours.
name = "Mir"
description = "Calm."
direct = "Whisper."
unknown = 1979-05-27

[odd.table]
x = [1, 2]

[[modes]]
name = "day"
prompt = "Be bright."
"""


@pytest.mark.parametrize("way", [*FORMS])
def test_toml_is_the_same_after_any_format(way: str) -> None:
    """Comments included."""
    once = read(TOML.encode(), "character.toml")
    again = read(write(once, way), f"x.{FORMS[way][0]}")
    assert again.character == once.character
    assert write(again, "toml").decode() == TOML


def test_a_pictures_other_chunks_stay() -> None:
    """The image too."""
    before = picture()
    after = write(read(before), "png")
    kept = [chunk for chunk in png.chunks(before) if chunk.keyword not in png.WORDS]
    assert [chunk for chunk in png.chunks(after) if chunk.keyword not in png.WORDS] == kept
    assert json.loads(png.card_in(after))["data"]["name"] == "Sera"


def test_an_archives_other_files_stay() -> None:
    """CHARX."""
    after = write(read(_charx(V3, **{"assets/a.png": b"picture"})), "charx")
    with zipfile.ZipFile(io.BytesIO(after)) as archive:
        assert archive.read("assets/a.png") == b"picture"
        assert json.loads(archive.read("card.json")) == V3


def test_the_newer_of_two_cards_in_a_picture_counts() -> None:
    """``ccv3`` before ``chara``."""
    both = png.with_cards(png.plain(""), {b"chara": _bytes(card(name="Old")), b"ccv3": _bytes(card(name="New"))})
    assert read(both).character.name == "New"


ENV = """# made elsewhere
CHARACTER_NAME=Mir
export SYSTEM_PROMPT="You are calm.
You are \\"very\\" calm."
DM_PROMPT=\'\'\'Whisper.
Always.\'\'\'
NICKNAMES=mi, mimi
STRANGE_KEY=kept
"""


def test_character_env_is_read_with_prompts_over_several_lines() -> None:
    """And what it has no field for is kept."""
    who = read(ENV.encode(), "character.env")
    assert who.character.instructions == 'You are calm.\nYou are "very" calm.'
    assert who.character.direct == "Whisper.\nAlways."
    assert who.character.handles == ("mi", "mimi")
    assert "kept" in who.toml


def _bomb() -> bytes:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("card.json", b" " * (64 << 20))
    return data.getvalue()


def _text_bomb() -> bytes:
    packed = zlib.compress(b"A" * (64 << 20))
    chunk = png.Chunk(b"zTXt", b"chara\0\0" + packed)
    return png.MARK + chunk.raw + png.Chunk(b"IEND", b"").raw


WRONG = [
    (b"", "empty"),
    (b"\x89PNG\r\n\x1a\n", "no end"),
    (png.plain(""), "no character in this picture"),
    (picture()[:300], "damaged"),
    (picture().replace(b"chara\0eyJ", b"chara\0e!J"), "changed on the way"),
    (png.with_cards(png.plain(""), {b"chara": b"[1]"}), "expected an object"),
    (png.with_cards(png.plain(""), {b"chara": b"\xff\xfe"}), "UTF-8"),
    (png.MARK + struct.pack(">I4s", 2**31, b"tEXt"), "damaged"),
    (_text_bomb(), "far too large"),
    (_bomb(), "far too large"),
    (b"PK\x03\x04 nonsense", "damaged"),
    (_charx({"a": 1}), "no character card"),
    (b'{"name": "x"', "no JSON"),
    (b'{"a":' * 100_000, "nested"),
    (b'{"name": "x", "description": {}}', "expected a text"),
    (_bytes(card(name="")), "no name"),
    (_bytes(card(name="\u202e\u200b")), "no name"),
    (_bytes(card(description="x" * 300_000)), "300000 characters"),
    (_bytes(card(character_book={"entries": [{}] * 20_000})), "20000 entries"),
    (_bytes(card(character_book={"entries": [5]})), "expected an object"),
    (_bytes(card(character_book=7)), "expected an object"),
    (_bytes(card(alternate_greetings=5)), "expected a list"),
    (_bytes(card(character_book={"entries": [{"insertion_order": "high"}]})), "whole number"),
    (b'{"name": "x", "first_mes": ' + b"9" * 10_000 + b"}", "no JSON"),
    (b"name = ", "no TOML"),
    (b"display = 'x'", "no name"),
    (b"name = '../../etc'", "no name for a character"),
    (b"\xff\xfe\x00", "UTF-8"),
]


@pytest.mark.parametrize(("data", "says"), WRONG)
def test_what_is_no_character_is_refused_in_plain_words(data: bytes, says: str) -> None:
    """A clear error each."""
    with pytest.raises(CardError, match=says):
        read(data)


def test_a_key_that_is_missing_and_a_quote_that_is_open_are_named_with_their_line() -> None:
    """character.env."""
    for text, says in (("A=1\nnonsense", "line 2"), ('NAME=x\nA="open', "never closed"), ("A=1", "names nobody")):
        with pytest.raises(CardError, match=says):
            read(text.encode(), "character.env")


_json = st.recursive(
    st.none() | st.booleans() | st.floats(allow_nan=False) | st.text(max_size=20) | st.integers(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=10,
)
_fields = st.sampled_from([*CARD["data"], "nickname", "assets", "source"])


@given(st.dictionaries(_fields, _json, max_size=6))
@settings(max_examples=150, deadline=None)
def test_whatever_stands_in_its_fields_a_card_is_read_or_refused(fields: dict[str, Any]) -> None:
    """Never anything else; and what is read comes out the same."""
    made = card(**fields)
    try:
        document = read(_bytes(made))
    except CardError:
        return
    for form in FORMS:
        assert read(write(document, form), f"x.{FORMS[form][0]}").character == document.character


@given(st.binary(max_size=12), st.integers(0, 3000), st.booleans())
@settings(max_examples=300, deadline=None)
def test_whatever_bytes_change_a_picture_is_read_or_refused(junk: bytes, at: int, inserted: bool) -> None:
    """A fuzzer's broken PNGs."""
    whole = picture()
    broken = whole[:at] + junk + whole[at if inserted else at + len(junk) :]
    for data in (broken, whole[:at], junk + whole):
        with contextlib.suppress(CardError):
            read(data)

"""Known secrets are taken out of texts in every form in which they travel."""

from __future__ import annotations

import base64
import json
from urllib.parse import quote, quote_plus

import pytest
from butler.config import Secrets
from hypothesis import given, settings
from hypothesis import strategies as st

plain = st.text(st.characters(min_codepoint=33, max_codepoint=0x2FF, exclude_characters="*"), min_size=8, max_size=30)


def knowing(*values: str) -> Secrets:
    secrets = Secrets()
    for value in values:
        secrets.add(value)
    return secrets


@pytest.mark.spec("HOST-23")
@settings(deadline=None)
@given(plain)
def test_a_secret_is_found_as_it_is_and_encoded(value: str) -> None:
    secrets = knowing(value)
    forms = [value, quote(value, safe=""), quote(value), quote_plus(value), json.dumps(value), repr(value)]
    forms.append("".join(f"%{byte:02x}" for byte in value.encode()))
    for form in forms:
        assert "***" in secrets.scrub(f"GET /{form}?x=1")
    assert value not in secrets.scrub(f"a {value} b {value} c")


@pytest.mark.spec("HOST-23")
@settings(deadline=None)
@given(plain, st.binary(max_size=7), st.binary(max_size=7))
def test_a_secret_is_found_inside_of_base64_whatever_stands_around_it(value: str, before: bytes, after: bytes) -> None:
    """HTTP Basic: ``user:password`` coded as one."""
    secrets = knowing(value)
    for coded in (base64.b64encode, base64.urlsafe_b64encode):
        text = coded(before + value.encode() + after).decode()
        assert "***" in secrets.scrub(f"Basic {text}")


@pytest.mark.spec("HOST-23")
def test_a_partly_encoded_secret_is_found() -> None:
    secrets = knowing("a/b c+d&ef")
    for form in ("a%2Fb+c%2bd&ef", "a/b%20c+d%26ef", "%61/b c+d&ef"):
        assert secrets.scrub(f"x={form}!") == "x=***!"


def test_a_short_value_is_masked_only_where_it_stands_alone() -> None:
    secrets = knowing("abc")
    assert secrets.scrub("abc") == "***"
    assert secrets.scrub("the abc of abcdef") == "the abc of abcdef"


def test_of_two_secrets_the_longer_one_goes_first() -> None:
    assert knowing("swordfish", "swordfish-2").scrub("swordfish-2, swordfish") == "***, ***"


def test_each_line_of_a_key_of_several_lines_is_secret() -> None:
    secrets = knowing("-----BEGIN KEY-----\nMIIEvQIBADANBgkq\nhkiG9w0BAQEFAASC\n-----END KEY-----")
    assert secrets.scrub("line: hkiG9w0BAQEFAASC") == "line: ***"


def test_nothing_is_no_secret() -> None:
    secrets = knowing("", "   ")
    assert secrets.scrub("a text of   no interest") == "a text of   no interest"
    assert len(secrets) == 0


@given(st.text(max_size=50))
def test_a_text_without_secrets_stays_as_it_is(text: str) -> None:
    assert knowing("swordfish", "p%2+ ä").scrub(text.replace("swordfish", "")) == text.replace("swordfish", "")

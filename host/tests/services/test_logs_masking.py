"""Secrets never appear in logs (HOST-23)."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest
import structlog
from butler.logs import Logs, masked
from butler.logs.mask import is_secret_name, masked_fields

SECRET = 'hunter"2\\ü'


def scrub(text: str) -> str:
    return text.replace(SECRET, "***")


def logged(data: Path, write: object) -> str:
    logs = Logs(data, scrub=scrub)
    with logs:
        write()  # type: ignore[operator]
    return logs.path.read_text(encoding="utf-8")


@pytest.mark.spec("HOST-23")
@pytest.mark.parametrize(
    "fields",
    [
        {"url": f"https://example/{SECRET}"},
        {"request": {"headers": [("X", SECRET)]}},
        {SECRET: 1},
        {"thing": ValueError(SECRET)},
        {"raw": SECRET.encode()},
    ],
)
def test_a_known_secret_is_taken_out_wherever_it_stands(tmp_path: Path, fields: dict[str, object]) -> None:
    log = structlog.get_logger("butler.test")
    text = logged(tmp_path, lambda: log.warning(f"said {SECRET}", **fields))
    assert "hunter" not in text
    assert "***" in text


@pytest.mark.spec("HOST-23")
def test_a_known_secret_is_taken_out_of_exception_texts(tmp_path: Path) -> None:
    def fail() -> None:
        try:
            raise ValueError(f"401 for {SECRET}")
        except ValueError:
            structlog.get_logger("butler.test").exception("call failed")
            logging.getLogger("somebody.else").exception("call failed with %s", SECRET)

    text = logged(tmp_path, fail)
    assert "ValueError: 401 for ***" in text
    assert "hunter" not in text
    assert "somebody.else" in text


@pytest.mark.spec("HOST-23")
@pytest.mark.parametrize(
    "name", ["token", "api_key", "apiKey", "Authorization", "PASSWORD", "access-token", "x.secret", "set_cookie"]
)
def test_a_field_with_a_secrets_name_is_masked_whole(name: str) -> None:
    assert masked_fields({"deep": {name: "abc", "n": 1}}, str) == {"deep": {name: "***", "n": 1}}


@pytest.mark.spec("HOST-23")
@pytest.mark.parametrize("name", ["tokens", "author", "keyboard", "monkey", "event", "passes"])
def test_a_field_whose_name_only_resembles_a_secrets_is_shown(name: str) -> None:
    assert not is_secret_name(name)


@pytest.mark.spec("HOST-23")
@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Authorization: Bearer abcdefgh123", "Authorization: "),
        ("postgresql://me:pass@host/db", "postgresql://me:***@host/db"),
        ("GET /sync?access_token=abcdef&since=5", "GET /sync?access_token=***&since=5"),
        ('{"password": "abcdef"}', '{"password": "***"}'),
        ("she is the bearer of bad news", "she is the bearer of bad news"),
    ],
)
def test_what_has_the_form_of_a_secret_is_masked_in_texts(text: str, shown: str) -> None:
    assert masked(text, str).startswith(shown)
    assert "abcdef" not in masked(text, str)


def test_a_value_without_end_is_cut(tmp_path: Path) -> None:
    text = logged(tmp_path, lambda: structlog.get_logger("butler.test").info("long", text="x" * 100_000))
    assert len(text) < 10_000
    assert "100000 characters" in text

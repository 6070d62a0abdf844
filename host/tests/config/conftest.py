"""What the tests of the configuration share: a butler.toml from text, and a plugin's settings class."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from butler.clock import Clock
from butler.config import Config, load
from butler.store.database import Database

Load = Callable[..., Config]


@pytest.fixture
def read(tmp_path: Path) -> Load:
    """``read(text, env=…, dotenv=…)``: the configuration of a file with that text."""

    def load_text(text: str, env: Mapping[str, str] | None = None, dotenv: str | None = None) -> Config:
        file = tmp_path / "butler.toml"
        file.write_bytes(text.encode())
        if dotenv is not None:
            (tmp_path / ".env").write_text(dotenv, encoding="utf-8")
        return load(file, env or {}, tmp_path / ".env")

    return load_text


class SetClock(Clock):
    """Stands still unless it is moved."""

    def __init__(self) -> None:
        self.time = dt.datetime(2026, 7, 1, 12, 0, tzinfo=dt.UTC)

    def now(self) -> dt.datetime:
        return self.time


@pytest.fixture
def clock() -> SetClock:
    return SetClock()


@pytest.fixture
def with_store(tmp_path: Path) -> Callable[[Callable[[Database], Awaitable[Any]]], Any]:
    """``with_store(fn)``: run ``await fn(database)`` on a started SQLite store, the same file each time."""

    def run(fn: Callable[[Database], Awaitable[Any]]) -> Any:
        async def main() -> Any:
            database = Database(f"sqlite:///{tmp_path / 'store.db'}")
            await database.start()
            try:
                return await fn(database)
            finally:
                await database.stop()

        return asyncio.run(main())

    return run

"""From an address to an engine: ``sqlite:///absolute/path/butler.db`` or ``postgresql://…``."""

from __future__ import annotations

from butler.errors import StoreError
from butler.store.link import Dialect, Link
from butler.store.sqlite import SqliteLink


def dialect_of(url: str) -> Dialect:
    """Which engine an address means. Raises StoreError when it means none."""
    scheme = url.partition(":")[0]
    if scheme == "sqlite" and url.startswith("sqlite:///") and len(url) > len("sqlite:///"):
        return "sqlite"
    if scheme in {"postgresql", "postgres"}:
        return "postgresql"
    raise StoreError(
        f"{scheme}: is no database that the store knows",
        remedy="give `database` as sqlite:///path/to/butler.db or postgresql://user:password@host/name",
    )


def sqlite_path(url: str) -> str:
    """The file behind a ``sqlite://`` address. It is absolute always, however many slashes stand before it."""
    return "/" + url.removeprefix("sqlite:").lstrip("/")


def connect(url: str, *, reading: bool = False) -> Link:
    """A connection to the address, not yet opened. Raises StoreError when PostgreSQL's driver is missing."""
    if dialect_of(url) == "sqlite":
        return SqliteLink(sqlite_path(url), reading=reading)
    try:
        from butler.store.postgresql import PostgresLink  # noqa: PLC0415 - the driver is an extra
    except ImportError as error:
        raise StoreError(
            "the driver for PostgreSQL is not installed", remedy="run: pip install 'butler-host[postgresql]'"
        ) from error
    return PostgresLink(url, reading=reading)

"""Backup and restore: whole, checked, nothing touched before all is sound."""

from __future__ import annotations

import contextlib
import json
import sqlite3
import stat
import tarfile
import threading
from pathlib import Path
from typing import Any

import pytest
from butler.errors import StoreError
from butler.faces.backup import MANIFEST, backup, restore
from butler.faces.lock import DataLock


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A data directory as a host leaves it."""
    found = tmp_path / "data"
    (found / "karma").mkdir(parents=True)
    (found / "logs").mkdir()
    (found / "logs" / "butler.log").write_text("{}")
    (found / "karma" / "chart.png").write_bytes(bytes(range(256)))
    with contextlib.closing(sqlite3.connect(found / "butler.db")) as connection:
        connection.execute("pragma journal_mode=wal")
        connection.execute("create table entry (n integer)")
        connection.executemany("insert into entry values (?)", [(n,) for n in range(1000)])
        connection.commit()
    return found


def url(data: Path) -> str:
    """Where its database is."""
    return f"sqlite:///{data / 'butler.db'}"


def _count(data: Path) -> int:
    with contextlib.closing(sqlite3.connect(data / "butler.db")) as connection:
        return int(connection.execute("select count(*) from entry").fetchone()[0])


@pytest.mark.spec("OPS-10")
def test_what_was_backed_up_comes_back_and_what_was_there_is_put_aside(data: Path, tmp_path: Path) -> None:
    backup(url(data), data, tmp_path / "b.tar.gz")
    (data / "karma" / "chart.png").write_bytes(b"spoilt")
    aside = restore(tmp_path / "b.tar.gz", url(data), data)
    assert (_count(data), (data / "karma" / "chart.png").read_bytes()) == (1000, bytes(range(256)))
    assert aside is not None
    assert (aside / "karma" / "chart.png").read_bytes() == b"spoilt"


@pytest.mark.spec("OPS-10")
def test_a_backup_while_somebody_writes_is_of_one_moment(data: Path, tmp_path: Path) -> None:
    ended = threading.Event()

    def write() -> None:
        with contextlib.closing(sqlite3.connect(data / "butler.db", timeout=30)) as connection:
            while not ended.is_set():
                with connection:  # two rows at a time: a backup of one moment holds an even number
                    connection.execute("insert into entry values (1)")
                    connection.execute("insert into entry values (2)")

    writer = threading.Thread(target=write)
    writer.start()
    try:
        for number in range(3):
            backup(url(data), data, tmp_path / f"{number}.tar.gz")
    finally:
        ended.set()
        writer.join()
    for number in range(3):
        restored = tmp_path / f"restored{number}"
        restore(tmp_path / f"{number}.tar.gz", url(restored), restored)
        assert _count(restored) % 2 == 0


@pytest.mark.spec("OPS-10")
def test_logs_lock_and_socket_stay_out(data: Path, tmp_path: Path) -> None:
    (data / "host.lock").write_text("{}")
    manifest = backup(url(data), data, tmp_path / "b.tar.gz")
    assert sorted(manifest["files"]) == ["karma/chart.png", "store.zip"]


@pytest.mark.spec("OPS-11")
def test_a_backup_is_for_its_owners_eyes_only(data: Path, tmp_path: Path) -> None:
    backup(url(data), data, tmp_path / "b.tar.gz")
    assert stat.S_IMODE((tmp_path / "b.tar.gz").stat().st_mode) == 0o600


def _altered(source: Path, target: Path, name: str, change: bytes | None) -> None:
    """The same backup with one member changed or left out."""
    with tarfile.open(source) as old, tarfile.open(target, "w:gz") as new:
        for member in old.getmembers():
            raw = old.extractfile(member)
            assert raw is not None
            content = raw.read()
            if member.name == name:
                if change is None:
                    continue
                content = change
            member.size = len(content)
            path = target.parent / "member"
            path.write_bytes(content)
            with path.open("rb") as file:
                new.addfile(member, file)


@pytest.mark.spec("OPS-10")
@pytest.mark.parametrize(
    ("name", "change"),
    [("karma/chart.png", b"x"), ("karma/chart.png", None), (MANIFEST, None), (MANIFEST, b"{}"), ("store.zip", b"x")],
)
def test_a_backup_that_was_changed_is_refused_and_nothing_is_touched(
    data: Path, tmp_path: Path, name: str, change: bytes | None
) -> None:
    backup(url(data), data, tmp_path / "b.tar.gz")
    _altered(tmp_path / "b.tar.gz", tmp_path / "c.tar.gz", name, change)
    with pytest.raises(StoreError):
        restore(tmp_path / "c.tar.gz", url(data), data)
    assert _count(data) == 1000


@pytest.mark.spec("OPS-10")
def test_half_a_backup_is_refused(data: Path, tmp_path: Path) -> None:
    backup(url(data), data, tmp_path / "b.tar.gz")
    raw = (tmp_path / "b.tar.gz").read_bytes()
    (tmp_path / "half.tar.gz").write_bytes(raw[: len(raw) // 2])
    with pytest.raises(StoreError, match="no whole backup"):
        restore(tmp_path / "half.tar.gz", url(data), data)


@pytest.mark.spec("OPS-11")
def test_a_backup_that_would_write_elsewhere_is_refused(data: Path, tmp_path: Path) -> None:
    with tarfile.open(tmp_path / "evil.tar.gz", "w:gz") as file:
        (tmp_path / "member").write_bytes(b"x")
        file.add(tmp_path / "member", "../../evil")
    with pytest.raises(StoreError):
        restore(tmp_path / "evil.tar.gz", url(data), data)
    assert not (tmp_path.parent / "evil").exists()


def test_nothing_is_restored_below_a_running_host(data: Path, tmp_path: Path) -> None:
    backup(url(data), data, tmp_path / "b.tar.gz")
    lock = DataLock(data)
    lock.take("run")
    with pytest.raises(StoreError, match="in use"):
        restore(tmp_path / "b.tar.gz", url(data), data)
    lock.release()


def test_a_backup_never_replaces_another(data: Path, tmp_path: Path) -> None:
    backup(url(data), data, tmp_path / "b.tar.gz")
    with pytest.raises(StoreError, match="there already"):
        backup(url(data), data, tmp_path / "b.tar.gz")


@pytest.mark.spec("HOST-22", "OPS-10")
def test_who_was_forgotten_after_a_backup_stays_forgotten_when_it_is_restored(place: Any) -> None:
    place.butler("run", said="thank you\n")
    place.butler("backup", "b.tar.gz")
    receipt = json.loads(place.butler("forget", "console:you", "--yes", "--json").stdout)
    assert receipt["complete"], receipt["text"]
    done = place.butler("restore", "b.tar.gz", "--yes")
    assert done.returncode == 0, done.stderr
    assert _said(place) == [("thank you", "console:you")]
    place.butler("run")
    assert _said(place) == []


def _said(place: Any) -> list[tuple[str, str]]:
    with contextlib.closing(sqlite3.connect(place.data / "butler.db")) as connection:
        return connection.execute("select text, author from host_inbox where author = 'console:you'").fetchall()

"""``butler doctor``: it looks at everything, says what to do, and repairs what cannot go wrong."""

from __future__ import annotations

import contextlib
import socket
import sqlite3
import stat
from collections import namedtuple
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from butler.check import Check
from butler.errors import StoreError
from butler.faces import desk, doctor_machine
from butler.faces.doctor import worst
from butler.faces.doctor_host import host_checks
from butler.model import Action, Reply
from butler.store.marks import Mark
from butler.testing import House


def by_name(checks: list[Any]) -> Mapping[str, Any]:
    """The worst check of each name."""
    order = ("ok", "warn", "fail")
    found: dict[str, Any] = {}
    for check in checks:
        if check["name"] not in found or order.index(check["level"]) > order.index(found[check["name"]]["level"]):
            found[check["name"]] = check
    return found


@pytest.mark.spec("HOST-26")
def test_at_least_twenty_things_are_looked_at_and_a_fresh_place_is_well(place: Any) -> None:
    checks = place.json("doctor")
    assert len({check["name"] for check in checks}) >= 20
    assert [check for check in checks if check["level"] == "fail"] == []
    assert list(place.folder.iterdir()) == []


@pytest.mark.spec("HOST-26")
def test_whatever_is_not_well_comes_with_a_remedy(place: Any) -> None:
    place.folder.joinpath("butler.toml").write_text(
        '[plugins.karmaa]\nx = 1\n[platforms.matrix]\nuser = "@b:x"\npassword = "env:NOPE"\n'
        '[personas.TheButler]\nmodel = "nobody:model"\n'
    )
    checks = place.json("doctor")
    assert [check for check in checks if check["level"] != "ok" and not check["remedy"]] == []
    found = by_name(checks)
    assert 'did you mean "karma"?' in found["configuration"]["text"]
    assert "butler.toml:5: platforms.matrix.password: the variable NOPE is not set" in found["secrets"]["text"]
    assert found["model"]["level"] == "fail"
    assert place.butler("doctor").returncode == 1


def test_a_configuration_that_cannot_be_read_stops_no_other_check(place: Any) -> None:
    place.folder.joinpath("butler.toml").write_text("[host]\ndatta = 1\nzone = 2\n")
    found = place.json("doctor")
    assert [check["text"] for check in found if check["name"] == "configuration"] == [
        'butler.toml:2: host.datta: unknown key, did you mean "data"?',
        'butler.toml:3: host.zone: unknown key, did you mean "timezone"?',
    ]
    assert by_name(found)["sqlite"]["level"] == "ok"


@pytest.mark.spec("HOST-26", "OPS-11")
def test_fix_closes_what_is_open_to_others_and_removes_what_a_killed_host_left(place: Any) -> None:
    place.butler("run", said="thank you\n")
    place.folder.joinpath(".env").write_text("A=b\n")
    for path in (place.data, place.folder / ".env", place.data / "butler.db"):
        path.chmod(0o755)
    with socket.socket(socket.AF_UNIX) as dead:
        dead.bind(str(place.data / "control.sock"))
    found = by_name(place.json("doctor"))
    for name in ("secrets file", "data permissions", "database permissions", "control socket"):
        assert found[name]["level"] == "warn", name
    assert "fixed" in by_name(place.json("doctor", "--fix"))["control socket"]["text"]
    found = by_name(place.json("doctor"))
    assert {found[name]["level"] for name in ("secrets file", "data permissions", "control socket")} == {"ok"}
    assert stat.S_IMODE((place.folder / ".env").stat().st_mode) == 0o600


@pytest.mark.spec("OPS-9")
def test_a_damaged_database_is_named(place: Any) -> None:
    place.butler("run", said="thank you\n" * 20)
    path = place.data / "butler.db"
    with contextlib.closing(sqlite3.connect(path)) as connection:
        (page,) = connection.execute("select rootpage from sqlite_master where name = 'host_inbox'").fetchone()
        (size,) = connection.execute("pragma page_size").fetchone()
    raw = bytearray(path.read_bytes())
    raw[(page - 1) * size : page * size] = b"\x7f" * size
    path.write_bytes(raw)
    found = by_name(place.json("doctor"))
    assert found["store"]["level"] == "fail"
    assert found["store"]["remedy"]


def test_the_exit_code_tells_failures_from_warnings() -> None:
    assert worst([Check("a", "ok"), Check("b", "warn")]) == 0
    assert worst([Check("a", "ok"), Check("b", "fail")]) == 1
    with pytest.raises(ValueError, match="level"):
        Check("a", "bad")  # type: ignore[arg-type]


# --- inside of a host -------------------------------------------------------------------------------


def looked_at(house: House) -> Mapping[str, Check]:
    """The worst check of each name, of a host that runs."""
    checks = house.run(host_checks(house.host, running=True))
    plain = [{"name": check.name, "level": check.level, "check": check} for check in checks]
    return {name: each["check"] for name, each in by_name(plain).items()}


@pytest.mark.spec("HOST-9", "HOST-26")
def test_a_quarantined_plugin_is_named_with_its_reason_and_the_way_back(house: House) -> None:
    house.host.quarantine.put("karma", "test:den", "5 faults in 10 minutes, the last: KeyError")
    found = looked_at(house)["quarantine"]
    assert (found.level, found.remedy) == ("fail", "butler plugins enable karma --guild test:den")
    assert "KeyError" in found.text


def test_a_plugin_that_cannot_run_is_named(house: House) -> None:
    house.host.lifecycle.problems["broken"] = "broken (butler-broken 1.0): it cannot be imported"
    assert "cannot be imported" in looked_at(house)["plugin broken"].text


def test_a_platform_that_does_not_answer_fails_alone(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    async def broken() -> list[Check]:
        raise OSError("no route")

    monkeypatch.setattr(house.host.lifecycle.platforms["test"], "health", broken)
    found = looked_at(house)
    assert (found["platform test"].level, "no route" in found["platform test"].text) == ("fail", True)
    assert found["store"].level == "ok"


def test_what_waits_for_long_is_told_and_what_waits_by_intent_is_not(house: House) -> None:
    channel = house.channel("hall")
    quiet = house.channel("library")
    later = house.host.journal.out(Action("send", quiet.id, reply=Reply("in an hour")), "host", wait=3600.0)

    async def keep() -> None:
        await house.host.journal.mark(Mark(0, outs=[later]))
        house.host.delivery.offer(later)

    house.run(keep())
    house.advance(minutes=5)
    assert house.query("select count(*) from host_outbox where state = 0") == [(1,)]
    assert looked_at(house)["unsent replies"].level == "ok"
    house.world.down = True
    house.run(house.host.acts.act("host", Action("send", channel.id, reply=Reply("now"))))
    house.advance(minutes=5)
    late = looked_at(house)["unsent replies"]
    assert (late.level, late.text.partition(",")[0]) == ("warn", "1")
    house.world.down = False
    house.advance(minutes=2)
    assert looked_at(house)["unsent replies"].level == "ok"


def test_offline_answers_are_a_warning_not_a_failure(house: House) -> None:
    house.toml = '[personas.TheButler]\nprompt = "x"\n'
    house.restart()
    assert looked_at(house)["model"].level == "warn"


# --- of this machine --------------------------------------------------------------------------------


@pytest.mark.parametrize(("free", "level"), [(10**12, "ok"), (5 * 10**8, "warn"), (10**7, "fail")])
def test_a_full_disk_is_said_before_it_is_full(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, free: int, level: str
) -> None:
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr("shutil.disk_usage", lambda path: usage(10**13, 0, free))
    assert doctor_machine.disk(tmp_path / "not" / "there").level == level


def test_a_requirement_that_is_missing_or_too_old_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    needs = ["attrs>=99", "no-such-package>=1", "click>=8", 'only-windows>=1; sys_platform == "win32"']
    monkeypatch.setattr("importlib.metadata.requires", lambda name: needs)
    found = list(doctor_machine.lacking("butler-host"))
    assert len(found) == 2
    assert found[0].startswith("attrs>=99, ")
    assert found[1] == "no-such-package>=1, which is not installed"


def test_few_open_files_are_a_warning(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("resource.getrlimit", lambda what: (256, 4096))
    assert (doctor_machine.open_files().level, doctor_machine.open_files().remedy) == ("warn", "ulimit -n 4096")


def test_a_store_that_cannot_be_opened_is_a_failure_and_no_traceback(
    place: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def refused(self: Any) -> None:
        raise StoreError("the store is locked", remedy="end whatever holds it")

    monkeypatch.setattr("butler.store.database.Database.start", refused)
    found = by_name(place.json("doctor"))
    assert (found["store"]["level"], found["store"]["remedy"]) == ("fail", "end whatever holds it")


@pytest.mark.spec("HOST-26")
def test_a_database_that_does_not_answer_is_told_and_waited_for_no_longer(
    place: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(desk, "REACHING", 0.3)
    place.folder.joinpath("butler.toml").write_text('[host]\ndatabase = "postgresql://me:hunter22@127.0.0.1:1/x"\n')
    assert by_name(place.json("doctor"))["store"]["text"] == "the database does not answer"
    done = place.butler("personas", "list")
    assert done.returncode == 1
    assert done.stderr.startswith("error: the database does not answer; see whether it runs")


@pytest.mark.spec("HOST-26", "HOST-23")
def test_a_secret_in_the_clear_is_told_and_not_shown(place: Any) -> None:
    place.folder.joinpath("butler.toml").write_text('[providers.anthropic]\nkey = "hunter22"\n')
    checks = place.json("doctor")
    (found,) = [check for check in checks if "in the clear" in check["text"]]
    assert found["text"] == "providers.anthropic.key stands in the file in the clear"
    assert "butler keys set providers.anthropic.key" in found["remedy"]
    assert "hunter22" not in str(checks)

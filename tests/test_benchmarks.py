"""Each benchmark measures something; how much is told in benchmarks/RESULTS.md, and asserted nowhere."""

from __future__ import annotations

import asyncio
import importlib
import math
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parent.parent
ALONE = ("dispatch", "pipeline", "store", "guilds", "start", "faults", "burst", "completion", "models", "memory",
         "matrix", "discord", "automod")  # fmt: skip
PEER = """
import sys
print("ready 1.0", flush=True)
fed = 0
for line in sys.stdin:
    fed += int(line) * int(sys.argv[1])
    print(0.5, fed, flush=True)
"""


@pytest.fixture(autouse=True)
def _importable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(ROOT))
    module = importlib.import_module("benchmarks.discord")

    def absent(name: str) -> Path:
        raise module.Missing(f"{name} is installed by `make bench` only")

    monkeypatch.setattr(module, "environment", absent)


def _measured(name: str) -> list[Any]:
    measure = importlib.import_module("benchmarks.measure")
    rows: list[Any] = asyncio.run(importlib.import_module(f"benchmarks.{name}").measure(measure.TINY))
    return rows


@pytest.mark.spec("OPS-7")
@pytest.mark.parametrize("name", ALONE)
def test_each_measurement_yields_figures_with_their_load(name: str) -> None:
    rows = _measured(name)
    assert rows
    assert all(math.isfinite(row.value) and row.load for row in rows)


@pytest.fixture
def peers(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Any:
    """Two peers: one that counts as it should, one that cannot be installed."""
    module = importlib.import_module("benchmarks.peers")

    def environment(name: str) -> Path:
        if name == "absent":
            raise module.Missing("no matching distribution")
        return Path(sys.executable)

    (tmp_path / "counting.py").write_text(PEER)
    monkeypatch.setattr(module, "HERE", tmp_path)
    monkeypatch.setattr(module, "PEERS", {"counting": "Counting", "absent": "Absent"})
    monkeypatch.setattr(module, "environment", environment)
    return module


@pytest.mark.spec("OPS-7")
def test_peers_run_beside_and_one_that_cannot_be_installed_is_said_in_a_line(peers: Any) -> None:
    rows = _measured("peers")
    measured = [row for row in rows if row.speeds]
    assert [row.what.partition(",")[0] for row in measured] == ["Butler / Counting 1.0"] * 3
    assert all(row.value > 0 for row in measured)
    assert {(row.what, row.load) for row in rows if not row.speeds} == {
        ("Absent: not measured", "no matching distribution")
    }


def test_a_peer_that_skips_handlers_is_not_measured(peers: Any, tmp_path: Path) -> None:
    (tmp_path / "counting.py").write_text(PEER.replace("int(sys.argv[1])", "0"))
    assert {row.load for row in _measured("peers") if "Counting" in row.what} == {
        "it handled 0 of 20", "it handled 0 of 200", "it handled 0 of 1000"
    }  # fmt: skip


def test_results_are_written_as_a_page_and_a_picture(tmp_path: Path) -> None:
    measure = importlib.import_module("benchmarks.measure")
    report = importlib.import_module("benchmarks.report")
    rows = {
        "dispatch": [measure.Row("dispatch, 50 plugins", "a load", 0.5, target=(">=", 0.6))],
        "peers": [measure.Row("Butler / Peer 1.0, 10 handlers", "a load", 2.0, speeds={"Butler": 2e4, "Peer": 1e4})],
    }
    report.write(rows, rounds=5, load=0.0, folder=tmp_path)
    page = (tmp_path / "RESULTS.md").read_text()
    assert "| dispatch, 50 plugins | 0.5 × | ≥ 0.6 | missed |" in page
    assert (tmp_path / "results.png").read_bytes().startswith(b"\x89PNG")

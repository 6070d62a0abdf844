"""``butler doctor``: everything that can be looked at, how it stands, and what to do about it (HOST-26)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import attrs

from butler.check import Check
from butler.config import Config
from butler.errors import ButlerError
from butler.faces.desk import act
from butler.faces.doctor_data import Finding, configuration, files
from butler.faces.doctor_machine import machine


def examine(file: Path | None = None, data: Path | None = None, *, fix: bool = False) -> list[Check]:
    """Every check, in a fixed order; with ``fix`` what can be put right without harm is put right and says so."""
    config, findings = configuration(file, data)
    place = Path(config.host.data) if config else (data or Path("data"))
    checks = list(machine(place))
    checks += [_fixed(each) if fix else each.check for each in (*findings, *files(config, place))]
    return checks + list(_of_host(config))


def _fixed(finding: Finding) -> Check:
    if finding.fix is None:
        return finding.check
    try:
        finding.fix()
    except OSError as error:
        return attrs.evolve(finding.check, text=f"{finding.check.text}; that could not be fixed: {error.strerror}")
    return Check(finding.check.name, "ok", f"{finding.check.text}: fixed")


def _of_host(config: Config | None) -> Iterator[Check]:
    if config is None:
        yield Check(
            "store", "warn", "was not looked at, because the configuration cannot be read", "correct that first"
        )
        return
    try:
        found = act(config, "doctor", {})
    except ButlerError as error:
        yield Check("store", "fail", str(error.args[0]), error.remedy or "see `butler logs`")
        return
    yield from (Check(**each) for each in found)


def worst(checks: list[Check]) -> int:
    """The exit code: 1 if something does not work."""
    return int(any(check.level == "fail" for check in checks))

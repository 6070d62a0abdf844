"""The pytest plugin: the fixtures ``house``, ``make_house`` and ``loopback_only``.

Installed with the host, so it is loaded into every test run: nothing is imported here before a test asks.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Generator, Iterator
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from butler.testing.house import House


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.getgroup("butler").addoption(
        "--butler-network", action="store_true", help="let tests that use `loopback_only` connect beyond this machine"
    )


_failed: pytest.StashKey[bool] = pytest.StashKey()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Remember a failure: its traceback holds on to what the test used, which is no leak."""
    report = yield
    if report.when == "call":
        item.stash[_failed] = report.failed
    return report


@pytest.fixture
def make_house(request: pytest.FixtureRequest) -> Iterator[Callable[..., House]]:
    """Makes houses: ``make_house([Karma], toml="…")``; each is closed, and what it leaves behind fails the test."""
    from butler.testing.house import House  # noqa: PLC0415 - not before it is used
    from butler.testing.leaks import Before  # noqa: PLC0415 - not before it is used
    from butler.testing.logs import collected  # noqa: PLC0415 - not before it is used

    before = Before()
    houses: list[House] = []
    with contextlib.ExitStack() as stack:
        logs = stack.enter_context(collected())

        def make(*args: Any, **options: Any) -> House:
            houses.append(House(*args, **options))
            stack.callback(houses[-1].close)
            houses[-1].logs = logs
            return houses[-1]

        yield make
    if request.node.stash.get(_failed, False):
        return
    left = [each for house in houses for each in house.left] + before.left()
    assert not left, f"left behind: {left}"


@pytest.fixture
def house(make_house: Callable[..., House]) -> House:
    """A host with no plugins; ``house.load(Karma)`` adds one."""
    return make_house()


@pytest.fixture(scope="session")
def loopback_only(request: pytest.FixtureRequest) -> Iterator[None]:
    """No connection leaves this machine. Use it in a ``conftest.py`` through an autouse fixture."""
    if request.config.getoption("--butler-network"):
        yield
        return
    from butler.testing.network import loopback_only as guard  # noqa: PLC0415 - not before it is used

    with guard():
        yield

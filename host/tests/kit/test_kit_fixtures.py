"""The pytest plugin works for whoever has Butler installed, and fails a test that leaves something behind (AUTH-3)."""

from __future__ import annotations

import subprocess
import sys

import pytest
from butler.testing import House

pytest_plugins = ["pytester"]
ALREADY_IMPORTED = House
"""So that the inner runs, which forget what they import, need not import all of it again."""


def outcomes(pytester: pytest.Pytester, source: str) -> dict[str, int]:
    """What comes of a test file in a project of its own."""
    pytester.makepyfile(f"import asyncio, threading\nfrom butler import Plugin, hookimpl\n{source}")
    return pytester.runpytest_inprocess("-p", "no:cacheprovider").parseoutcomes()


def test_the_house_fixture_needs_no_setting_up(pytester: pytest.Pytester) -> None:
    found = outcomes(
        pytester,
        """
def test_dinner(house):
    house.model.say("At eight.")
    assert house.dm("ann", "when is dinner?") == ["At eight."]
        """,
    )
    assert found == {"passed": 1}


def test_a_test_that_leaves_a_thread_behind_fails(pytester: pytest.Pytester) -> None:
    found = outcomes(
        pytester,
        """
over = threading.Event()

def test_leak(make_house):
    make_house()
    threading.Thread(target=over.wait, name="forgotten", daemon=True).start()

def test_nothing():
    over.set()
        """,
    )
    assert found == {"passed": 2, "errors": 1}


def test_a_plugin_that_leaves_a_task_behind_fails_its_test(pytester: pytest.Pytester) -> None:
    found = outcomes(
        pytester,
        """
kept = []

class Leaky(Plugin):
    @hookimpl
    async def on_message(self, message):
        kept.append(asyncio.get_running_loop().create_task(asyncio.Event().wait(), name="forgotten"))

def test_leak(make_house):
    make_house([Leaky]).say("ann", "hello")
        """,
    )
    assert found == {"passed": 1, "errors": 1}


def test_a_test_that_fails_is_not_blamed_for_what_its_traceback_holds(pytester: pytest.Pytester) -> None:
    found = outcomes(
        pytester,
        """
over = threading.Event()

def test_wrong(make_house):
    make_house()
    threading.Thread(target=over.wait, name="held", daemon=True).start()
    assert not "right"

def test_nothing():
    over.set()
        """,
    )
    assert found == {"failed": 1, "passed": 1}


def test_every_public_name_of_the_kit_is_there() -> None:
    program = "import butler.testing as kit; print(sorted(n for n in kit.__all__ if getattr(kit, n) is None))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_the_pytest_plugin_imports_no_part_of_the_kit_before_a_test_asks() -> None:
    program = "import sys, butler.testing.fixtures; print([m for m in sys.modules if m.startswith('butler.testing.')])"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "['butler.testing.fixtures']"


def test_an_unknown_name_of_the_kit_is_an_attribute_error() -> None:
    import butler.testing

    with pytest.raises(AttributeError, match="Mouse"):
        _ = butler.testing.Mouse

"""Plugins are found from metadata alone; what is broken is named with package, file, line and remedy (HOST-2)."""

from __future__ import annotations

import importlib
import sys
import textwrap
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import structlog
from butler.engine.importing import purge
from butler.engine.loader import Loader, discover
from butler.errors import PluginError

pytestmark = pytest.mark.spec("HOST-2")

Install = Callable[..., Path]

GOOD = """
    from butler import Plugin, hookimpl
    class Good(Plugin):
        @hookimpl
        async def on_message(self, message): ...
"""


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Install]:
    """Installs a package into a folder of its own, as pip leaves it; returns the file of its module."""
    monkeypatch.syspath_prepend(str(tmp_path))
    modules = set(sys.modules)

    def install(name: str, code: str = GOOD, *, value: str = "", version: str = "1.2", points: str = "") -> Path:
        package = f"butler_{name}"
        folder = tmp_path / package
        folder.mkdir(exist_ok=True)
        (folder / "__init__.py").write_text(textwrap.dedent(code))
        info = tmp_path / f"{package}-{version}.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: butler-{name}\nVersion: {version}\n")
        value = value or f"{package}:{name.capitalize()}"
        (info / "entry_points.txt").write_text(f"[butler]\n{points or f'{name} = {value}'}\n")
        importlib.invalidate_caches()
        return folder / "__init__.py"

    yield install
    for name in set(sys.modules) - modules:
        del sys.modules[name]


def said(name: str) -> str:
    """What is said of a plugin that cannot be loaded."""
    with pytest.raises(PluginError) as caught:
        Loader().load(name)
    assert caught.value.remedy
    return str(caught.value)


def test_a_plugin_is_found_without_being_imported(install: Install) -> None:
    install("good", "raise SystemExit('imported')")
    found = discover()["good"]
    assert (found.distribution, found.version, found.value) == ("butler-good", "1.2", "butler_good:Good")
    assert "butler_good" not in sys.modules


def test_it_is_imported_when_it_is_loaded_and_knows_its_name(install: Install) -> None:
    install("good")
    loader = Loader()
    assert "butler_good" not in sys.modules
    plugin = loader.load("good")
    assert plugin.name == "good"
    assert [found for found, _ in loader.implementations("on_message")] == [plugin]
    assert loader.version("good") == "1.2"


BROKEN: dict[str, tuple[str, str, list[str]]] = {
    "a module that is missing": ("butler_broken.nowhere:Broken", "", ["butler_broken.nowhere", "reinstall or upgrade"]),
    "a class that is missing": (
        "butler_broken:Borken",
        "from butler import Plugin\nclass Broken(Plugin): ...",
        ["has no Borken", "__init__.py", "did you mean 'Broken'?"],
    ),
    "no class at all": ("butler_broken:Broken", "x = 1", ["has no Broken", "no subclass of butler.Plugin"]),
    "no value": ("butler broken", "", ["names no class", "package.module:Class"]),
    "an import that raises": ("", "\n\n1 / 0", ["ZeroDivisionError", "__init__.py:3"]),
    "an import that exits": ("", "import sys\nsys.exit(4)", ["SystemExit: 4", "__init__.py:2"]),
    "an import that is interrupted": ("", "raise KeyboardInterrupt", ["KeyboardInterrupt", "__init__.py:1"]),
    "an import that raises what is no exception": (
        "",
        "class Odd(BaseException): ...\nraise Odd('odd')",
        ["Odd: odd", "__init__.py:2"],
    ),
    "a syntax error": ("", "x = 1\nasync def (", ["SyntaxError", "__init__.py:2"]),
    "a library that is missing": (
        "",
        "\nimport no_such_library_at_all.part",
        ["no_such_library_at_all", "pip install no_such_library_at_all", "__init__.py:2"],
    ),
    "an error deep in a library": (
        "",
        "import json\njson.loads('{')",
        ["JSONDecodeError", "__init__.py:2"],
    ),
    "something that is no plugin": ("", "class Broken: ...", ["no plugin class", "__init__.py", "subclass"]),
    "a function": ("", "def Broken(): ...", ["no plugin class", "__init__.py:1", "subclass"]),
    "a class that cannot be made": (
        "",
        "from butler import Plugin\nclass Broken(Plugin):\n    def __init__(self): raise SystemExit('no')",
        ["SystemExit: no", "__init__.py:3"],
    ),
    "a marker that does not exist": (
        "",
        "from butler import Plugin, hookimpl\nclass Broken(Plugin):\n    @hookimpl(firstresult=True)\n"
        "    async def on_message(self): ...",
        ["firstresult", "__init__.py:3"],
    ),
}


@pytest.mark.parametrize("what", BROKEN)
def test_a_broken_package_is_named_with_file_line_and_remedy(what: str, install: Install) -> None:
    value, code, parts = BROKEN[what]
    install("broken", code, value=value)
    text = said("broken")
    for part in ("broken", "butler-broken 1.2", *parts):
        assert part in text


def test_a_broken_package_leaves_the_others_alone(install: Install) -> None:
    install("broken", "raise SystemExit")
    install("good")
    loader = Loader()
    with pytest.raises(PluginError):
        loader.load("broken")
    assert loader.load("good").name == "good"
    assert [plugin.name for plugin, _ in loader.implementations("on_message")] == ["good"]


def test_a_package_that_was_repaired_can_be_loaded_without_a_restart(install: Install) -> None:
    file = install("good", "from butler_good import part\nraise ValueError")
    (file.parent / "part.py").write_text("half = True")
    loader = Loader()
    with pytest.raises(PluginError):
        loader.load("good")
    assert [name for name in sys.modules if name.startswith("butler_good")] == []
    file.write_text(textwrap.dedent(GOOD) + "\nimport butler_good.part as part\nassert part.half\n")
    importlib.invalidate_caches()
    assert loader.load("good").name == "good"


def test_of_two_packages_that_claim_one_name_the_second_is_reported(install: Install) -> None:
    install("good")
    install("rival", points="good = butler_rival:Rival")
    found = discover()["good"]
    assert found.distribution == "butler-good"
    assert "butler-rival 1.2 claims this name too" in found.problem
    assert Loader().load("good").name == "good"


def test_a_package_whose_entry_points_are_no_text_is_reported_and_hides_nobody(install: Install) -> None:
    install("good")
    bad = install("bad").parent.parent / "butler_bad-1.2.dist-info" / "entry_points.txt"
    bad.write_bytes(b"[butler]\nbad = \xff\xfe\n")
    with structlog.testing.capture_logs() as logs:
        found = discover()
    assert "good" in found
    assert "bad" not in found
    assert [entry["package"] for entry in logs] == ["butler-bad"]


def test_a_name_that_is_not_installed_is_told_with_what_there_is(install: Install) -> None:
    install("good")
    assert "good" in said("god")


def test_after_a_purge_the_new_version_is_read_submodules_included(install: Install) -> None:
    file = install("good", "from butler_good.part import Good")
    part = file.parent / "part.py"
    part.write_text(textwrap.dedent(GOOD) + "\n    number = 1\n")
    loader = Loader()
    assert loader.load("good").number == 1  # type: ignore[attr-defined]
    loader.unload("good")
    part.write_text(textwrap.dedent(GOOD) + "\n    number = 22\n")
    purge("butler_good")
    importlib.invalidate_caches()
    assert loader.load("good").number == 22  # type: ignore[attr-defined]


def test_a_purge_takes_no_package_that_is_only_called_alike() -> None:
    kept = sys.modules["butler.engine.loader"]
    purge("butler.engine.load")
    purge("butle")
    assert sys.modules["butler.engine.loader"] is kept


def test_what_is_recorded_is_the_version_whose_code_runs(install: Install, tmp_path: Path) -> None:
    install("good")
    loader = Loader()
    loader.load("good")
    (tmp_path / "butler_good-1.2.dist-info").rename(tmp_path / "butler_good-2.0.dist-info")
    metadata = tmp_path / "butler_good-2.0.dist-info" / "METADATA"
    metadata.write_text(metadata.read_text().replace("1.2", "2.0"))
    loader.refresh()
    assert loader.found["good"].version == "2.0"
    assert loader.version("good") == "1.2"


def test_a_plugin_comes_and_goes_without_a_trace(install: Install) -> None:
    install("good")
    loader = Loader()
    for _ in range(3):
        loader.load("good")
        with pytest.raises(PluginError, match="loaded already"):
            loader.load("good")
        loader.unload("good")
        assert list(loader.implementations("on_message")) == []
    loader.unload("good")


def test_two_hosts_have_an_instance_each(install: Install) -> None:
    install("good")
    one, two = Loader().load("good"), Loader().load("good")
    assert one is not two
    assert type(one) is type(two)


def test_classes_may_be_given_without_a_package_and_survive_a_refresh(install: Install) -> None:
    install("good")
    loader = Loader()
    cls: Any = type(loader.load("good"))
    loader.add("given", cls, distribution="butler-given", version="7")
    loader.refresh()
    assert loader.found["given"].label == "given (butler-given 7)"
    assert loader.load("given").name == "given"

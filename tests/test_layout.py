"""Imports point one way, modules stay small: read from the syntax trees."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
HOST = ROOT / "host" / "butler"
FLOORS = {
    "model": 0, "clock": 0, "check": 0, "errors": 0, "hookspecs": 1, "declare": 1, "scope": 1, "platform": 2,
    "catalog": 1, "setting": 1, "provider": 2, "plugin": 2, "call": 2, "desk": 2, "config": 3, "logs": 3, "engine": 4,
    "services": 4, "store": 4, "offline": 4, "host": 5, "parts": 5,
    "faces": 6, "__main__": 6, "testing": 7,
}  # fmt: skip
"""The floors of the house; a module imports from its own floor or below."""
LIBRARIES = {"hikari", "lightbulb", "nio", "anthropic", "openai", "ollama"}


def _modules() -> list[Path]:
    return sorted(HOST.rglob("*.py"))


def _imports(path: Path) -> set[str]:
    """What a module imports at run time, whole names; imports for type checking alone do not count."""
    found: set[str] = set()

    def walk(nodes: list[ast.stmt]) -> None:
        for node in nodes:
            if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
                continue
            for inner in ast.walk(node):
                if isinstance(inner, ast.Import):
                    found.update(alias.name for alias in inner.names)
                elif isinstance(inner, ast.ImportFrom) and inner.module and not inner.level:
                    found.add(inner.module)

    walk(ast.parse(path.read_text(encoding="utf-8")).body)
    return found


@pytest.mark.spec("HOST-4")
@pytest.mark.parametrize("path", _modules(), ids=lambda path: str(path.relative_to(HOST)))
def test_a_module_of_the_host_imports_from_its_floor_or_below(path: Path) -> None:
    """model ← hookspecs, plugin ← engine, services, store ← host ← faces."""
    own = path.relative_to(HOST).parts[0].removesuffix(".py")
    if own == "__init__":
        return
    names = [name.split(".") for name in _imports(path) if name.startswith("butler.")]
    above = [".".join(name) for name in names if FLOORS[name[1]] > FLOORS[own]]
    assert above == []


@pytest.mark.spec("HOST-4")
@pytest.mark.parametrize("path", _modules(), ids=lambda path: str(path.relative_to(HOST)))
def test_the_host_names_no_feature_and_no_platform_library(path: Path) -> None:
    tops = {name.partition(".")[0] for name in _imports(path)}
    assert not tops & LIBRARIES
    assert not {top for top in tops if top.startswith("butler_")}


PLUGINS = sorted((ROOT / "plugins").glob("*/butler_*/**/*.py"))


@pytest.mark.spec("HOST-4")
@pytest.mark.parametrize("path", PLUGINS, ids=lambda path: str(path.relative_to(ROOT / "plugins")))
def test_a_plugin_imports_the_public_names_and_itself_only(path: Path) -> None:
    own = next(part for part in path.parts if part.startswith("butler_"))
    mine = [name for name in _imports(path) if name.startswith("butler")]
    allowed = ("butler.testing", own)
    strangers = [name for name in mine if name != "butler" and not name.startswith(allowed)]
    assert strangers == []


@pytest.mark.parametrize("path", [*_modules(), *PLUGINS], ids=lambda path: str(path.relative_to(ROOT)))
def test_a_module_has_at_most_250_lines(path: Path) -> None:
    assert path.read_text(encoding="utf-8").count("\n") <= 250


def test_every_public_name_is_there_once() -> None:
    """Their order is the linter's (RUF022)."""
    import butler

    assert len(set(butler.__all__)) == len(butler.__all__)
    assert [name for name in butler.__all__ if not hasattr(butler, name)] == []


@pytest.mark.parametrize("manifest", sorted(ROOT.glob("plugins/*/pyproject.toml")), ids=lambda path: path.parent.name)
def test_a_plugins_folder_is_its_entry_point_and_its_distribution(manifest: Path) -> None:
    """DESIGN, Names: one name everywhere."""
    import tomllib

    project = tomllib.loads(manifest.read_text(encoding="utf-8"))["project"]
    folder = manifest.parent.name
    assert project["name"] == f"butler-{folder.replace('_', '-')}"
    assert list(project["entry-points"]["butler"]) == [folder]

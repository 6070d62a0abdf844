"""What the documentation shows is run: every block of Python, every command of Butler's, every configuration.

A block of Python whose first line names a file (``# butler_dice.py``) is written there and imported, one named
``test_….py`` is run by pytest; the others of a page share their names. In ``console`` blocks what stands below
``$ butler …`` is compared with what is printed, ``...`` standing for anything; ``bash`` blocks are run for their
exit code. Lines of other programs are left alone. ``toml`` blocks that begin with ``# butler.toml`` have to be right.
"""

from __future__ import annotations
import __future__

import os
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Any

import pytest
from attrs import define, field, frozen
from butler.config import load

ROOT = Path(__file__).parent.parent
PAGES = sorted([ROOT / "README.md", ROOT / "host" / "README.md", *(ROOT / "docs").glob("*.md")])
FENCE = re.compile(r"^```(python|bash|console|toml)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
FILE = re.compile(r"# (\w+\.py)\n")
COMMAND = re.compile(r"^\$ (.*\bbutler .*)\n((?:(?!\$ ).*\n)*)", re.MULTILINE)
SIGNATURE = re.compile(r"async def [^=]*?: \.\.\.\n")
LINK = re.compile(r"\]\(([^)#:]+)(?:#[\w-]+)?\)")
PATIENCE = 60.0


@frozen
class Block:
    page: Path
    line: int
    kind: str
    text: str

    def __str__(self) -> str:
        return f"{self.page.relative_to(ROOT)}:{self.line}"

    @property
    def file(self) -> str:
        named = FILE.match(self.text) if self.kind == "python" else None
        return named[1] if named else ""

    def runs(self) -> bool:
        """Whether anything of it is run."""
        if self.kind == "bash":
            return self.text.startswith("butler ")
        if self.kind == "console":
            return COMMAND.search(self.text) is not None
        return self.kind == "python" or self.text.startswith("# butler.toml\n")


def blocks_of(page: Path) -> list[Block]:
    text = page.read_text(encoding="utf-8")
    found = [Block(page, text.count("\n", 0, each.start()) + 1, each[1], each[2]) for each in FENCE.finditer(text)]
    return [block for block in found if block.runs()]


BLOCKS = {page: blocks_of(page) for page in PAGES}


@define
class Reader:
    """Somebody who follows a page from its top, in a folder of their own."""

    page: Path
    folder: Path
    names: dict[str, Any] = field(init=False)
    done: int = 0

    def __attrs_post_init__(self) -> None:
        self.names = {"__name__": f"page_{self.page.stem}"}

    def follow(self, block: Block) -> None:
        """Do what a block shows, after what stands before it on the page."""
        while self.done <= BLOCKS[self.page].index(block):
            now = BLOCKS[self.page][self.done]
            self.done += 1
            getattr(self, f"_{now.kind}")(now)

    def _python(self, block: Block) -> None:
        code = "\n" * block.line + block.text
        if block.file:
            (self.folder / block.file).write_text(block.text, encoding="utf-8")
        if block.file.startswith("test_"):
            self._shell(f"{sys.executable} -m pytest -q -p no:cacheprovider {block.file}")
            return
        # a signature alone names types that it does not import
        flags = __future__.annotations.compiler_flag if SIGNATURE.fullmatch(block.text) else 0
        compiled = compile(code, str(block), "exec", flags, dont_inherit=True)
        if not block.file:
            exec(compiled, self.names)
            return
        spec = spec_from_file_location(block.file.removesuffix(".py"), self.folder / block.file)
        assert spec is not None
        module = module_from_spec(spec)
        vars(module).update({name: value for name, value in self.names.items() if not name.startswith("__")})
        sys.modules[module.__name__] = module  # for what imports it further down
        exec(compiled, vars(module))
        self.names |= {name: value for name, value in vars(module).items() if not name.startswith("__")}

    def close(self) -> None:
        """Forget what the page made."""
        for block in BLOCKS[self.page]:
            sys.modules.pop(block.file.removesuffix(".py"), None)

    def _toml(self, block: Block) -> None:
        (self.folder / "butler.toml").write_text(block.text, encoding="utf-8")
        config = load(self.folder / "butler.toml", {"BUTLER_MATRIX_PASSWORD": "secret"})
        assert not config.problems

    def _bash(self, block: Block) -> None:
        for line in block.text.splitlines():
            if line.startswith("butler "):
                self._shell(line)

    def _console(self, block: Block) -> None:
        for line, expected in COMMAND.findall(block.text):
            printed = self._shell(line)
            pattern = re.escape(expected.strip()).replace(r"\.\.\.", ".*")
            assert re.fullmatch(pattern, printed.strip(), re.DOTALL), f"{block}: {line}\n{printed}"

    def _shell(self, line: str) -> str:
        ran = subprocess.run(
            ["bash", "-o", "pipefail", "-c", line],
            cwd=self.folder,
            env=environment(),
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=False,
        )
        assert ran.returncode == 0, f"{self.page.name}: {line}\n{ran.stdout}{ran.stderr}"
        return ran.stdout


def environment() -> Mapping[str, str]:
    """As at home: ``butler`` is found, and nothing of this test run is."""
    own = {name: value for name, value in os.environ.items() if not name.startswith(("BUTLER_", "PYTEST_"))}
    return {**own, "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}", "COLUMNS": "100"}


@pytest.fixture(scope="module")
def readers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[Path, Reader]]:
    found = {page: Reader(page, tmp_path_factory.mktemp(page.stem)) for page in PAGES}
    yield found
    for reader in found.values():
        reader.close()


@pytest.mark.spec("AUTH-7")
@pytest.mark.parametrize("block", [block for blocks in BLOCKS.values() for block in blocks], ids=str)
def test_what_the_page_shows_works(block: Block, readers: dict[Path, Reader]) -> None:
    reader = readers[block.page]
    reader.follow(block)


@pytest.mark.spec("AUTH-7")
def test_the_pages_link_to_what_is_there() -> None:
    links = {page: LINK.findall(page.read_text(encoding="utf-8")) for page in PAGES}
    assert [to for page, targets in links.items() for to in targets if not (page.parent / to).exists()] == []


@pytest.mark.spec("AUTH-7")
def test_the_pages_build_without_a_warning(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "sphinx", "-W", "-q", "-b", "html", str(ROOT / "docs"), str(tmp_path)]
    built = subprocess.run(command, capture_output=True, text=True, check=False)
    assert built.returncode == 0, built.stderr
    assert (tmp_path / "start.html").is_file()

"""`butler ollama`: get models and see which are there (LLM-3)."""

from __future__ import annotations

from typing import Any

import pytest
from butler import ModelMisconfigured
from butler.testing.providers.ollama import Ollama as Server
from butler_llm_ollama.cli import Shown, amount, command
from butler_llm_ollama.known import Progress
from click.testing import CliRunner, Result

pytestmark = pytest.mark.spec("LLM-3")


class Desk:
    """What the host gives to a command."""

    def __init__(self, base_url: str) -> None:
        self._base_url = base_url

    def section(self, table: str, kind: type) -> Any:
        assert table == "providers.ollama"
        return kind(base_url=self._base_url)


def run(*words: str) -> tuple[Result, Server]:
    with Server(key="") as server:
        return CliRunner().invoke(command, list(words), obj=Desk(server.url)), server


def test_pull_shows_each_part_and_says_how_to_use_the_model() -> None:
    done, server = run("pull", "tiny")
    assert done.exit_code == 0, done
    assert done.output.splitlines()[0] == "pulling manifest"
    assert "1.0 KB" in done.output
    assert done.output.splitlines()[-1] == 'tiny is there. Use it: model = "ollama:tiny" under [personas.NAME]'
    assert "tiny" in server.served


def test_at_a_terminal_it_counts(capsys: pytest.CaptureFixture[str]) -> None:
    shown = Shown(counts=True)
    for completed in (250, 1000):
        shown.show(Progress("pulling abc", completed, 1000))
    shown.end()
    assert capsys.readouterr().out.endswith("\rpulling abc   25 % of 1.0 KB\rpulling abc  100 % of 1.0 KB\n")


def test_what_nobody_has_is_an_error_with_a_remedy() -> None:
    done, _ = run("pull", "nobody")
    assert isinstance(done.exception, ModelMisconfigured)
    assert done.output == "pulling manifest\n"


def test_list_and_loaded_say_what_is_there() -> None:
    done, _ = run("list")
    assert done.output.splitlines()[0] == "small"
    done, _ = run("loaded")
    assert done.output.strip() == "nothing is in memory"


@pytest.mark.parametrize(("size", "said"), [(0, "0 bytes"), (999, "999 bytes"), (2_100_000_000, "2.1 GB")])
def test_sizes_are_as_people_read_them(size: int, said: str) -> None:
    assert amount(size) == said

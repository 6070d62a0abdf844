"""`butler finetune create|status|list` (LLM-1)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from butler import ModelError
from butler.testing.providers.openai import OpenAI as Server
from butler_llm_openai.cli import command
from click.testing import CliRunner, Result

pytestmark = pytest.mark.spec("LLM-1")
EXAMPLE = {"messages": [{"role": "user", "content": "hi"}, {"role": "assistant", "content": "Good evening."}]}


class Desk:
    """What the host gives to a command."""

    def __init__(self, server: Server) -> None:
        self._settings = {"base_url": f"{server.url}/v1", "key": server.key}

    def section(self, table: str, kind: type) -> Any:
        assert table == "providers.openai"
        return kind(**self._settings)


def run(server: Server, *arguments: str, say: str = "") -> Result:
    return CliRunner().invoke(command, [*arguments], obj=Desk(server), input=say)


def conversations(folder: Path, *lines: Any) -> str:
    path = folder / "conversations.jsonl"
    told = lines or [EXAMPLE] * 12
    path.write_text("".join(f"{each if isinstance(each, str) else json.dumps(each)}\n" for each in told))
    return str(path)


def test_conversations_become_a_model_that_can_be_named(tmp_path: Path) -> None:
    with Server() as server:
        made = run(server, "create", conversations(tmp_path), "--model", "small", "--suffix", "butler", "--yes")
        assert made.exit_code == 0, made.output
        job = made.output.split()[0]
        states = [run(server, "status", job).output.split()[1] for _ in range(3)]
        assert states == ["queued", "running", "succeeded"]
        told = run(server, "status", job).output
        assert 'model = "openai:ft:small:stand-in:butler:' in told
        assert f"{job}  succeeded  small → ft:small:" in run(server, "list").output
        assert next(iter(server.tuning.files.values())) == Path(conversations(tmp_path)).read_bytes()


def test_nothing_is_sent_before_somebody_said_yes(tmp_path: Path) -> None:
    with Server() as server:
        asked = run(server, "create", conversations(tmp_path), "--model", "small", say="n\n")
        assert "Send 12 conversations" in asked.output
        assert server.url in asked.output
        assert server.account.requests == 0


@pytest.mark.parametrize(
    ("lines", "problem"),
    [
        ([EXAMPLE, "{"], "line 2: no JSON"),
        ([{"prompt": "x"}], "line 1: no messages"),
        ([{"messages": [{"role": "bot", "content": "x"}]}], "line 1: a message's role is none of"),
        ([{"messages": [{"role": "user", "content": "x"}]}], "line 1: the last message is not the assistant's"),
        ([EXAMPLE] * 3, "has 3 conversations"),
    ],
)
def test_a_file_of_another_form_is_refused_before_it_is_sent(tmp_path: Path, lines: Any, problem: str) -> None:
    with Server() as server:
        done = run(server, "create", conversations(tmp_path, *lines), "--model", "small", "--yes")
        assert isinstance(done.exception, ModelError)
        assert problem in str(done.exception)
        assert server.account.requests == 0


def test_a_training_that_failed_says_why(tmp_path: Path) -> None:
    with Server() as server:
        job = run(server, "create", conversations(tmp_path), "--model", "small", "--yes").output.split()[0]
        server.tuning.files = dict.fromkeys(server.tuning.files, b"nothing\n")
        assert "failed: Training file has 1 example(s)" in run(server, "status", job).output


def test_what_is_not_there_is_said(tmp_path: Path) -> None:
    with Server() as server:
        unknown = run(server, "status", "ftjob-9")
        assert "Could not find fine tune: ftjob-9" in str(unknown.exception)
        model = run(server, "create", conversations(tmp_path), "--model", "none", "--yes")
        assert "knows no model 'none'" in str(model.exception)
        assert run(server, "list").output == "nothing was trained yet\n"

"""The control socket: for this user alone, nothing but listed verbs, no input that breaks it."""

from __future__ import annotations

import asyncio
import json
import socket
import stat
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from butler.errors import ButlerError, CommandError, NotReady
from butler.faces import control
from butler.faces.addresses import reachable
from butler.faces.control import LONGEST, MOST, Control, Tell
from butler.faces.control_client import ask

Args = Mapping[str, Any]


async def _echo(args: Args, tell: Tell) -> Any:
    return dict(args)


async def _steps(args: Args, tell: Tell) -> Any:
    for step in range(3):
        await tell(step, 3, f"step {step}")
    return "done"


async def _refuses(args: Args, tell: Tell) -> Any:
    raise CommandError("it is not installed", remedy="install it")


async def _breaks(args: Args, tell: Tell) -> Any:
    raise KeyError("a plugin's fault")


VERBS = {"echo": _echo, "steps": _steps, "refuses": _refuses, "breaks": _breaks}


def listening(data: Path, work: Callable[[Control], Awaitable[Any]]) -> Any:
    """What ``work`` gives while a control socket listens."""

    async def main() -> Any:
        found = Control(data, VERBS)
        await found.start()
        try:
            return await work(found)
        finally:
            await found.stop()

    return asyncio.run(main())


def asked(data: Path, verb: str, **args: Any) -> Any:
    """What the client gets."""
    return listening(data, lambda found: asyncio.to_thread(ask, found.path, verb, args))


def raw(data: Path, sent: bytes) -> list[Any]:
    """Every line that comes back for some bytes, until the host closes."""

    def talk(path: Path) -> list[Any]:
        with socket.socket(socket.AF_UNIX) as connection, reachable(path) as address:
            connection.connect(address)
            connection.sendall(sent)
            connection.shutdown(socket.SHUT_WR)
            with connection.makefile("rb") as lines:
                return [json.loads(line) for line in lines]

    return listening(data, lambda found: asyncio.to_thread(talk, found.path))


@pytest.mark.spec("HOST-27")
def test_a_listed_verb_gets_its_arguments_and_its_result_comes_back(tmp_path: Path) -> None:
    assert asked(tmp_path, "echo", name="grüße", deep={"a": [1, None]}) == {"name": "grüße", "deep": {"a": [1, None]}}


@pytest.mark.spec("HOST-27")
def test_progress_comes_line_by_line_before_the_result(tmp_path: Path) -> None:
    seen: list[tuple[int, int, str]] = []

    def show(done: int, total: int, text: str) -> None:
        seen.append((done, total, text))

    result = listening(tmp_path, lambda found: asyncio.to_thread(ask, found.path, "steps", {}, show))
    assert (result, seen) == ("done", [(0, 3, "step 0"), (1, 3, "step 1"), (2, 3, "step 2")])


@pytest.mark.spec("OPS-11")
@pytest.mark.parametrize("verb", ["", "Echo", "echo ", "__class__", "stop", "eval", "all", "../echo"])
def test_what_is_not_listed_is_refused(tmp_path: Path, verb: str) -> None:
    with pytest.raises(ButlerError, match="no verb"):
        asked(tmp_path, verb)


def test_a_refusal_reaches_the_caller_with_its_remedy(tmp_path: Path) -> None:
    with pytest.raises(ButlerError, match="it is not installed; install it"):
        asked(tmp_path, "refuses")


@pytest.mark.spec("OPS-11")
def test_a_verb_that_breaks_is_told_without_its_inside(tmp_path: Path) -> None:
    with pytest.raises(ButlerError, match="KeyError") as caught:
        asked(tmp_path, "breaks")
    assert "a plugin's fault" not in str(caught.value)


@pytest.mark.spec("OPS-11")
@pytest.mark.parametrize(
    "line",
    [b"", b"{}", b"[]", b"null", b"42", b'"echo"', b"{", b"\xff\xfe", b'{"verb": 1}', b'{"verb": ["echo"]}',
     b'{"verb": "echo", "args": []}', b'{"verb": "echo", "args": "x"}', b"[" * 100_000, b'{"verb":"\xed\xa0\x80"}'],
)  # fmt: skip
def test_what_is_no_request_is_answered_and_the_next_one_works(tmp_path: Path, line: bytes) -> None:
    answers = raw(tmp_path, line + b'\n{"verb": "echo", "args": {"n": 1}}\n')
    assert "error" in answers[0]
    assert answers[1:] == [{"ok": {"n": 1}}]


@pytest.mark.spec("OPS-11")
def test_a_request_without_end_is_refused_before_it_fills_the_memory(tmp_path: Path) -> None:
    answers = raw(tmp_path, b"x" * (LONGEST + 10) + b"\n")
    assert answers == [{"error": f"a request has at most {LONGEST:,} bytes"}]


@pytest.mark.spec("OPS-11")
def test_only_the_owner_may_open_the_socket(tmp_path: Path) -> None:
    async def mode(found: Control) -> int:
        return stat.S_IMODE(found.path.stat().st_mode)

    assert listening(tmp_path, mode) == 0o600


@pytest.mark.spec("OPS-11")
def test_another_users_process_is_not_heard(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(control, "_is_own", lambda connection: False)
    with pytest.raises(ButlerError, match="broke off"):
        asked(tmp_path, "echo")


@pytest.mark.spec("OPS-11")
def test_who_is_at_the_other_end_is_asked_of_the_system() -> None:
    one, other = socket.socketpair()
    with one, other:
        assert control._is_own(one)


@pytest.mark.spec("OPS-11")
def test_many_connections_that_say_nothing_do_not_add_up(tmp_path: Path) -> None:
    async def crowd(found: Control) -> int:
        streams = [await asyncio.open_unix_connection(str(found.path)) for _ in range(MOST + 5)]
        await asyncio.gather(*(reader.read(1) for reader, _ in streams[MOST:]))  # those are closed at once
        held = found._open
        for _, writer in streams:
            writer.close()
            await writer.wait_closed()
        return held

    assert listening(tmp_path, crowd) == MOST


def test_a_data_directory_with_a_very_long_name_has_a_socket_all_the_same(tmp_path: Path) -> None:
    data = tmp_path.joinpath(*["a-rather-long-directory-name"] * 6)
    data.mkdir(parents=True)
    assert asked(data, "echo", n=1) == {"n": 1}


def test_a_socket_that_a_killed_host_left_behind_is_replaced(tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as dead:
        dead.bind(str(tmp_path / "control.sock"))
    assert asked(tmp_path, "echo", n=1) == {"n": 1}


def test_the_socket_goes_with_the_host_and_nobody_answers_then(tmp_path: Path) -> None:
    asked(tmp_path, "echo")
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(NotReady):
        ask(tmp_path / "control.sock", "echo", {})


def test_stopping_ends_a_connection_that_waits(tmp_path: Path) -> None:
    async def main() -> bytes:
        found = Control(tmp_path, VERBS)
        await found.start()
        reader, writer = await asyncio.open_unix_connection(str(found.path))
        writer.write(b'{"verb": "echo"}\n')
        await reader.readline()
        await found.stop()
        rest = await reader.read()
        writer.close()
        return rest

    assert asyncio.run(main()) == b""

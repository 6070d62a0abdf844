"""A new platform needs no change of the host (PLAT-8)."""

from __future__ import annotations

import asyncio
import importlib.util
from pathlib import Path
from typing import Any

import pytest
from butler.config import load
from butler.engine.loader import Loader
from butler.host import Host

EXAMPLE = Path(__file__).parent / "examples" / "lines_platform.py"


def _example() -> Any:
    spec = importlib.util.spec_from_file_location("lines_platform", EXAMPLE)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


async def _ask(port: int, *lines: str) -> list[str]:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(b"ann\n")
    answers = []
    for line in lines:
        writer.write(line.encode() + b"\n")
        answers.append((await asyncio.wait_for(reader.readline(), 20)).decode().strip())
    writer.close()
    await writer.wait_closed()
    return answers


@pytest.mark.spec("PLAT-8")
def test_a_platform_of_a_third_party_talks_and_takes_commands(tmp_path: Path) -> None:
    file = tmp_path / "butler.toml"
    file.write_text(f'[host]\ndata = "{tmp_path}/data"\n[platforms.lines]\nport = 0\n', encoding="utf-8")
    loader = Loader({})
    loader.add("lines_platform", _example().LinesPlugin)

    async def main() -> list[str]:
        host = Host(load(file, {}), loader=loader)
        await host.start()
        try:
            if connecting := [task for task in asyncio.all_tasks() if "connect lines" in task.get_name()]:
                await asyncio.wait(connecting)
            platform: Any = host.lifecycle.platforms["lines"]
            return await _ask(platform.port, "who are you", "/whoami")
        finally:
            await host.stop()

    spoken, command = asyncio.run(main())
    assert spoken.startswith("I am TheButler")
    assert "lines:ann" in command

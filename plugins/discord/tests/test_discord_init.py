"""``butler init`` leads from a token to a bot in a server (HOST-26, PLAT-4)."""

from __future__ import annotations

import asyncio
import os
import sys
import tomllib
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import pexpect
import pytest
from butler import NotReady, PlatformError
from butler_discord.invite import PERMISSIONS, invite_link
from butler_discord.permissions import BITS
from butler_discord.platform import Discord as Platform
from butler_discord.settings import Settings
from butler_discord.testing import App, Discord

pytestmark = pytest.mark.spec("HOST-26", "PLAT-4")


def with_discord(test: Callable[[Discord, App], Coroutine[Any, Any, None]], **portal: bool) -> None:
    async def main() -> None:
        async with Discord() as discord:
            await test(discord, discord.bot("Butler", **portal))

    asyncio.run(main())


def test_a_token_is_looked_up_and_the_link_into_a_server_is_given() -> None:
    async def test(discord: Discord, app: App) -> None:
        lines = await Platform.greet(Settings(app.token, discord.rest_url))
        assert lines[0] == f"Discord: the bot is Butler ({app.id})"
        assert invite_link(app.id) in lines[-1]
        assert len(lines) == 2

    with_discord(test)


def test_intents_that_are_not_switched_on_are_named_with_the_page_where_they_are() -> None:
    async def test(discord: Discord, app: App) -> None:
        _, members, content, _ = await Platform.greet(Settings(app.token, discord.rest_url))
        assert members.startswith("switch GUILD_MEMBERS on: https://discord.com/developers/applications/")
        assert content.startswith("switch MESSAGE_CONTENT on: ")

    with_discord(test, members_intent=False, content_intent=False)


def test_a_wrong_token_is_told_from_a_discord_that_does_not_answer() -> None:
    async def test(discord: Discord, app: App) -> None:
        with pytest.raises(PlatformError, match="no bot's token"):
            await Platform.greet(Settings("hunter22", discord.rest_url))
        with pytest.raises(PlatformError, match="does not know the token") as wrong:
            await Platform.greet(Settings(app.token[:-3] + "abc", discord.rest_url))
        assert not isinstance(wrong.value, NotReady)
        address = discord.rest_url
        await discord.stop()
        with pytest.raises(NotReady):
            await Platform.greet(Settings(app.token, address))

    with_discord(test)


def test_the_link_asks_for_what_actions_need_and_not_to_be_an_administrator() -> None:
    assert not PERMISSIONS & BITS["administrator"]
    assert not PERMISSIONS & BITS["mention_everyone"]
    assert "scope=bot+applications.commands" in invite_link(1)


def test_at_a_terminal_it_asks_for_the_token_until_it_is_right_and_shows_it_nowhere(tmp_path: Path) -> None:
    async def test(discord: Discord, app: App) -> None:
        seen = await asyncio.to_thread(_typed, tmp_path, discord.rest_url, ["hunter22", app.token])
        assert "hunter22" not in seen
        assert app.token not in seen
        assert "no bot's token" in seen
        assert f"the bot is Butler ({app.id})" in seen
        assert str(PERMISSIONS) in seen
        assert app.token in (tmp_path / ".env").read_text()
        config = tomllib.loads((tmp_path / "butler.toml").read_text())
        assert config["platforms"]["discord"]["token"] == "env:BUTLER_DISCORD_TOKEN"

    with_discord(test)


def _typed(folder: Path, rest_url: str, tokens: list[str]) -> str:
    given = ["--platform", "discord", "--set", f"platforms.discord.rest_url={rest_url}"]
    child = pexpect.spawn(
        sys.executable, ["-m", "butler", "init", *given],
        cwd=str(folder), env={**os.environ, "COLUMNS": "300"}, encoding="utf-8", timeout=60, dimensions=(60, 300),
    )  # fmt: skip
    answers = {r"Reset Token\.:": tokens, "Use ": ["n"] * 20, "Time zone": [""], "Your own id": ["1234"]}
    seen = ""
    while (found := child.expect([*answers, pexpect.EOF])) < len(answers):
        seen += child.before + child.after
        child.sendline(list(answers.values())[found].pop(0))
    seen += child.before
    child.close()
    assert child.exitstatus == 0, seen
    return seen

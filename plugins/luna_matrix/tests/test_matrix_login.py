"""Logging in: once with the password, later with what was kept (LUNA-1)."""

from __future__ import annotations

import asyncio
import json
import logging
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from butler import NotReady, PlatformError
from butler_luna_matrix.testing import Person, Synapse
from butler_luna_matrix.testing.bot import Bot, Lines, say


def kept(bot: Bot) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(bot.token_file.read_text())
    return found


async def reject_the_token(bot: Bot) -> None:
    """Log the bot's device out from outside: its access token is worth nothing from now on."""
    headers = {"Authorization": f"Bearer {kept(bot)['token']}"}
    address = f"{bot.synapse.address}/_matrix/client/v3/logout"
    async with aiohttp.ClientSession() as session, session.post(address, headers=headers) as answer:
        assert answer.status == 200


def open_files() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


async def start_and_stop(bot: Bot) -> None:
    async with bot.running():
        pass


@pytest.mark.spec("LUNA-1")
def test_the_first_run_keeps_the_token_for_this_user_only_and_later_runs_need_no_password(bot: Bot) -> None:
    async def main() -> None:
        await start_and_stop(bot)
        first = bot.token_file.read_bytes()
        assert bot.token_file.stat().st_mode & 0o777 == 0o600
        bot.set(password="")
        await start_and_stop(bot)
        assert bot.token_file.read_bytes() == first

    asyncio.run(main())


@pytest.mark.spec("LUNA-1")
def test_a_rejected_token_is_one_line_and_a_new_login_of_the_same_device(bot: Bot, lines: Lines) -> None:
    async def main() -> None:
        await start_and_stop(bot)
        before = kept(bot)
        await reject_the_token(bot)
        await start_and_stop(bot)
        after = kept(bot)
        assert after["token"] != before["token"]
        assert after["device"] == before["device"]

    asyncio.run(main())
    assert [line for level, line, _ in lines.said if level != "info"] == ["access token rejected, logging in again"]


@pytest.mark.spec("LUNA-1")
def test_a_rejected_token_without_a_password_says_what_to_set(bot: Bot) -> None:
    async def main() -> None:
        await start_and_stop(bot)
        await reject_the_token(bot)
        bot.set(password="")
        with pytest.raises(PlatformError, match=r"no valid access token .* set \[platforms.matrix\] password"):
            await start_and_stop(bot)

    asyncio.run(main())


@pytest.mark.spec("LUNA-1")
def test_a_token_rejected_while_it_runs_costs_one_line_and_no_message(bot: Bot, ann: Person, lines: Lines) -> None:
    async def main() -> None:
        async with bot.running() as matrix, ann:
            room = await bot.room_with(ann)
            await reject_the_token(bot)
            await lines.line("logged in")
            await ann.say(room, "are you there?")
            await bot.house.text("are you there?")
            await matrix.perform(say(room, "I am"), "k1")
            assert await ann.heard(room, 1, sender=bot.user) == ["I am"]

    asyncio.run(main())
    assert lines.count("access token rejected, logging in again") == 1


@pytest.mark.spec("LUNA-1")
def test_an_account_that_is_taken_away_while_it_runs_is_told_once(bot: Bot, lines: Lines) -> None:
    async def main() -> None:
        bot.set(password="")
        async with bot.running() as matrix:
            await reject_the_token(bot)
            told = await lines.line("matrix lets us in no more")
            assert "set [platforms.matrix] password" in told["reason"]
            checks = await matrix.health()
            assert [check.level for check in checks] == ["fail"]

    asyncio.run(start_and_stop(bot))
    asyncio.run(main())


@pytest.mark.spec("LUNA-1")
def test_a_wrong_password_is_one_clear_line_without_the_password(bot: Bot) -> None:
    bot.set(password="not-the-password")
    with pytest.raises(PlatformError) as caught:
        asyncio.run(start_and_stop(bot))
    line = str(caught.value)
    assert f"does not let {bot.user} in" in line
    assert "check [platforms.matrix] user and password" in line
    assert "not-the-password" not in line
    assert "\n" not in line


@pytest.mark.spec("LUNA-1")
def test_a_homeserver_that_is_not_there_is_not_ready_and_leaves_nothing_open(bot: Bot) -> None:
    async def main() -> None:
        bot.set(homeserver="http://127.0.0.1:9")
        with pytest.raises(NotReady, match=r"http://127.0.0.1:9 does not answer"):
            await start_and_stop(bot)
        assert asyncio.all_tasks() == {asyncio.current_task()}

    asyncio.run(main())


@pytest.mark.spec("LUNA-1")
@pytest.mark.parametrize("settings", [{"homeserver": ""}, {"user": ""}, {"user": "butler"}])
def test_without_a_homeserver_or_a_full_user_id_it_says_what_to_set(bot: Bot, settings: dict[str, str]) -> None:
    bot.set(**settings)
    with pytest.raises(PlatformError, match=r"set homeserver = .* and user = "):
        asyncio.run(start_and_stop(bot))


@pytest.mark.spec("LUNA-1")
def test_another_user_or_homeserver_in_the_settings_takes_no_kept_token(bot: Bot, synapse: Synapse) -> None:
    async def main() -> None:
        await start_and_stop(bot)
        other = synapse.register("other-butler")
        bot.set(user=other, password="other-butler-password")
        async with bot.running() as matrix:
            assert matrix.account == f"matrix:{other}"
            assert f"{other}, device" in (await matrix.health())[1].text

    asyncio.run(main())


@pytest.mark.spec("LUNA-1")
def test_a_token_file_that_cannot_be_read_means_a_new_login(bot: Bot) -> None:
    for content in ("", "{", "[]", '{"token": 1}'):
        bot.token_file.write_text(content)
        asyncio.run(start_and_stop(bot))
        assert kept(bot)["user"] == bot.user
        assert bot.token_file.stat().st_mode & 0o777 == 0o600


@pytest.mark.spec("LUNA-1", "HOST-23")
def test_neither_password_nor_token_stands_in_any_log(
    bot: Bot, ann: Person, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    async def main() -> None:
        async with bot.running(), ann:
            room = await bot.room_with(ann)
            await ann.say(room, "hello")
            await bot.house.text("hello")

    with caplog.at_level(logging.DEBUG):
        asyncio.run(main())
    out = capfd.readouterr()
    everything = caplog.text + out.out + out.err
    assert bot.settings.password not in everything
    assert kept(bot)["token"] not in everything
    assert bot.settings.password not in repr(bot.settings)


@pytest.mark.spec("OPS-5")
def test_after_stopping_no_task_and_no_connection_is_left(bot: Bot, ann: Person) -> None:
    async def main() -> None:
        before = open_files()
        for _ in range(3):
            await start_and_stop(bot)
        assert asyncio.all_tasks() == {asyncio.current_task()}
        assert open_files() <= before + 1

    asyncio.run(main())

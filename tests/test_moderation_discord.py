"""A guild on Discord is moderated through the real client: rules, a case, an appeal, a raid, roles (MOD-1 to MOD-5)."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from butler_discord.testing import Permission
from butler_moderation import Moderation

from plugins.discord.tests.conftest import Lodge, lodge, until

pytestmark = pytest.mark.spec("MOD-1", "MOD-2", "MOD-3", "MOD-4", "MOD-5")


def texts(at: Lodge, who: Any, where: Any) -> list[str]:
    return [message.text for message in who.sees(where)]


async def set_up(at: Lodge) -> Any:
    """The owner sets the guild up by commands alone."""
    log = at.discord.channel(at.guild, "log")
    await until(lambda: "automod" in at.owner.commands(at.hall))
    for what in ("log", "events"):
        await at.owner.slash("moderation channel", at.hall, what=what, channel=log)
    await at.owner.say("this is the log", log)
    await at.settled()
    return log


def run(test: Any) -> Any:
    async def main() -> None:
        async with lodge([Moderation]) as at:
            await test(at)

    def go() -> None:
        asyncio.run(main())

    go.__name__ = test.__name__
    return go


@run
async def test_a_word_in_look_alikes_is_deleted_and_its_author_timed_out_at_the_third(at: Lodge) -> None:
    log = await set_up(at)
    await at.owner.slash("automod add", at.hall, name="insults", kind="words", what="idiot")
    for text in ("you 1d1оt", "i.d.i.o.t", "𝓲𝓭𝓲𝓸𝓽"):
        await at.bob.say(text, at.hall)
        await until(lambda text=text: text not in texts(at, at.ann, at.hall))
    await until(lambda: at.bob.member.silent_until is not None)
    await until(lambda: sum("Rule **insults**" in each for each in texts(at, at.owner, log)) == 3)


@run
async def test_a_ban_is_told_before_appealed_in_private_and_granted_by_a_button(at: Lodge) -> None:
    log = await set_up(at)
    await at.bob.say("hello", at.hall)
    await at.settled()
    done = await at.owner.slash("tempban", at.hall, who=at.bob, lasts="2h", reason="spam")
    assert "Case 1: ban 2 h, bob" in done.text
    assert at.bob.id in at.guild.bans
    told = at.bob.dms[-1]
    assert "You were banned in House (ban 2 h): spam. Case 1." in told.text
    form = await at.bob.click(told, "Appeal")
    await at.bob.fill(form, {"Why": "it was a quotation"})
    await until(lambda: any("**Appeal** of case 1" in each for each in texts(at, at.owner, log)))
    appeal = next(each for each in at.owner.sees(log) if "**Appeal** of case 1" in each.text)
    await at.owner.click(appeal, "Grant")
    await until(lambda: at.guild.bans == {})
    await until(lambda: any("granted by" in each for each in texts(at, at.owner, log)))


@run
async def test_a_manager_cannot_act_on_a_higher_role(at: Lodge) -> None:
    await set_up(at)
    senior = at.discord.role(at.guild, "Senior")
    mod = at.discord.role(at.guild, "Mod", permissions=Permission.MANAGE_GUILD)
    mod.position, senior.position = 1, 2
    for role in (mod, senior):
        at.discord.world.emit("GUILD_ROLE_UPDATE", {"guild_id": str(at.guild.id), "role": role.json()}, guild=at.guild)
    await at.owner.give(at.ann, mod)
    await at.owner.give(at.bob, senior)
    await at.settled()
    answer = await at.ann.slash("warn", at.hall, who=at.bob, reason="x")
    assert "stands as high as you or higher" in answer.text
    await at.owner.take(at.bob, senior)
    await at.settled()
    answer = await at.ann.slash("warn", at.hall, who=at.bob, reason="x")
    assert "Case 1: warn" in answer.text


@run
async def test_a_raid_locks_the_door_once_and_one_command_opens_it(at: Lodge) -> None:
    log = await set_up(at)
    waiting = at.discord.role(at.guild, "Waiting")
    await at.settled()
    await at.owner.slash("moderation role", at.hall, what="verify", names="Waiting")
    raiders = [at.discord.join(f"raider{number}", at.guild) for number in range(40)]
    await until(lambda: all(waiting.id in each.member.roles for each in raiders), 60)
    assert sum("**Raid**" in each for each in texts(at, at.owner, log)) == 1
    await at.owner.slash("raid off", at.hall)
    await until(lambda: not any(each.member.roles for each in raiders), 60)


@run
async def test_a_button_gives_a_role(at: Lodge) -> None:
    await set_up(at)
    red = at.discord.role(at.guild, "Red")
    await at.settled()
    await at.owner.slash("rolepanel", at.hall, roles="Red", title="Choose")
    await until(lambda: "Choose" in texts(at, at.bob, at.hall))
    panel = next(each for each in at.bob.sees(at.hall) if each.text == "Choose")
    await at.bob.click(panel, "Red")
    await until(lambda: at.bob.member.roles == [red.id])
    await at.bob.click(panel, "Red")
    await until(lambda: at.bob.member.roles == [])

"""Whom a message wakes, as ``allowed_mentions`` and permissions say (PLAT-3, PLAT-5)."""

from __future__ import annotations

from typing import Any

import aiohttp
import hikari
import pytest
from butler_discord.testing import Permission
from butler_discord.testing.scene import Scene, played

pytestmark = pytest.mark.spec("PLAT-3", "PLAT-5")
P = Permission


async def raw(at: Scene, method: str, path: str, **body: Any) -> tuple[int, dict[str, Any]]:
    """A request with a body that hikari would not make."""
    headers = {"Authorization": f"Bot {at.app.token}"}
    async with (
        aiohttp.ClientSession(headers=headers) as session,
        session.request(method, at.discord.rest_url + path, json=body) as answer,
    ):
        return answer.status, await answer.json()


def everything(at: Scene) -> str:
    role = at.discord.role(at.guild, "cooks", mentionable=True)
    return f"@everyone @here {role.mention} {at.ann.mention} {at.bob.mention}"


@pytest.mark.parametrize(
    ("allowed", "woken"),
    [
        (None, "everyone roles ann bob"),
        ({}, ""),
        ({"parse": []}, ""),
        ({"parse": ["users"]}, "ann bob"),
        ({"parse": ["roles"]}, "roles"),
        ({"parse": ["everyone"]}, "everyone"),
        ({"parse": ["users", "roles"], "users": []}, "roles ann bob"),
        ({"users": ["ann", "nobody"]}, "ann"),
        ({"parse": ["everyone"], "users": ["bob"]}, "everyone bob"),
        ({"roles": ["cooks"]}, "roles"),
    ],
)
@played()
async def test_allowed_mentions_hold(at: Scene, allowed: dict[str, Any] | None, woken: str) -> None:
    text = everything(at)
    ids = {"ann": at.ann.id, "bob": at.bob.id, "nobody": 1, "cooks": at.discord.role(at.guild, "cooks").id}
    body: dict[str, Any] = {"content": text}
    if allowed is not None:
        body["allowed_mentions"] = {key: [str(ids.get(each, each)) for each in value] for key, value in allowed.items()}
    status, told = await raw(at, "POST", f"/channels/{at.hall.id}/messages", **body)
    assert status == 200
    found = ["everyone"] * told["mention_everyone"] + ["roles"] * bool(told["mention_roles"])
    found += sorted(user["username"] for user in told["mentions"])
    assert " ".join(found) == woken
    assert [ping.mentions.everyone for ping in at.discord.pings] == (["everyone" in found] if found else [])


@played()
async def test_what_excludes_each_other_is_refused(at: Scene) -> None:
    allowed = {"parse": ["users"], "users": [str(at.ann.id)]}
    status, told = await raw(at, "POST", f"/channels/{at.hall.id}/messages", content="x", allowed_mentions=allowed)
    assert (status, told["code"]) == (400, 50035)
    assert told["errors"]["allowed_mentions"]["_errors"][0]["code"] == "MESSAGE_ALLOWED_MENTIONS_PARSE_EXCLUSIVE"


@played(granted=P.SEND_MESSAGES)
async def test_without_the_permission_everyone_and_roles_stay_asleep(at: Scene) -> None:
    closed = at.discord.role(at.guild, "guards")
    text = everything(at) + closed.mention
    await at.rest.create_message(at.hall.id, text, mentions_everyone=True, role_mentions=True, user_mentions=True)
    ping = at.discord.pings[-1]
    cooks = at.discord.role(at.guild, "cooks")
    assert (ping.mentions.everyone, ping.mentions.roles) == (False, {cooks.id})
    assert ping.who == {at.ann.id, at.bob.id}


@played()
async def test_hikari_wakes_nobody_unless_told_to(at: Scene) -> None:
    mine = await at.rest.create_message(at.hall.id, everything(at))
    await mine.edit(everything(at) + "!")
    assert at.discord.pings == []
    assert not mine.user_mentions_ids
    await mine.edit(everything(at), user_mentions=[at.ann.id])
    assert [(ping.who, ping.edit) for ping in at.ann.pings] == [({at.ann.id}, True)]


@played()
async def test_an_edit_without_allowed_mentions_wakes_as_a_new_message_would(at: Scene) -> None:
    mine = await at.rest.create_message(at.hall.id, "hello")
    status, told = await raw(at, "PATCH", f"/channels/{at.hall.id}/messages/{mine.id}", content="@everyone")
    assert (status, told["mention_everyone"]) == (200, True)
    assert [ping.edit for ping in at.discord.pings] == [True]


@played()
async def test_embeds_wake_nobody_and_laid_out_texts_do(at: Scene) -> None:
    await at.rest.create_message(at.hall.id, embed=hikari.Embed(description=everything(at)), user_mentions=True)
    assert at.discord.pings == []
    laid_out = [{"type": 10, "content": at.ann.mention}]
    status, told = await raw(at, "POST", f"/channels/{at.hall.id}/messages", components=laid_out, flags=1 << 15)
    assert (status, [user["username"] for user in told["mentions"]]) == (200, ["ann"])
    assert [ping.who for ping in at.discord.pings] == [{at.ann.id}]


@played()
async def test_a_reply_wakes_whom_it_answers_only_if_asked_to(at: Scene) -> None:
    said = await at.ann.say("hello")
    await at.rest.create_message(at.hall.id, "quiet", reply=said.id)
    assert at.ann.pings == []
    await at.rest.create_message(at.hall.id, "loud", reply=said.id, mentions_reply=True)
    assert [ping.message.text for ping in at.ann.pings] == ["loud"]


@played()
async def test_webhooks_name_people_only_by_default_and_everyone_if_asked(at: Scene) -> None:
    webhook = await at.rest.create_webhook(at.hall.id, "Luna")
    path = f"/webhooks/{webhook.id}/{webhook.token}?wait=true"
    _, told = await raw(at, "POST", path, content=everything(at))
    assert (told["mention_everyone"], told["mention_roles"], len(told["mentions"])) == (False, [], 2)
    _, told = await raw(at, "POST", path, content=everything(at), allowed_mentions={"parse": ["everyone"]})
    assert (told["mention_everyone"], told["mentions"]) == (True, [])


@played()
async def test_whoever_does_not_see_the_channel_is_not_woken(at: Scene) -> None:
    secret = at.discord.channel(at.guild, "secret")
    await at.owner.overwrite(secret, at.guild.roles[at.guild.id], deny=P.VIEW_CHANNEL)
    await at.rest.create_message(secret.id, f"{at.ann.mention} @everyone", user_mentions=True, mentions_everyone=True)
    assert at.discord.pings[-1].who == {at.owner.id}

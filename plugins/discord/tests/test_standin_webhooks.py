"""Webhooks and native polls in the stand-in, through the real client (PLAT-2, PLAT-4, PLAT-5)."""

from __future__ import annotations

import datetime as dt

import hikari
import pytest
from butler_discord.testing import Impossible
from butler_discord.testing.scene import Scene, played

pytestmark = pytest.mark.spec("PLAT-2", "PLAT-4", "PLAT-5")


@played()
async def test_a_webhook_speaks_under_any_name(at: Scene) -> None:
    webhook = await at.rest.create_webhook(at.hall.id, "Luna")
    assert webhook.token is not None
    said = await at.rest.execute_webhook(
        webhook.id, webhook.token, "good evening", username="Luna Lovely", avatar_url="http://127.0.0.1/luna.png"
    )
    shown = at.ann.sees()[-1]
    assert (shown.author.name, shown.author.avatar, shown.webhook) == (
        "Luna Lovely", "http://127.0.0.1/luna.png", webhook.id,
    )  # fmt: skip
    event = await at.hears(hikari.GuildMessageCreateEvent)
    assert (event.is_webhook, event.message.webhook_id) == (True, webhook.id)
    await at.rest.edit_webhook_message(webhook.id, webhook.token, said.id, "good night")
    assert at.ann.texts() == ["good night"]
    await at.rest.delete_webhook_message(webhook.id, webhook.token, said.id)
    assert at.ann.texts() == []
    fetched = await at.rest.fetch_channel_webhooks(at.hall.id)
    assert [each.name for each in fetched] == ["Luna"]
    await at.rest.delete_webhook(webhook.id)
    with pytest.raises(hikari.NotFoundError) as caught:
        await at.rest.execute_webhook(webhook.id, webhook.token, "hello?")
    assert caught.value.code == 10015


@played()
async def test_a_webhook_speaks_in_a_thread(at: Scene) -> None:
    webhook = await at.rest.create_webhook(at.hall.id, "Luna")
    thread = await at.ann.thread(at.hall, "tea")
    assert webhook.token is not None
    await at.rest.execute_webhook(webhook.id, webhook.token, "two lumps", thread=thread.id)
    assert at.ann.texts(thread) == ["two lumps"]


@played()
async def test_a_channel_has_fifteen_webhooks_at_most_and_a_wrong_token_is_refused(at: Scene) -> None:
    made = [await at.rest.create_webhook(at.hall.id, f"Luna {number}") for number in range(15)]
    with pytest.raises(hikari.BadRequestError) as caught:
        await at.rest.create_webhook(at.hall.id, "one more")
    assert caught.value.code == 30007
    with pytest.raises(hikari.UnauthorizedError) as wrong:
        await at.rest.execute_webhook(made[0].id, "wrong", "hello")
    assert wrong.value.code == 50027


def poll(**options: bool) -> hikari.impl.PollBuilder:
    built = hikari.impl.PollBuilder(question_text="Tea or coffee?", duration=1, allow_multiselect=False, **options)
    return built.add_answer(text="Tea").add_answer(text="Coffee")


@played()
async def test_a_poll_is_voted_in_and_ended(at: Scene) -> None:
    mine = await at.rest.create_message(at.hall.id, poll=poll())
    shown = at.ann.sees()[-1]
    await at.ann.vote(shown, "Coffee")
    await at.ann.vote(shown, "Tea")
    await at.bob.vote(shown, "Tea")
    await at.hears(hikari.events.poll_events.PollVoteDeleteEvent, lambda event: event.answer_id == 2)
    await at.hears(hikari.events.poll_events.PollVoteCreateEvent, lambda event: event.user_id == at.bob.id)
    voters = await at.rest.fetch_poll_voters(at.hall.id, mine.id, 1)
    assert {user.id for user in voters} == {at.ann.id, at.bob.id}
    ended = await at.rest.end_poll(at.hall.id, mine.id)
    assert ended.poll is not None
    assert ended.poll.results is not None
    assert (ended.poll.results.is_finalized, [each.count for each in ended.poll.results.answer_counts]) == (True, [2])
    told = at.ann.sees()[-1]
    assert (told.kind, {field["name"]: field["value"] for field in told.embeds[0]["fields"]}["victor_answer_text"]) == (
        46, "Tea",
    )  # fmt: skip
    with pytest.raises(Impossible, match="no open poll"):
        await at.ann.vote(shown, "Tea")


@played()
async def test_a_poll_ends_by_itself(at: Scene) -> None:
    await at.rest.create_message(at.hall.id, poll=poll())
    shown = at.ann.sees()[-1]
    assert shown.poll is not None
    await at.ann.vote(shown, "Tea")
    shown.poll.ends -= dt.timedelta(hours=1)
    at.discord.world.catch_up()
    assert shown.poll.final
    update = await at.hears(hikari.GuildMessageUpdateEvent)
    assert update.message_id == shown.id


@played()
async def test_a_poll_has_ten_answers_at_most_and_is_not_edited(at: Scene) -> None:
    long = hikari.impl.PollBuilder(question_text="?", duration=1, allow_multiselect=False)
    for number in range(11):
        long.add_answer(text=str(number))
    with pytest.raises(hikari.BadRequestError) as caught:
        await at.rest.create_message(at.hall.id, poll=long)
    assert caught.value.code == 50035
    mine = await at.rest.create_message(at.hall.id, poll=poll())
    with pytest.raises(hikari.BadRequestError) as edited:
        await mine.edit("another")
    assert edited.value.code == 520_003

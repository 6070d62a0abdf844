"""Discord's own polls: begun, ended, counted (PLAT-2)."""

from __future__ import annotations

import hikari
from butler import Action, PlatformError, PollResult, Sent

from butler_discord.bot import Bot
from butler_discord.doing import needed
from butler_discord.ids import native, ours
from butler_discord.refusals import understood
from butler_discord.render import clean, cut

PAGE = 100
MOST_VOTERS = 10_000


class Polling:
    """Polls of one bot."""

    def __init__(self, bot: Bot) -> None:
        self._bot = bot

    async def poll(self, action: Action, key: str) -> Sent:
        """Discord's own poll: ``question``, ``answers`` (2 to 10), ``hours`` (1 to 768), ``multiple``."""
        answers = [cut(clean(str(each)), 55) for each in needed(action, "answers")]
        if not 2 <= len(answers) <= 10:
            raise PlatformError(f"Discord's polls have 2 to 10 answers, not {len(answers)}", remedy="use buttons")
        made = hikari.impl.PollBuilder(
            question_text=cut(clean(str(needed(action, "question"))), 300),
            allow_multiselect=bool(action.data.get("multiple")),
            duration=max(1, min(768, int(action.data.get("hours", 24)))),
        )
        for answer in answers:
            made.add_answer(text=answer)
        with understood():
            told = await self._bot.rest.create_message(native(action.channel), poll=made, nonce=key)
        return Sent(ours(int(told.id)), told.created_at)

    async def end_poll(self, action: Action, key: str) -> Sent:
        """End the poll ``target`` now."""
        with understood():
            await self._bot.rest.end_poll(native(action.channel), native(action.target))
        return Sent(action.target)

    async def result(self, channel: str, message: str, *, voters: bool = False) -> PollResult | None:
        """How a poll stands; ``None`` where the message is no poll. Counts are exact once it has ended."""
        where, which = native(channel), native(message)
        with understood():
            told = await self._bot.rest.fetch_message(where, which)
        if told.poll is None:
            return None
        names = [str(answer.answer_id) for answer in told.poll.answers]
        result = told.poll.results
        counts = dict.fromkeys(names, 0) | {
            str(each.id): each.count for each in (result.answer_counts if result else ())
        }
        who = {name: await self._voters(where, which, int(name)) for name in names} if voters else {}
        return PollResult(counts, ended=bool(result and result.is_finalized), voters=who)

    async def _voters(self, channel: int, message: int, answer: int) -> tuple[str, ...]:
        found: list[str] = []
        after: hikari.Snowflake | hikari.UndefinedType = hikari.UNDEFINED
        while len(found) < MOST_VOTERS:
            with understood():
                page = await self._bot.rest.fetch_poll_voters(channel, message, answer, after=after, limit=PAGE)
            found += [ours(int(user.id)) for user in page]
            if len(page) < PAGE:
                break
            after = page[-1].id
        return tuple(found)

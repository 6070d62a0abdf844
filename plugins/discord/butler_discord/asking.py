"""Interactions are taken, journaled, promised an answer; completions are given at once (PLAT-1, HOST-10)."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import hikari
import structlog
from butler import PlatformError

from butler_discord import asked
from butler_discord.answers import COMMAND, COMPLETION, CONTROL, Answers
from butler_discord.asked import Question
from butler_discord.bot import Bot
from butler_discord.guilds import Guilds
from butler_discord.ids import ours
from butler_discord.offering import Offering
from butler_discord.refusals import understood
from butler_discord.render import cut

log = structlog.get_logger("butler.discord")

JSON = dict[str, Any]
CLOSED = "Whoever runs me wants me to be silent here."
SHORT = 100


class Asking:
    """Takes what people use."""

    def __init__(
        self,
        host: Any,
        bot: Bot,
        guilds: Guilds,
        answers: Answers,
        offering: Offering,
        take: Callable[[list[Any]], Awaitable[None]],
    ) -> None:
        self._host = host
        self._bot = bot
        self._guilds = guilds
        self._answers = answers
        self._offering = offering
        self._take = take

    async def hear(self, raw: JSON) -> None:
        """An interaction came."""
        kind = int(raw["type"])
        known = self._guilds.known.get(int(raw.get("guild_id") or 0))
        if kind == COMPLETION:
            await self._complete(raw)
        elif known is not None and not known.accepted:
            await self._closed(raw)
        elif (question := await self._question(raw, kind)) is not None:
            self._host.serving.know(question.event.guild, *question.people)
            await asyncio.gather(
                self._answers.take(int(raw["id"]), str(raw["token"]), kind, ephemeral=question.ephemeral),
                self._take([question.event]),
            )

    async def _question(self, raw: JSON, kind: int) -> Question | None:
        if kind == COMMAND:
            return await self._command(raw)
        return asked.control(raw, self._guilds) if kind == CONTROL else asked.form(raw, self._guilds)

    async def _command(self, raw: JSON) -> Question | None:
        data = raw["data"]
        offer = await self._offering.at(asked.where(raw, self._guilds).guild)
        known = self._guilds.known.get(int(raw.get("guild_id") or 0))
        people = asked.resolved_people(data, self._guilds, known)
        kind = int(data.get("type") or 1)
        if kind in {asked.ON_PERSON, asked.ON_MESSAGE}:
            plugin, name = offer.menus.get((kind, str(data["name"])), ("", str(data["name"])))
            on = "message" if kind == asked.ON_MESSAGE else "person"
            told: dict[str, Any] = {"do": "context", "plugin": plugin, "name": name, "on": on}
            if on == "message":
                told["message"] = asked.message_told(data["resolved"]["messages"][str(data["target_id"])])
            event = asked.event(raw, self._guilds, told, target=ours(data["target_id"]))
            return Question(event, people, ephemeral=True)
        names, options = asked.path_and_options(data)
        path, ephemeral = offer.paths.get(tuple(names), (tuple(names), False))
        told = {"do": "command", "path": list(path), "options": asked.plain(options)}
        return Question(asked.event(raw, self._guilds, told), people, ephemeral)

    async def _closed(self, raw: JSON) -> None:
        with understood():
            await self._bot.rest.create_interaction_response(
                int(raw["id"]), raw["token"], hikari.ResponseType.MESSAGE_CREATE, CLOSED,
                flags=hikari.MessageFlag.EPHEMERAL,
            )  # fmt: skip

    async def _complete(self, raw: JSON) -> None:
        """What may be meant by what is typed; nobody waits longer than Discord does."""
        names, options = asked.path_and_options(raw["data"])
        channel = asked.where(raw, self._guilds)
        offer = await self._offering.at(channel.guild)
        path, _ = offer.paths.get(tuple(names), (tuple(names), False))
        focused = next((each for each in options if each.get("focused")), None)
        found = []
        if focused is not None:
            who = asked.who(raw, self._guilds)
            typed = str(focused.get("value") or "")
            found = await self._host.serving.complete(who, channel, path, str(focused["name"]), typed)
        choices = [hikari.impl.AutocompleteChoiceBuilder(cut(each, SHORT), each[:SHORT]) for each in found if each]
        try:
            with understood():
                await self._bot.rest.create_autocomplete_response(int(raw["id"]), raw["token"], choices[:25])
        except PlatformError as error:
            log.debug("a completion came too late", reason=str(error))

"""People talk; TheButler reads along, and now and then has something to add."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from butler import QUOTE_RULE, Channel, Denied, Guild, Message, ModelError, OverBudget, Reply, quoted

from butler_core.feature import Feature
from butler_core.interjecting import tables
from butler_core.interjecting.commands import InterjectingCommands
from butler_core.interjecting.hush import Hush
from butler_core.interjecting.settings import InterjectingSettings

READS = 20
READS_SINCE = dt.timedelta(minutes=5)
"""The last so many messages, or those of so long a time, whichever is more."""
MOST = 100
PAUSE = dt.timedelta(seconds=10)
"""People are let finish."""
LOOKS = dt.timedelta(minutes=5)
"""A model is asked once in so long a time at most."""
SILENT = "SILENT"
_ORDER = (
    "You read along in a chat; below is what was said last. You were not asked anything. If you have something short "
    "and worthwhile to add (a fact that is missed, help that is needed, a friendly word that fits), say it in a "
    f"sentence or two, as yourself. If not, which is the rule, answer with the one word {SILENT}."
)


class Interjecting(Feature):
    """Joins in, rarely."""

    settings = InterjectingSettings
    tables = (tables.HushRow,)
    commands = InterjectingCommands

    async def start(self) -> None:
        """How it is in each channel."""
        self.hush = Hush(self.plugin)
        await self.hush.start()
        self._planned: set[str] = set()

    async def on_message(self, message: Message) -> None:
        """A person's word may be joined."""
        channel = message.channel
        if message.author.bot or message.kind != "message" or channel.dm or message.text.startswith(("/", "!")):
            return
        self.hush.hear(message)
        if channel.id in self._planned or not self.settings_for(channel).interject or not self._may(channel):
            return
        self._planned.add(channel.id)
        at, arguments = self.host.clock.now() + PAUSE, {"channel": channel.id}
        job = self.plugin.join_in  # type: ignore[attr-defined]
        await self.host.schedule.once(at, job, key=f"join in {channel.id}", missed="skip", arguments=arguments)

    async def on_tick(self, now: dt.datetime, guild: Guild) -> None:
        """What nobody answers counts as that after a while."""
        for identifier in self.hush.waiting:
            channel = self.host.channel(identifier)
            if channel is not None and channel.guild.id == guild.id:
                self.hush.overdue(channel)

    def _may(self, channel: Channel) -> bool:
        """Whether it is time again."""
        known, now = self.hush.of(channel.id), self.host.clock.now().timestamp()
        cooldown = self.hush.slower(self.settings_for(channel).interject_cooldown, channel.id).total_seconds()
        soon = now - known.spoke < cooldown or now - known.looked < LOOKS.total_seconds()
        return not soon and self.host.sessions.of(channel.id) is None and bool(self.host.models.has())

    async def join_in(self, identifier: str) -> None:
        """Read, and say something if there is something to say."""
        self._planned.discard(identifier)
        channel = self.host.channel(identifier)
        if channel is None or not self.settings_for(channel).interject or not self._may(channel):
            return
        said = read(await self.host.history(channel, limit=MOST), self.host.clock.now())
        if not said or said[-1].author.bot:
            return
        self.hush.looked(channel)
        if text := await self._asked(channel, said):
            self.hush.spoke(channel)
            await self.host.push(channel, Reply(text, persona=self.host.main), f"join in {said[-1].id}")

    async def _asked(self, channel: Channel, said: Sequence[Message]) -> str:
        lines = [f"{each.author.name}: {each.text}" for each in said]
        prompt = "\n\n".join([_ORDER, QUOTE_RULE, quoted("\n".join(lines), "the chat")])
        persona = next((each for each in self.host.personas if each.name == self.host.main), None)
        if persona is not None and persona.prompt:
            prompt = f"{persona.prompt}\n\n{prompt}"
        try:
            answer = await self.host.models.complete(
                prompt, asker=None, place=channel, purpose="interject", persona=self.host.main, max_tokens=200,
                deadline=45.0,
            )  # fmt: skip
        except (ModelError, OverBudget, Denied) as error:
            self.host.log.info("nothing is said unasked", channel=channel.id, reason=str(error))
            return ""
        text = answer.text.strip()
        return "" if text.strip(" .!\"'*`").casefold().startswith(SILENT.casefold()) else text


def read(said: Sequence[Message], now: dt.datetime) -> list[Message]:
    """What is read of what was said: the last 20 messages, or those of five minutes where that is more."""
    spoken = [each for each in said if each.kind == "message"]
    recent = [each for each in spoken if now - each.at <= READS_SINCE]
    return recent if len(recent) > READS else spoken[-READS:]

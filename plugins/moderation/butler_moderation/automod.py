"""Rules at work: every message and every edit is held against them, and what must follow follows (MOD-2)."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any, TypeVar

from butler import Action, Channel, CommandError, Event, Message, Person, Plugin, Rank, Stop

from butler_moderation import tables
from butler_moderation.cases import Cases
from butler_moderation.folding import Folder
from butler_moderation.punishing import Deed, in_words
from butler_moderation.recent import Recent
from butler_moderation.rules import Rule, rule_of
from butler_moderation.ruleset import LONGEST, Hit, RuleSet
from butler_moderation.said import Said
from butler_moderation.settings import Settings, Step, step_of
from butler_moderation.telling import Telling

T = TypeVar("T")
DAY = 86_400.0
MOST_GUILDS = 1_000
"""Of so many guilds the compiled rules stay in memory."""


class Automod:
    """Judges what people say, and acts on it."""

    def __init__(self, plugin: Plugin, telling: Telling, cases: Cases) -> None:
        self._plugin = plugin
        self._host = plugin.host
        self._telling = telling
        self._cases = cases
        self._sets: OrderedDict[str, RuleSet] = OrderedDict()
        self._changes = 0
        self._slots = asyncio.Semaphore(2)
        self.folder = Folder()
        self.recent = Recent()

    # --- the rules ------------------------------------------------------------------------------------

    async def rules(self, guild: str) -> RuleSet:
        """A guild's rules, ready to be used. Raises ``CommandError`` if what is kept makes no sense."""
        known = self._sets.get(guild)
        if known is None:
            changes = self._changes
            rows = await self._host.db.read(partial(tables.rules_of, guild))
            known = await self.made([rule_of(name, body) for name, body in rows])
            if changes == self._changes:  # else they may be others already
                self._sets[guild] = known
            if len(self._sets) > MOST_GUILDS:
                self._sets.popitem(last=False)
        else:
            self._sets.move_to_end(guild)
        return known

    async def made(self, rules: Sequence[Rule]) -> RuleSet:
        """Rules, compiled off the event loop. Raises ``CommandError`` where one cannot be used."""
        return await self._aside(RuleSet, rules, self.folder)

    def changed(self, guild: str) -> None:
        """A guild's rules are others now."""
        self._changes += 1
        self._sets.pop(guild, None)

    # --- judging --------------------------------------------------------------------------------------

    async def heard(self, message: Message) -> Stop | None:
        """Hold a message against the rules; what breaks one goes no further."""
        rules = await self.rules(message.guild.id)
        if rules.is_empty or self.is_spared(message.author, message.channel):
            return None
        made = self._host.made_at(message.author) if rules.needs_age else None
        hits = await self.judge(rules, Said.of(message, made))
        if rules.counting:
            now = self._host.clock.monotonic()
            self.recent.heard(message.guild.id, message.author.id, self.folder.fold(message.text[:LONGEST]), now)
            counted = self.recent.exceeded(message.guild.id, message.author.id, rules.counting, now)
            hits += [Hit(rule, why) for rule, why in counted]
        return await self._follow(hits, message, message.id)

    async def hush(self, message: Message) -> Stop:
        """Take away what somebody says who is muted."""
        await self._delete(message, "muted", message.id)
        return Stop("its author is muted")

    async def edited(self, event: Event) -> None:
        """An edit is held against the rules as well, so that nobody says later what they may not."""
        before = event.before or await self._host.message(event.target)
        author = event.person or (before.author if before else None)
        if author is None or event.channel is None or self.is_spared(author, event.channel):
            return
        rules = await self.rules(event.guild.id)
        if not rules.is_empty:
            hits = await self.judge(rules, Said.typed(event.text, self._host.parse(event.text)))
            said = Message(event.target, event.channel, author, event.text, event.at)
            await self._follow(hits, said, f"{event.target} {event.seq}")

    async def judge(self, rules: RuleSet, said: Said) -> list[Hit]:
        """Which rules fire; what may be much work is done off the event loop."""
        if rules.is_slow(said.text):
            return await self._aside(rules.judge, said)
        return rules.judge(said)

    async def _aside(self, work: Callable[..., T], *args: Any) -> T:
        """Do it in a thread that ends with it."""
        async with self._slots:
            thread = ThreadPoolExecutor(1, "moderation")
            try:
                return await asyncio.get_running_loop().run_in_executor(thread, work, *args)
            finally:
                thread.shutdown(wait=False)

    def is_spared(self, person: Person, channel: Channel) -> bool:
        """Whether no rule holds for somebody there: machines, managers, and whom the settings name."""
        if person.bot or channel.dm or self._host.rank(person, channel.guild) >= Rank.MANAGER:
            return True
        settings: Settings = self._plugin.settings_for(channel, person)
        return channel.id in settings.spare_channels or any(role in settings.spare_roles for role in person.roles)

    # --- what follows ---------------------------------------------------------------------------------

    async def _follow(self, hits: Sequence[Hit], message: Message, cause: str) -> Stop | None:
        author, settings = message.author, self._plugin.settings_for(message.channel, message.author)
        hits = [hit for hit in hits if not hit.rule.spares(message.channel.id, author.roles)]
        for hit in hits:
            if hit.rule.dry or settings.dry_run:
                would = ", ".join(in_words(do, hit.rule.duration) for do in hit.rule.do) or "nothing"
                await self._telling.log(
                    message.channel, f"Would: {would}. {_about(hit, message)}", f"dry {hit.rule.name} {cause}"
                )
        hits = [] if settings.dry_run else [hit for hit in hits if not hit.rule.dry]
        if not hits:
            return None
        done = [await self._do(do, hit, message, cause) for do, hit in _deeds(hits).items()]
        done += await self._strikes(hits, message, cause, settings)
        for hit in hits:
            await self._telling.log(
                message.channel, f"{_about(hit, message)}\n{'; '.join(done)}", f"hit {hit.rule.name} {cause}"
            )
            done = ["see above"]
        return Stop(f"rule {hits[0].rule.name}: {hits[0].why}")

    async def _do(self, do: str, hit: Hit, message: Message, cause: str) -> str:
        """Do one thing; returns it in words, or why it was not done."""
        reason = f"rule {hit.rule.name}"
        if do == "report":
            return "reported"
        if do == "delete":
            return await self._delete(message, reason, cause)
        return await self.punish(Deed(do, message.author, message.channel, reason, hit.rule.duration, f"{do} {cause}"))

    async def _delete(self, message: Message, reason: str, cause: str) -> str:
        if not self._host.can("delete", message.channel):
            return f"not deleted: {message.channel.platform} cannot, or I lack the permission"
        await self._host.act(
            Action("delete", message.channel.id, message.id, data={"reason": reason}), f"delete {cause}"
        )
        return "deleted"

    async def punish(self, deed: Deed) -> str:
        """Do something to somebody; returns it in words, or why it was not done."""
        try:
            return await self._cases.impose(deed, deed.reason.partition(",")[0], now=False)
        except CommandError as error:
            return str(error)

    async def _strikes(self, hits: Sequence[Hit], message: Message, cause: str, settings: Settings) -> list[str]:
        """Count strikes, and do what the ladder says for so many."""
        points = max(hit.rule.strikes for hit in hits)
        if not points:
            return []
        guild, person, now = message.guild.id, message.author.id, self._host.clock.now().timestamp()
        since = now - settings.strike_days * DAY
        before = await self._host.db.read(partial(tables.strikes_of, guild, person, since))
        self._host.db.defer(partial(tables.strike, guild, person, points, hits[0].rule.name, cause, now))
        total = before + points
        found = [f"strikes: {total}"]
        if (step := _step(settings.ladder, total)) is not None:
            reason = f"{total} strikes, the last by rule {hits[0].rule.name}"
            deed = Deed(step.do, message.author, message.channel, reason, step.seconds, f"step {cause}")
            found.append(await self.punish(deed))
        return found


def _step(ladder: Sequence[str], total: int) -> Step | None:
    """The highest step that so many strikes reach."""
    reached = [step for step in map(step_of, ladder) if step.strikes <= total]
    return max(reached, key=lambda step: step.strikes, default=None)


def _deeds(hits: Sequence[Hit]) -> dict[str, Hit]:
    """What is to be done, each once, for the rule that wants it for longest."""
    found: dict[str, Hit] = {}
    for hit in hits:
        for do in hit.rule.do:
            if do not in found or hit.rule.duration > found[do].rule.duration:
                found[do] = hit
    return found


def _about(hit: Hit, message: Message) -> str:
    shown = message.text[:300] + ("…" if len(message.text) > 300 else "")
    text = "\n".join(f"> {line}" for line in shown.splitlines())
    where = f"#{message.channel.name or message.channel.id}"
    return f"Rule **{hit.rule.name}**: {message.author.name} ({message.author.id}) in {where}: {hit.why}.\n{text}"


def reviewed(hits: Sequence[Hit]) -> Stop | None:
    """What a persona may not say either (MOD-7): words, expressions, addresses; how much it says is its own."""
    found = [hit for hit in hits if hit.rule.kind in {"words", "regex", "invites", "links"} and not hit.rule.dry]
    return Stop(f"rule {found[0].rule.name}: {found[0].why}") if found else None


def named(hits: Sequence[Hit]) -> list[str]:
    """Hits as they are shown to who tries a text."""
    return [f"**{hit.rule.name}** ({hit.rule.kind}): {hit.why} → {', '.join(hit.rule.do) or 'nothing'}" for hit in hits]

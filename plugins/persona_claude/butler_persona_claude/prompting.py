"""What a character is told beside who it is: where it speaks, with whom, in which mode, what its lore says of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from butler import Channel, Message, Pace, Persona, Section, Use

from butler_persona_claude.character import Character, Lorebook
from butler_persona_claude.lore import Lore
from butler_persona_claude.macros import filled

if TYPE_CHECKING:
    from butler_persona_claude.plugin import PersonaClaude

PRIVATE = "You talk in private; nobody else reads it."
PUBLIC = "Others read what you say. Whatever somebody told you in private stays between you and them."
MOST_PRESENT = 12
"""So many people are named."""


class Prompting:
    """Makes the sections."""

    def __init__(self, plugin: PersonaClaude) -> None:
        self._plugin = plugin
        self._lores: dict[str, tuple[Lorebook, Lore]] = {}

    async def sections(self, message: Message, persona: Persona, who: Character) -> list[Section | Use]:
        """All of them, the stable ones first."""
        history = await self._plugin.host.history(message.channel, before=message.seq, limit=30)
        return await self.made(message, persona, who, history)

    async def made(
        self, message: Message, persona: Persona, who: Character, history: list[Message]
    ) -> list[Section | Use]:
        """The same, out of what was said before."""
        told: Any = self._plugin.settings_for(message)
        user = _user(message)
        own = who.direct if message.channel.dm else who.public
        manner = "\n".join(filter(None, (PRIVATE if message.channel.dm else PUBLIC, filled(own, who.label, user))))
        made: list[Section | Use] = [
            Section(manner, priority=90, stable=True),
            Section(self._place(message, persona, history), priority=60),
        ]
        texts = [each.text for each in history] + [message.text]
        lore = self._lore(who, texts, told)
        made += [Section(filled(lore, who.label, user), priority=50)] if lore else []
        made += await self._here(message, who)
        made += [Section(filled(who.reminder, who.label, user), priority=80)] if who.reminder else []
        made.append(self._use(message, who, told))
        return made

    def _use(self, message: Message, who: Character, told: Any) -> Use:
        """The model that the person is given: the character's own, else the one of the settings, if there is such."""
        person, models = message.author, self._plugin.host.models
        premium = not person.bot and self._plugin.offices.is_premium(person)
        wanted = (*who.premium_model, told.premium_model) if premium else () if who.model else (told.default_model,)
        model = next((each for each in wanted if each and models.has(each)), None)
        if told.enable_api_call_logging or self._plugin.offices.verbose:
            log, asked = self._plugin.host.log, model or "its own"
            log.info("a model is asked", persona=who.name, model=asked, channel=message.channel.id, premium=premium)
        pace = Pace(told.typing_speed_cpm, told.min_typing_time, told.max_typing_time, told.typing_variance)
        return Use(model, told.default_max_tokens, told.default_temperature, pace=pace if told.typing else None)

    async def _here(self, message: Message, who: Character) -> list[Section]:
        """The mode that it is in, what the person is to it, and where the conversation began."""
        texts = [await self._plugin.moods.told(who, message.channel.id)]
        texts.append(await self._plugin.ties.told(who, message))
        begins = self._plugin.offices.begins.get(message.channel.id, 0)
        made = [Section(filled(text, who.label, _user(message)), priority=70) for text in texts if text]
        return [*made, Section("", covers=begins)] if begins else made

    def _lore(self, who: Character, texts: list[str], told: Any) -> str:
        book = who.lorebook
        if not book.entries:
            return ""
        known = self._lores.get(who.name)
        if known is None or known[0] is not book:
            known = self._lores[who.name] = (book, Lore(book))

        def count(text: str) -> int:
            return self._plugin.host.models.count(text, persona=who.name)

        depth = book.depth or told.lore_depth
        return known[1].told(texts[-depth:], budget=book.budget or told.lore_budget, count=count)

    def _place(self, message: Message, persona: Persona, history: list[Message]) -> str:
        """Where it speaks, and who is there (CHAR-17)."""
        channel = message.channel
        if channel.dm:
            return f"You are in a private conversation with {_name(message.author.name)}."
        people = dict.fromkeys(
            _name(each.author.name) for each in (*history, message) if each.kind == "message" and not each.author.bot
        )
        others = [each.label for each in self._plugin.host.living_in(channel) if each.name != persona.name]
        lines = [_where(channel)]
        if people:
            lines.append(f"People who spoke here lately: {', '.join([*people][-MOST_PRESENT:])}.")
        if others:
            lines.append(f"Other characters here: {', '.join(others[:MOST_PRESENT])}.")
        return " ".join(lines)


def _where(channel: Channel) -> str:
    thread = " (a thread)" if channel.thread_of else ""
    return f"You are in the channel {_name(channel.name) or 'without a name'}{thread} of {_name(channel.guild.name)}."


def _name(text: str) -> str:
    """A name as people wrote it, on one short line."""
    return " ".join(text.split())[:64]


def _user(message: Message) -> str:
    return _name(message.author.name) if message.channel.dm and message.author.name else "the person you talk to"

"""Characters with several modes go from one to the next, and know it."""

from __future__ import annotations

from collections import OrderedDict
from functools import partial
from typing import TYPE_CHECKING

from butler_persona_claude.character import Character
from butler_persona_claude.tables import Mood

if TYPE_CHECKING:
    from butler_persona_claude.plugin import PersonaClaude

State = tuple[int, int, int]
"""The mode, the one before it, and how often it spoke in it."""
MOST = 5_000
"""So many are kept in mind; others are read again."""


class Moods:
    """In which mode each character is, channel by channel."""

    def __init__(self, plugin: PersonaClaude) -> None:
        self._plugin = plugin
        self._known: OrderedDict[tuple[str, str], State] = OrderedDict()

    async def told(self, who: Character, channel: str) -> str:
        """What it is told of its mode; ``""`` for a character without modes."""
        if not who.modes:
            return ""
        mode, before, replies = await self._state(who.name, channel)
        now = who.modes[mode % len(who.modes)]
        text = f"Your mode now is “{now.name}”: {now.prompt}"
        if who.glitch and mode != before and replies == 0:
            former = who.modes[before % len(who.modes)].name
            text += f"\n{who.glitch.replace('{{from}}', former).replace('{{to}}', now.name)}"
        return text

    async def _state(self, persona: str, channel: str) -> State:
        key = (persona, channel)
        if key not in self._known:
            self._keep(key, await self._plugin.host.db.read(partial(_load, persona, channel)))
        return self._known[key]

    def _keep(self, key: tuple[str, str], state: State) -> None:
        self._known[key] = state
        self._known.move_to_end(key)
        if len(self._known) > MOST:
            self._known.popitem(last=False)

    def spoke(self, who: Character, channel: str) -> None:
        """It has answered; after so many answers the next mode begins."""
        key = (who.name, channel)
        if not who.modes or not who.mode_every or key not in self._known:
            return
        mode, before, replies = self._known[key]
        if replies + 1 >= who.mode_every:
            state = ((mode + 1) % len(who.modes), mode % len(who.modes), 0)
        else:
            state = (mode, before, replies + 1)
        self._keep(key, state)
        self._plugin.host.db.defer(partial(_save, who.name, channel, state))

    async def choose(self, who: Character, channel: str, mode: int) -> None:
        """It is in a mode from now on, until the next one begins."""
        now, _, _ = await self._state(who.name, channel)
        state = (mode, now % len(who.modes), 0)
        self._keep((who.name, channel), state)
        await self._plugin.host.db.write(partial(_save, who.name, channel, state))


def _load(persona: str, channel: str) -> State:
    row = Mood.get_or_none(Mood.persona == persona, Mood.channel == channel)
    return (row.mode, row.before, row.replies) if row else (0, 0, 0)


def _save(persona: str, channel: str, state: State) -> None:
    changed = dict(zip(("mode", "before", "replies"), state, strict=True))
    Mood.insert(persona=persona, channel=channel, **changed).on_conflict(
        conflict_target=[Mood.persona, Mood.channel], update=changed
    ).execute()

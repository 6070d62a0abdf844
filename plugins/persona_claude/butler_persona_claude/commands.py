"""What people type: begin anew, take things back, have another answer, see where one stands."""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from butler import (
    Action,
    Button,
    Call,
    Choice,
    CommandError,
    Menu,
    Message,
    ModelError,
    OverBudget,
    Plugin,
    Rank,
    Reply,
    action,
    command,
)

from butler_persona_claude import tables as kept

if TYPE_CHECKING:
    from butler_persona_claude.casting import Casting
    from butler_persona_claude.offices import Offices

LOOKED_AT = 200
"""So many messages of a channel are looked at."""
MOST_FORGOTTEN = 10
SHORT = 40


class Commands(Plugin):
    """For everybody."""

    casting: Casting
    offices: Offices

    @command(name="reset_conversation", confirm="This conversation begins anew; core memories stay. Go on?")
    async def reset_conversation(self, call: Call) -> str:
        """Begin this conversation anew; what characters remember of people stays. In a guild for managers.

        Example: /reset_conversation
        """
        if not call.channel.dm and call.channel.members > 2 and self.host.rank(call.person, call.guild) < Rank.MANAGER:
            raise CommandError("this is everybody's conversation", remedy="ask a manager, or talk in private")
        last = await self.host.history(call.channel, limit=1)
        seq = (last[-1].seq if last else 0) + 1
        self.host.db.defer(partial(kept.begin, call.channel.id, seq))
        self.offices.begins[call.channel.id] = seq
        return "This conversation begins anew. What I remember of you stays."

    # --- taking things back -----------------------------------------------------------------------------

    @command(name="forget_last", ephemeral=True)
    async def forget_last(self, call: Call, count: int = 5) -> Reply:
        """Pick things that you said lately, with the answers, to be taken out of the conversation.

        count: how many are shown, at most 10
        Example: /forget_last 3
        """
        if not 1 <= count <= MOST_FORGOTTEN:
            raise CommandError(f"{count} is too {'many' if count > 0 else 'few'}", remedy=f"from 1 to {MOST_FORGOTTEN}")
        pairs = pairs_of(await self._history(call), call.person.id)[-count:]
        if not pairs:
            raise CommandError("no character has answered you here lately")
        choices = tuple(
            Choice(f"{_short(said.text)} → {_short(answer.text)}", f"{said.seq},{answer.seq}") for said, answer in pairs
        )
        menu = Menu("forget_pairs", choices, label="What is to be forgotten?", most=len(choices))
        return Reply("Pick what is to be forgotten.", menus=(menu,), only=(call.person.id,))

    @action("forget_pairs", ephemeral=True)
    async def forget_pairs(self, call: Call, value: str) -> None:
        """Ask whether that is to be so."""
        count = len(call.chosen)
        yes = Button("Forget", "forget_pairs_now", ",".join(call.chosen), "danger")
        no = Button("Keep", "keep_pairs")
        text = f"{count} pair{'s' if count > 1 else ''} will be gone from this conversation. Go on?"
        await call.update(text, buttons=(yes, no), only=(call.person.id,))

    @action("keep_pairs", ephemeral=True)
    async def keep_pairs(self, call: Call, value: str) -> None:
        """Nothing is forgotten."""
        await call.update("Nothing is forgotten.")

    @action("forget_pairs_now", ephemeral=True)
    async def forget_pairs_now(self, call: Call, value: str) -> None:
        """Take them out of history and search."""
        wanted = {int(seq) for seq in value.split(",") if seq.isdigit()}
        mine = [each for pair in pairs_of(await self._history(call), call.person.id) for each in pair]
        gone = await self.host.erase([each.id for each in mine if each.seq in wanted])
        await call.update(f"Forgotten: {gone} messages." if gone else "They are gone already.")

    async def _history(self, call: Call) -> list[Message]:
        begins = self.offices.begins.get(call.channel.id, 0)
        found: list[Message] = await self.host.history(call.channel, limit=LOOKED_AT)
        return [each for each in found if each.seq >= begins and each.text]

    # --- another answer ---------------------------------------------------------------------------------

    @command(ephemeral=True, cooldown=3)
    async def reroll(self, call: Call, *, context: str = "") -> Reply:
        """See another answer to what you said last, and take it or leave it. Nobody else sees it meanwhile.

        context: what it should heed; may be out of character
        Example: /reroll shorter, and mention the rain
        """
        pairs = pairs_of(await self._history(call), call.person.id)
        if not pairs:
            raise CommandError("no character has answered you here lately")
        await call.defer()
        return await self._preview(call, *pairs[-1], context)

    async def _preview(self, call: Call, said: Message, answer: Message, context: str) -> Reply:
        note = "Answer otherwise than you would at first."
        note += f" Beside the conversation, the person who asks wishes this of the answer: {context}" if context else ""
        try:
            text = await self.host.rehearse(answer.author.persona, said, note)
        except OverBudget as error:
            raise CommandError(str(error.args[0]), remedy=error.remedy) from None
        except ModelError:
            raise CommandError("no other answer could be had just now", remedy="try again in a moment") from None
        told: Any = self.settings_for(call.channel, call.person)
        value = json.dumps([said.id, answer.id, text, context])
        buttons = (
            Button("Accept", "reroll_accept", value, "success"),
            Button("Dismiss", "reroll_dismiss"),
            Button("Redo", "reroll_redo", value),
        )
        return Reply(text, buttons=buttons, only=(call.person.id,), lasts=told.reroll_timeout_seconds)

    @action("reroll_accept", ephemeral=True)
    async def reroll_accept(self, call: Call, value: str) -> None:
        """Put it in the place of the former answer."""
        _, identifier, text, _ = json.loads(value)
        answer = await self.host.message(identifier)
        if answer is None or not answer.text:
            raise CommandError("the former answer is gone")
        reply, key = Reply(text, persona=answer.author.persona), f"reroll {call.on or answer.id}"
        if self.host.can("edit", call.channel):
            await self.host.act(Action("edit", call.channel.id, answer.id, reply), key)
            await self.host.amend(identifier, text)
        else:
            await self.host.act(Action("send", call.channel.id, reply=reply), key)
            await self.host.erase([answer.id])
        await call.update("Taken.")

    @action("reroll_dismiss", ephemeral=True)
    async def reroll_dismiss(self, call: Call, value: str) -> None:
        """Everything stays as it was."""
        await call.update("Left as it was.")

    @action("reroll_redo", ephemeral=True)
    async def reroll_redo(self, call: Call, value: str) -> None:
        """Yet another one."""
        said, answer, _, context = json.loads(value)
        messages = [await self.host.message(each) for each in (said, answer)]
        if messages[0] is None or messages[1] is None or not all(each and each.text for each in messages):
            raise CommandError("the former answer is gone")
        await call.update(await self._preview(call, messages[0], messages[1], context))

    # --- where one stands -------------------------------------------------------------------------------

    @command(ephemeral=True)
    async def status(self, call: Call) -> str:
        """Say where you stand: tokens, model, how long this conversation is, what is remembered.

        Example: /status
        """
        sums = [each for account in self.host.who(call.person).accounts for each in await self._sums(account)]
        tokens = sum(each.input + each.cached + each.written + each.output for each in sums)
        cost = sum(each.cost for each in sums) / 1_000_000
        unknown = sum(each.unpriced for each in sums)
        money = f"{cost:.4f}" + (f", and {unknown} calls whose price is not known" if unknown else "")
        tier = "premium" if self.offices.is_premium(call.person) else "default"
        remembered = await self.host.ask("memory:count", call.person, guild=call.guild)
        lines = [
            f"Tokens in 30 days: {tokens} (cost {money})",
            f"Model: {tier}",
            f"This conversation: {len(await self._history(call))} messages",
        ]
        if remembered is not None:
            lines.append(f"Remembered of you: {remembered}")
        return "\n".join(lines)

    async def _sums(self, account: str) -> Sequence[Any]:
        return await self.host.models.usage(("person",), only={"person": account})


def pairs_of(history: Sequence[Message], person: str) -> list[tuple[Message, Message]]:
    """What somebody said, each with a character's answer to it, oldest first."""
    mine = {each.id: each for each in history if each.author.id == person}
    return [(mine[each.reply_to], each) for each in history if each.author.persona and each.reply_to in mine]


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= SHORT else f"{line[: SHORT - 1]}…"

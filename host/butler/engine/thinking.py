"""How a persona comes to its answer: the prompt is fitted, a model asked, tools run for it, until it has said it."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import attrs
from attrs import define, field, frozen

from butler.clock import Clock
from butler.config import HostSettings
from butler.engine.anchors import SUMMARISED, Anchors
from butler.engine.live import Live
from butler.engine.prompt import NEVER_DROPPED, Assembled, as_prompt, assemble
from butler.engine.steps import Step
from butler.engine.trace import NOTHING
from butler.errors import ModelError
from butler.model import Channel, Guild, Message, Person, Persona, Section, Use
from butler.provider import Completion, Prompt, ToolSpec, Turn, Usage
from butler.services.llm import Asking, Choice, Models
from butler.services.text import QUOTE_RULE, quoted
from butler.services.tools import Offered, Tools
from butler.store.journal import Journal

MAX_TOKENS = 1250
MOST_CALLS = 8
"""So many tools are run for one round; what is asked beyond that is answered that it was too much."""


@frozen
class Thought:
    """An answer, who gave it, and all that it took."""

    text: str
    choice: Choice
    completion: Completion
    usage: Usage
    prompt: Assembled
    tools: tuple[tuple[str, bool], ...]
    """The tools that were asked for, and whether each worked."""


@define(eq=False)
class Course:
    """One answer under way."""

    step: Step
    persona: Persona
    sections: Sequence[Section]
    use: Use
    history: Sequence[Message]
    heard: Sequence[Message]
    asker: Person | None
    tools: dict[str, Offered]
    rounds: list[Turn] = field(factory=list)
    said: list[str] = field(factory=list)
    used: Usage = NOTHING
    asked: list[tuple[str, bool]] = field(factory=list)
    assembled: Assembled | None = None

    @property
    def specs(self) -> tuple[ToolSpec, ...]:
        return tuple(each.spec for each in self.tools.values())

    def prompt(self, choice: Choice) -> Prompt:
        """Fitted to one model's window."""
        answer = self.use.max_tokens or MAX_TOKENS
        if choice.facts.output:
            answer = min(answer, choice.facts.output)
        count = choice.provider.count
        taken = 0
        if self.rounds or self.tools:
            taken = sum([count(turn.text) + count(str(turn.calls)) for turn in self.rounds])
            taken += sum([count(f"{spec.name}{spec.description}{spec.parameters}") for spec in self.specs])
        self.assembled = assemble(
            self.persona, self.sections, self.history, self.step.message, self.heard,
            room=choice.window - answer - taken, count=count,
        )  # fmt: skip
        made = as_prompt(
            self.assembled, choice.model, max_tokens=answer,
            temperature=self.use.temperature if choice.facts.temperature else None,
            persona=self.persona.name, key=f"{self.step.message.channel.id}/{self.persona.name}",
        )  # fmt: skip
        if not self.rounds and not self.tools:
            return made
        return attrs.evolve(made, turns=(*made.turns, *self.rounds), tools=self.specs)


class Thinking:
    """Answers for personas of one host."""

    def __init__(
        self,
        models: Models,
        tools: Tools,
        journal: Journal,
        clock: Clock,
        told: Callable[[Message, str], HostSettings],
        home: Callable[[Channel], Guild],
    ) -> None:
        """``told``: the host's settings that hold for a message and a persona; ``home``: which guild pays for it."""
        self._models = models
        self._tools = tools
        self._journal = journal
        self._clock = clock
        self._told = told
        self._home = home
        self.anchors = Anchors()

    async def answer(
        self, step: Step, persona: Persona, sections: Sequence[Section], use: Use, live: Live | None
    ) -> Thought:
        """What the persona says. Raises ``Denied``, ``OverBudget`` or ``ModelError``."""
        told = self._told(step.message, persona.name)
        course = await self.course(step, persona, sections, use, told)
        names = (use.model, *persona.model) if use.model else persona.model
        return await self._rounds(course, self._models.chain(names), told, live)

    async def course(
        self, step: Step, persona: Persona, sections: Sequence[Section], use: Use, told: HostSettings
    ) -> Course:
        """Everything that goes into the prompt."""
        message = step.message
        scanback = max(told.scanback, SUMMARISED) if any(each.whole for each in sections) else told.scanback
        history = await self._journal.recovery.history(
            message.channel.id, before=message.seq, limit=self.anchors.reach(scanback)
        )
        heard = await self._journal.recovery.said_before(step.turn, message.seq) if step.follows else ()
        shown = self.anchors.cut(message.channel.id, persona.name, history, scanback, _covered(sections))
        tools = self._tools.offered(step.table.enabled) if told.tool_rounds else {}
        if tools:
            sections = (Section(QUOTE_RULE, priority=NEVER_DROPPED, stable=True, owner="host"), *sections)
        return Course(step, persona, sections, use, shown, heard, asker_of(message, history), tools)

    async def _rounds(self, course: Course, chain: Sequence[Choice], told: HostSettings, live: Live | None) -> Thought:
        message, ends = course.step.message, self._clock.monotonic() + told.model_deadline
        asking = Asking(
            course.asker, self._home(message.channel), course.persona.name,
            purpose="reply" if message.kind == "message" else "nudge", seq=message.seq,
        )  # fmt: skip
        for _ in range(told.tool_rounds + 1):
            choice, completion = await self._models.complete(
                chain, course.prompt, asking,
                deadline=max(0.0, ends - self._clock.monotonic()), say=live.say if live else None,
            )  # fmt: skip
            course.used += completion.usage
            if completion.text.strip():
                course.said.append(completion.text)
            if not completion.calls:
                break
            if live is not None:
                live.part()
            await self._run_tools(course, completion)
            chain = [choice]  # what it asked for is an entry of its own form: the same model goes on
        assert course.assembled is not None
        text = "\n\n".join(part.strip("\n") for part in course.said)
        if not text:
            raise ModelError(_nothing_said(completion), remedy="try another model, or raise max_tokens")
        return Thought(text, choice, completion, course.used, course.assembled, tuple(course.asked))

    async def _run_tools(self, course: Course, completion: Completion) -> None:
        """Run what was asked for; results are data, whatever they say."""
        course.rounds.append(Turn("assistant", completion.text, calls=completion.calls))
        nobody = Person(f"{course.step.message.channel.platform}:nobody", "nobody")
        for number, call in enumerate(completion.calls):
            if number >= MOST_CALLS:
                course.rounds.append(Turn("tool", "too many tools at once", answers=call.id, failed=True))
                continue
            turn = await self._tools.run(call, course.step.table.enabled, course.asker or nobody, course.step.message)
            course.asked.append((call.name, not turn.failed))
            course.rounds.append(attrs.evolve(turn, text=quoted(turn.text, f"tool {call.name}")))


def _covered(sections: Sequence[Section]) -> int:
    """Where the history begins that is wanted whole; 0 if none is."""
    whole = any(section.whole for section in sections)
    return max([section.covers for section in sections], default=0) if whole else 0


def _nothing_said(completion: Completion) -> str:
    if completion.stop == "refusal":
        return "the model refused to answer"
    return "the model asked for tools again and again" if completion.calls else "the model said nothing"


def asker_of(message: Message, history: Sequence[Message]) -> Person | None:
    """The human who began it: who wrote, else who spoke last before the bots did; ``None`` for the host's own nudge."""
    if message.kind == "nudge":
        return None
    if not message.author.bot:
        return message.author
    human = next((each.author for each in reversed(history) if not each.author.bot and each.kind == "message"), None)
    return human or message.author

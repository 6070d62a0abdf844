"""A language model that says what the test wants, and remembers what it was asked."""

from __future__ import annotations

import asyncio
import json
import re
from collections import deque
from collections.abc import Callable, Sequence
from typing import Any

from butler.errors import ModelError, ModelUnavailable
from butler.model import Model
from butler.provider import Completion, Listener, Prompt, Provider, ToolCall, Usage

Said = str | ToolCall | Sequence[ToolCall]
"""A text, or the tools that are asked for."""
Answer = Said | Callable[[Prompt], Said] | Exception
"""What is said, what makes it out of the prompt, or what is raised instead."""


class ScriptedModel(Provider):
    """A provider named ``script``. Answers come from :meth:`say`, else from a rule that fits, else ``otherwise``."""

    name = "script"
    settings = object

    def __init__(self) -> None:
        super().__init__(None, None)
        self.prompts: list[Prompt] = []
        """Every prompt that it got, in order."""
        self.otherwise: Answer = "Very well."
        self.pace = 0.0
        """Seconds between two words of an answer that is streamed."""
        self.delay = 0.0
        """Seconds (virtual ones in a house) that each answer takes."""
        self.context = 8192
        """Tokens that it takes, answer included."""
        self.price = 1_000_000
        """Micro-units of the currency for a million tokens of input: one for each token."""
        self.priced = True
        """Whether what it costs is known."""
        self._calls = 0
        self._next: deque[Answer] = deque()
        self._rules: list[tuple[re.Pattern[str], Answer]] = []

    def say(self, *answers: Answer) -> None:
        """Answer the next prompts with these, one each."""
        self._next.extend(answers)

    def rule(self, pattern: str, answer: Answer) -> None:
        """Answer so whenever the newest turn matches (a regular expression, found anywhere, in any case)."""
        self._rules.append((re.compile(pattern, re.IGNORECASE), answer))

    def call(self, tool: str, **arguments: Any) -> None:
        """Answer the next prompt by asking for a tool."""
        self._calls += 1
        self.say(ToolCall(f"call-{self._calls}", tool, arguments))

    def fail(self, times: int = 1, reason: str = "the model is overloaded") -> None:
        """Fail the next prompts."""
        self.say(*[ModelError(reason)] * times)

    def garbage(self) -> None:
        """Answer the next prompt with text that no people write: control characters, lone surrogates, no end."""
        self.say("\x00\ud800\u202e" + "�" * 50 + "```\n" + "a\u0301\u0302\u0303" * 3000)

    @property
    def asked(self) -> str:
        """The newest turn of the last prompt. Raises ``IndexError`` if it was never asked."""
        return self.prompts[-1].turns[-1].text

    async def complete(self, prompt: Prompt) -> Completion:
        """Answer. Raises what the script says."""
        self.prompts.append(prompt)
        answer = self._answer(prompt)
        if self.delay:
            await asyncio.sleep(self.delay)
        if isinstance(answer, Exception):
            raise answer
        said = answer(prompt) if callable(answer) else answer
        text = said if isinstance(said, str) else ""
        calls = () if isinstance(said, str) else (said,) if isinstance(said, ToolCall) else tuple(said)
        usage = Usage(sum(self.count(turn.text) for turn in prompt.turns), self.count(text))
        data = _parsed(text) if prompt.schema is not None else None
        return Completion(text, usage, prompt.model, "tools" if calls else "end", calls, data)

    async def stream(self, prompt: Prompt, hear: Listener) -> Completion:
        """Answer word by word, all in one moment."""
        completion = await self.complete(prompt)
        for piece in re.findall(r"\S+\s*|\s+", completion.text):
            hear.text(piece)
            await asyncio.sleep(self.pace)
        return completion

    def _answer(self, prompt: Prompt) -> Answer:
        if self._next:
            return self._next.popleft()
        newest = prompt.turns[-1].text
        fits = [answer for pattern, answer in self._rules if pattern.search(newest)]
        return fits[0] if fits else self.otherwise

    def model(self, name: str) -> Model:
        """Its window is ``context``, its prices are ``price`` and five times that."""
        price = self.price if self.priced else None
        return Model(name, window=self.context, input_price=price, output_price=price and 5 * price)

    def count(self, text: str) -> int:
        """A token for each four characters, so that tests can reckon."""
        return len(text) // 4 + 1


def _parsed(text: str) -> Any:
    """Structured output. Raises ``ModelUnavailable``, as a real provider does, where it is no JSON."""
    try:
        return json.loads(text)
    except ValueError as error:
        raise ModelUnavailable(f"the answer is no JSON ({error})") from None

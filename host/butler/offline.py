"""The model that needs none: answers from the persona's own material, and says how to set up a real one (HOST-19)."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from rapidfuzz import fuzz, process

from butler.model import Model, Persona
from butler.provider import Completion, Prompt, Provider, Usage

NOTICE = (
    "(No language model is configured, so I answer from what I have at hand. To set one up: install a provider's "
    "package, for example `pip install butler-llm-openai`, put its key into `.env`, and name the model in "
    'butler.toml: `model = "openai:…"` under `[personas.{name}]`.)'
)

GREETINGS = re.compile(r"\b(hi|hello|hey|good (morning|evening|afternoon)|moin|hallo|greetings|yo)\b", re.IGNORECASE)
WHO = re.compile(r"\b(who|what) are you\b|\bintroduce yourself\b|\byour name\b", re.IGNORECASE)
HELP = re.compile(r"\b(help|commands?|what can you do|how do(es)? (this|it|you) work)\b", re.IGNORECASE)
THANKS = re.compile(r"\b(thanks?|thank you|thx|cheers)\b", re.IGNORECASE)


class Offline(Provider):
    """Retrieval over greeting, examples and commands; deterministic, instant, free."""

    name = "offline"
    settings = object
    free = True

    def __init__(
        self, persona: Callable[[str], Persona | None], commands: Callable[[], dict[str, str]], config: Any = None
    ) -> None:
        super().__init__(None, config)
        self._persona = persona
        self._commands = commands
        self._told: set[str] = set()

    async def complete(self, prompt: Prompt) -> Completion:
        """Answer the newest turn of the prompt."""
        persona = self._persona(prompt.persona) or Persona(prompt.persona or "Butler")
        asked = prompt.turns[-1].text.partition(": ")[2] or prompt.turns[-1].text
        text = self._answer(persona, asked)
        if persona.name not in self._told and persona.model in ((), ("offline",)):
            self._told.add(persona.name)
            text = f"{text}\n\n{NOTICE.format(name=persona.name)}"
        usage = Usage(sum(self.count(turn.text) for turn in prompt.turns), self.count(text))
        return Completion(text, usage, "offline")

    def model(self, name: str) -> Model:
        """As large as a small real model, so that prompts are fitted here as they would be there; free."""
        return Model(name, window=8192, input_price=0, output_price=0)

    def _answer(self, persona: Persona, asked: str) -> str:
        examples = dict(persona.examples)
        best = process.extractOne(asked, list(examples), scorer=fuzz.token_set_ratio, score_cutoff=75)
        if best:
            return examples[best[0]]
        if WHO.search(asked):
            return persona.greeting or f"I am {persona.label}."
        if HELP.search(asked):
            return self._menu()
        if THANKS.search(asked):
            return "You are welcome."
        command = self._command_for(asked)
        if command:
            return command
        if GREETINGS.search(asked):
            return persona.greeting or f"Good day. I am {persona.label}."
        return f"I heard you say “{_short(asked)}”, and I have nothing fitting at hand. `/help` shows what I can do."

    def _menu(self) -> str:
        lines = [f"- `/{name}`: {about}" for name, about in sorted(self._commands().items())]
        return "This is what I can do:\n" + "\n".join(lines)

    def _command_for(self, asked: str) -> str:
        menu = self._commands()
        words = [word for word in re.findall(r"\w+", asked.casefold()) if word in menu]
        return f"For that there is `/{words[0]}`: {menu[words[0]]}" if words else ""


def _short(text: str, limit: int = 80) -> str:
    line = " ".join(text.split())
    return line if len(line) <= limit else f"{line[: limit - 1]}…"

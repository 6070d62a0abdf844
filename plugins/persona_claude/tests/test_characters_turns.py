"""Turn-taking over thousands of scripted messages: who is spoken to answers, once each, in order (CHAR-7, CHAR-15)."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from butler.testing import House

Stage = Callable[..., House]
CAST = ("Nyx", "Pixel", "Sera", "Old Tom")
TOML = tuple(f"name = '{name}'\n" for name in CAST)
FREE = (
    "[host]\nbudget_person_hour_requests = 100000\nbudget_guild_day_requests = 100000\n"
    "[guilds.'test:den'.plugins.persona_claude]\nenabled = true\n"
)
Case = tuple[str, tuple[str, ...]]
"""A text, and who answers it, in order."""

NAMED = (
    "{0}, are you there?", "hello {0}", "{0}!", "what do you say, {0}?", "@{0} please", "ask {0} about it", "*{0}*",
    "{0}: a question", "({0}) psst", "I think {0} is right", "**{0}** help", "{0}'s turn", "so … {0}?", "hey {0} 😀",
    "no,{0},wait", "LISTEN {0}", "dear {0}\nhow are you", "{0}", "well {0}. well.", "{0}/anyone?",
)  # fmt: skip
TWO = (
    "{0} and {1}, who is right?", "{0}, {1}: hello", "hello {0}! hello {1}!", "{0} or {1}?", "@{0} @{1}",
    "{0} what does {1} think", "{0}\n{1}", "first {0}, then {1}, then {0} again",
)  # fmt: skip
NOBODY = (
    "the {0}ian way", "sub{0}", "pre{0}ed", "{0}s are many", "x{0}x", "`{0}` is code", "```\n{0} speaks\n```",
    '"{0}, come here" is what he said', "she said “ask {0}” and left", "«{0}» was on the door", "> {0}, are you there?",
    ">>> {0}\n{0} again", "see https://example.org/{0}", "write to {0}@example.org", "a_{0}_b is a variable",
    "he shouted 'ask {0}' at me", "‘{0}’, it read",
)  # fmt: skip
PLAIN = (
    "what do you think?", "he is right", "she said so", "they left", "it is raining", "you are funny", "thanks!",
    "good morning all", "does anybody know?", "lol", "…", "who knows", "tell me more", "and you?", "is it him or her?",
)  # fmt: skip


FILLERS = ("well, ", "hm. ", "ok so ", "by the way, ", "🙂 ")


def _spellings(name: str) -> Iterator[str]:
    yield from (name, name.lower(), name.upper())


def _cases() -> Iterator[Case]:
    for text, name in itertools.product(NAMED, CAST):
        yield from ((text.format(spelt), (name,)) for spelt in _spellings(name))
    for text, pair in itertools.product(TWO, itertools.permutations(CAST, 2)):
        yield text.format(*pair), pair
        yield text.format(*pair).lower(), pair
    for text, name in itertools.product(NOBODY, CAST):
        yield from ((text.format(spelt), ()) for spelt in _spellings(name))
    for text, (quoted, named) in itertools.product(NOBODY, itertools.permutations(CAST, 2)):
        yield f"{named}, look: {text.format(quoted)}" if not text.startswith(">") else "", (named,)
    for text, name, filler in itertools.product(NAMED, CAST, FILLERS):
        yield filler + text.format(name), (name,)
    for text, name, filler in itertools.product(NOBODY, CAST, FILLERS):
        if text[0] not in ">`":
            yield filler + text.format(name), ()
    for text, trio in itertools.product(("{0}, {1}, {2}", "{2}? {0}? {1}?"), itertools.permutations(CAST, 3)):
        order = trio if text.startswith("{0}") else (trio[2], trio[0], trio[1])
        yield text.format(*trio), order
    for text, filler in itertools.product(PLAIN, ("", *FILLERS)):
        yield filler + text, ()
    for text, name in itertools.product(PLAIN, CAST):
        for form in ("{1}, {0}", "{0} {1}", "{0} — {1}!", "({1}) {0}"):
            yield form.format(text, name), (name,)
            yield form.format(text, name.lower()), (name,)


CASES = [case for case in dict.fromkeys(_cases()) if case[0]]


def test_there_are_thousands_of_cases() -> None:
    """CHAR-15."""
    assert len(CASES) >= 2_000


def _spoke(house: House, before: int) -> tuple[str, ...]:
    return tuple(shown.reply.persona for shown in house.shown[before:])


@pytest.mark.parametrize("part", range(8))
def test_who_is_spoken_to_answers_once_and_in_order(stage: Stage, part: int) -> None:
    """CHAR-7, CHAR-15: named, two and three named, pronoun, quotation, inside a word."""
    house = stage(*TOML, toml=FREE)
    wrong = []
    for text, expected in CASES[part::8]:
        before = len(house.shown)
        house.say("ann", text)
        if (spoke := _spoke(house, before)) != expected:
            wrong.append((text, expected, spoke))
    assert not wrong, "\n".join(map(repr, wrong))


def test_a_reply_to_a_characters_words_is_answered_by_it(stage: Stage) -> None:
    """CHAR-15: reply-to; with another one named both answer, each once."""
    house = stage(*TOML, toml=FREE)
    for name, other in itertools.permutations(CAST, 2):
        house.say("ann", f"{name}?")
        said = house.shown[-1]
        for text, expected in (("why?", (name,)), (f"{name}, why?", (name,)), (f"{other}, why?", (other, name))):
            before = len(house.shown)
            house.say("ann", text, reply_to=said.id)
            assert _spoke(house, before) == expected, text


PLURALS = ("what do you two think?", "both of you, answer", "you both are right", "y'all ready?", "all of you agree?")


@pytest.mark.parametrize("text", PLURALS)
def test_a_plural_is_settled_by_the_model_and_answered_once_each(stage: Stage, text: str) -> None:
    """CHAR-7, CHAR-15."""
    house = stage(*TOML, toml=FREE)
    for pair in itertools.combinations(CAST, 2):
        votes = [{"character": name, "reply": name in pair, "reason": "meant"} for name in CAST]
        answer: Any = json.dumps({"samples": [{"votes": votes}] * 3})
        house.model.say(answer)
        before = len(house.shown)
        house.say("ann", text)
        assert _spoke(house, before) == pair
    assert house.misdeeds == []

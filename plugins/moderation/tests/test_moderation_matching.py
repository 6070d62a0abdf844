"""What is found and what is not, and what it costs (MOD-2)."""

from __future__ import annotations

import pytest
from butler import CommandError
from butler_moderation.folding import Folder
from butler_moderation.patterns import LARGEST, Patterns, expression
from butler_moderation.rules import rule_of
from butler_moderation.ruleset import AT_ONCE, RuleSet
from butler_moderation.said import Said
from butler_moderation.testing import BANNED, evasions, innocent

HELD_BACK = 20_261  # the seeds below were looked at while this was built; this one never was
SEEN = 7


@pytest.fixture
def rules() -> RuleSet:
    return RuleSet([rule_of("insults", {"kind": "words", "what": list(BANNED)})], Folder())


def missed(rules: RuleSet, seed: int) -> list[str]:
    return [text for text in evasions(seed, 700) if not rules.judge(Said(text))]


def alarms(rules: RuleSet, seed: int) -> list[str]:
    return [text for text in innocent(seed, 700) if rules.judge(Said(text))]


@pytest.mark.parametrize("seed", [SEEN, HELD_BACK])
def test_of_a_thousand_evasions_few_get_past(rules: RuleSet, seed: int) -> None:
    assert len(missed(rules, seed)) <= 0.05 * 700, missed(rules, seed)


@pytest.mark.parametrize("seed", [SEEN, HELD_BACK])
def test_of_a_thousand_innocent_texts_hardly_one_is_suspected(rules: RuleSet, seed: int) -> None:
    assert len(alarms(rules, seed)) <= 0.01 * 700, alarms(rules, seed)


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("Ιdіοt", "idiot"), ("𝓲𝓭𝓲𝓸𝓽", "idiot"), ("🅸🅳🅸🅾🆃", "idiot"), ("🇮🇩🇮🇴🇹", "idiot"), ("ɪᴅɪᴏᴛ", "idiot"),
        ("i\u200bd\u2060iot", "idiot"), ("i̷̢d̵i̶o̸t̴", "idiot"),
        ("ｉｄｉｏｔ", "idiot"), ("⒤⒟⒤⒪⒯", "idiot"), ("МОRОN", "moron"),
        ("сор мусор жизнь", "сор мусор жизнь"), ("한국어", "한국어"), ("日本語", "日本語"),
        ("हिन्दी", "हिन्दी"), ("مرحبا", "مرحبا"),
    ],
)  # fmt: skip
def test_look_alikes_are_read_as_letters_and_other_scripts_stay(written: str, read: str) -> None:
    assert Folder().fold(written) == read


HOSTILE = (
    "(a+)+$", "(a|a)*b", "(.*)(.*)(.*)(.*)(.*)(.*)x", "(x+x+)+y", "((a{1,30}){1,20})b", "[ab]*a[ab]{400}c",
    "(?:.*a){60}b", "(?:(?:a|b|ab|ba|.)*c?){30}z", "(?:a?){450}a{450}",
)  # fmt: skip


@pytest.mark.parametrize("hostile", HOSTILE)
@pytest.mark.parametrize("text", ["a" * 4000, "ab" * 2000 + "!", "xaбé" * 1000, "a" * 300])
def test_no_expression_however_hostile_is_much_work_on_the_event_loop(hostile: str, text: str) -> None:
    """RE2 takes at most one step of the program for each letter: what may be many goes to a thread, GIL released."""
    rules = RuleSet([rule_of("x", {"kind": "regex", "what": [hostile]})], Folder())
    steps = expression(hostile).programsize
    assert rules.is_slow(text) or len(text) * steps <= AT_ONCE
    rules.judge(Said(text))


@pytest.mark.parametrize("large", ["[^q]{900}q", r"\pL{500}\d", "(?:a?){1000}a{1000}", "((a{1,30}){1,30})b"])
def test_an_expression_that_would_be_much_work_is_refused(large: str) -> None:
    with pytest.raises(CommandError, match=r"too large|cannot be used"):
        Patterns([(large, None)])


def test_all_expressions_of_a_guild_together_are_bounded() -> None:
    with pytest.raises(CommandError, match="too large together"):
        Patterns([(f"(?:a?b{number}){{80}}c", None) for number in range(60)])
    assert LARGEST == 1500

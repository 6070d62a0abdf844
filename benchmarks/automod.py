"""Automod: what 200 rules cost a message, and how long the most hostile expressions hold up the event loop (MOD-2)."""

from __future__ import annotations

import asyncio
import statistics
import time

from butler_moderation.folding import Folder
from butler_moderation.rules import Rule, rule_of
from butler_moderation.ruleset import RuleSet
from butler_moderation.said import Said
from butler_moderation.testing import evasions, innocent

from benchmarks.measure import Row, Size, cpu

TARGET, PAUSE = 1.0, 50.0
"""Milliseconds."""
COUNTING = ("caps", "emoji", "lines", "mentions", "zalgo", "links", "invites", "files")
HOSTILE = ("(a+)+$", "(.*)(.*)(.*)(.*)x", "((a{1,30}){1,20})b", "[ab]*a[ab]{400}c", "(?:.*a){60}b", "(?:a?){450}a{450}")


def rules() -> list[Rule]:
    """200 of them: words, wildcards, expressions, and what counts something."""
    made = [rule_of(f"w{n}", {"kind": "words", "what": [f"word{n}x", f"bad{n}*"]}) for n in range(100)]
    made += [rule_of(f"r{n}", {"kind": "regex", "what": [f"fr[e3]+{n}x"]}) for n in range(60)]
    return made + [rule_of(f"c{n}", {"kind": COUNTING[n % len(COUNTING)]}) for n in range(40)]


async def measure(size: Size) -> list[Row]:
    """A message against 200 rules; then the loop's longest pause beside each hostile expression."""
    compiled = RuleSet(rules(), Folder())
    texts = [Said(text) for text in [*evasions(3, size.of(2_000, 20)), *innocent(3, size.of(2_000, 20))]]
    times = []
    for text in texts:
        began = cpu()
        compiled.judge(text)
        times.append((cpu() - began) * 1e3)
    median = statistics.median(times)
    note = f"the slowest of a hundred: {sorted(times)[len(times) * 99 // 100]:.2f} ms"
    load = f"{len(texts):,} texts, half of them evasions, against 200 rules: words, wildcards, expressions, counts"
    worst = max([await _pause(expression) for expression in HOSTILE])
    held = f"{len(HOSTILE)} expressions that hang others, each on a text of 20,000 letters"
    return [
        Row("a message against 200 rules", load, median, unit="ms", target=("<", TARGET), note=note),
        Row("the loop beside a hostile expression", held, worst, unit="ms", target=("<", PAUSE), note="longest pause"),
    ]


async def _pause(expression: str) -> float:
    """The longest that the event loop stood still while a text was matched, in milliseconds."""
    compiled = RuleSet([rule_of("x", {"kind": "regex", "what": [expression]})], Folder())
    said = Said("ab" * 10_000)
    work = asyncio.get_running_loop().run_in_executor(None, compiled.judge, said)
    worst, last = 0.0, time.perf_counter()
    while not work.done():
        await asyncio.sleep(0.001)
        now = time.perf_counter()
        worst, last = max(worst, now - last - 0.001), now
    await work
    return worst * 1e3

"""Whose judgement counts how much: the mathematics of stamps. It knows numbers only; run it in a thread.

Trust begins at the founder. Whoever is trusted passes their trust on to those on whom they put stamps, a part of it for
each stamp; ``gamma`` of it survives each step. So everybody's trust is the chance that a walk from the founder along
stamps, which ends with a chance of ``1 - gamma`` at each step, ever comes by.

"Ever comes by" and not "how often": to whom one passes one's own trust on is decided after the walk has come by, so
that stamps that one gives cannot change what one has, and those who stamp each other in a ring gain nothing. The
stationary distribution of the votes (``visits``) counts each return; the chance is that, divided by the visits of a
walk that begins there.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from attrs import frozen
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components

GAMMA = 0.99
EXACT = 4e9
"""What solving each ring of people may cost (the sum of their cubes): about a second. Above it, walks are drawn."""
WALKS, CHUNK, LONGEST = 100_000, 25_000, 1_000
_ENOUGH = 1e-9

Floats = NDArray[np.float64]
Whole = NDArray[np.int64]


@frozen
class Ballots:
    """Who put how many stamps on whom, people as numbers below ``people``."""

    people: int
    givers: Whole
    targets: Whole
    counts: Whole

    def matrix(self, without: int = -1) -> csr_array:
        """What part of their trust each (row) passes on to each (column); nothing by one who is left out."""
        counted = (self.givers != self.targets) & (self.counts > 0) & (self.givers != without)
        given = np.bincount(self.givers[counted], self.counts[counted], self.people)
        parts = self.counts[counted] / given[self.givers[counted]]
        shape = (self.people, self.people)
        return csr_array((parts, (self.givers[counted], self.targets[counted])), shape=shape)


def trust(ballots: Ballots, founders: Sequence[int], gamma: float = GAMMA) -> Floats:
    """Everybody's trust, between 0 and the founders' 1 (shared, if there are several)."""
    if not founders or not ballots.people:
        return np.zeros(ballots.people)
    passed = ballots.matrix()
    _, ring = connected_components(passed, connection="strong")
    if float((np.bincount(ring).astype(float) ** 3).sum()) <= EXACT:
        return np.asarray(visits(passed, founders, gamma) / _returns(passed, ring, gamma))
    return _walked(ballots, founders, gamma)


def contributions(ballots: Ballots, who: int, founders: Sequence[int], gamma: float = GAMMA) -> Floats:
    """What each person's stamps add to somebody's trust; together that trust, but for what a founder begins with."""
    before = visits(ballots.matrix(without=who), founders, gamma)
    mine = ballots.matrix()[:, [who]].toarray().ravel()
    before[who] = 0.0
    return np.asarray(gamma * mine * before)


def visits(passed: csr_array, founders: Sequence[int], gamma: float) -> Floats:
    """How often a walk is at each: the stationary distribution of the votes, with the founders as the source."""
    source = np.zeros(passed.shape[0])
    source[list(founders)] = 1.0 / len(founders)
    back = passed.T.tocsr()
    found: Floats = source
    for _ in range(LONGEST * 3):
        after: Floats = np.asarray(source + gamma * (back @ found))
        if np.abs(after - found).max() < _ENOUGH:
            return after
        found = after
    return found


def _returns(passed: csr_array, ring: NDArray[np.int32], gamma: float) -> Floats:
    """How often a walk that begins at each is there; it comes back only through those of the same ring."""
    often = np.ones(len(ring))
    order = np.argsort(ring, kind="stable")
    sizes = np.bincount(ring)
    ends = np.cumsum(sizes)
    for which in np.flatnonzero(sizes > 1):
        members = order[ends[which] - sizes[which] : ends[which]]
        block = passed[members][:, members].toarray()
        often[members] = np.diag(np.linalg.inv(np.eye(len(members)) - gamma * block))
    return often


def _walked(ballots: Ballots, founders: Sequence[int], gamma: float) -> Floats:
    """The same from walks that are drawn: where the matter is too large to be solved for each.

    Walk and step determine the chance, not what happened before: until a walk comes by somebody, that one's own stamps
    have changed nothing.
    """
    counted = (ballots.givers != ballots.targets) & (ballots.counts > 0)
    order = np.lexsort((ballots.targets[counted], ballots.givers[counted]))
    givers, counts = ballots.givers[counted][order], ballots.counts[counted][order]
    stamps = np.repeat(ballots.targets[counted][order], counts)
    given = np.bincount(givers, counts, ballots.people).astype(np.int64)
    begin = np.cumsum(given) - given
    met = np.zeros(ballots.people)
    for seed in range(WALKS // CHUNK):
        met += _met(stamps, begin, given, founders, gamma, seed)
    return met / WALKS


def _met(stamps: Whole, begin: Whole, given: Whole, founders: Sequence[int], gamma: float, seed: int) -> Floats:
    """How many of some walks came by each person."""
    chance = np.random.default_rng(seed)
    lasts = np.minimum(chance.geometric(1.0 - gamma, CHUNK), LONGEST) if gamma < 1 else np.full(CHUNK, LONGEST)
    walks = np.arange(CHUNK)
    at = np.asarray(founders, dtype=np.int64)[walks % len(founders)]
    people = len(given)
    steps = [walks * people + at]
    for step in range(1, LONGEST):
        drawn = chance.random(CHUNK)
        goes_on = (lasts[walks] > step) & (given[at] > 0)
        walks, at = walks[goes_on], at[goes_on]
        if not len(walks):
            break
        at = stamps[begin[at] + (drawn[walks] * given[at]).astype(np.int64)]
        steps.append(walks * people + at)
    came = np.sort(np.concatenate(steps))  # np.unique is ten times as slow
    first = came[np.flatnonzero(np.diff(came, prepend=-1))]
    return np.bincount(first % people, minlength=people).astype(float)

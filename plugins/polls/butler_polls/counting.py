"""How votes are counted: one each, weighed, or by instant runoff; a tie is a tie."""

from __future__ import annotations

from collections.abc import Sequence

from attrs import frozen

EXACT = 9
"""Decimal places in which weights are compared."""


@frozen
class Ballot:
    """What one person chose: places of options, the best first, and what it weighs."""

    choices: tuple[int, ...]
    weight: float = 1.0


@frozen
class Round:
    """One count of a runoff: what each option that is still in it has, and who leaves."""

    votes: dict[int, float]
    out: tuple[int, ...] = ()


@frozen
class Outcome:
    """What came of a poll."""

    votes: tuple[float, ...]
    """What each option has: of a runoff in the first round."""
    winners: tuple[int, ...]
    """More than one: a tie. None: nobody voted."""
    voters: int
    rounds: tuple[Round, ...] = ()


def plurality(options: int, ballots: Sequence[Ballot]) -> Outcome:
    """Most votes win; somebody who chose several gave each of them a vote."""
    votes = [0.0] * options
    for ballot in ballots:
        for place in dict.fromkeys(ballot.choices):
            votes[place] = round(votes[place] + ballot.weight, EXACT)
    best = max(votes, default=0.0)
    winners = tuple(place for place, has in enumerate(votes) if has == best) if best > 0 else ()
    return Outcome(tuple(votes), winners, len(ballots))


def runoff(options: int, ballots: Sequence[Ballot]) -> Outcome:
    """Instant runoff: until somebody has more than half, who has least leaves, and votes go on to the next choice.

    Of several who have least the one leaves who had least in the rounds before, the latest first; if they were equal
    in all of them, they leave together. If that would be everybody, it is a tie.
    """
    left = set(range(options))
    rounds: list[Round] = []
    while True:
        votes = _count(left, ballots)
        total, best = round(sum(votes.values()), EXACT), max(votes.values(), default=0.0)
        leading = tuple(sorted(place for place, has in votes.items() if has == best))
        if best <= 0:
            return Outcome((0.0,) * options, (), len(ballots), tuple(rounds))
        if best * 2 > total or len(leading) == len(left):
            rounds.append(Round(votes))
            first = rounds[0].votes
            return Outcome(tuple(first[place] for place in range(options)), leading, len(ballots), tuple(rounds))
        out = _weakest(votes, rounds)
        rounds.append(Round(votes, out))
        left -= set(out)


def _count(left: set[int], ballots: Sequence[Ballot]) -> dict[int, float]:
    votes = dict.fromkeys(sorted(left), 0.0)
    for ballot in ballots:
        place = next((place for place in ballot.choices if place in left), None)
        if place is not None:
            votes[place] = round(votes[place] + ballot.weight, EXACT)
    return votes


def _weakest(votes: dict[int, float], before: Sequence[Round]) -> tuple[int, ...]:
    least = min(votes.values())
    last = [place for place, has in votes.items() if has == least]
    for earlier in reversed(before):
        if len(last) == 1:
            break
        least = min(earlier.votes[place] for place in last)
        last = [place for place in last if earlier.votes[place] == least]
    return tuple(last)

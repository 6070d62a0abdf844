"""How votes are counted: plurality, instant runoff, ties (POLL-4)."""

from __future__ import annotations

import pytest
from butler_polls.counting import Ballot, Outcome, plurality, runoff
from hypothesis import given
from hypothesis import strategies as st


def times(*groups: tuple[int, tuple[int, ...]]) -> list[Ballot]:
    return [Ballot(choices) for many, choices in groups for _ in range(many)]


def test_most_votes_win_and_somebody_who_chose_several_gave_each_one() -> None:
    outcome = plurality(3, [Ballot((0,)), Ballot((1, 2)), Ballot((2,))])
    assert outcome == Outcome((1.0, 1.0, 2.0), (2,), 3)


def test_choosing_the_same_twice_is_one_vote() -> None:
    assert plurality(2, [Ballot((1, 1))]).votes == (0.0, 1.0)


def test_equal_counts_are_a_tie_and_no_votes_have_no_winner() -> None:
    assert plurality(3, times((2, (0,)), (2, (2,)))).winners == (0, 2)
    assert plurality(3, []).winners == ()


def test_weights_that_are_no_round_numbers_can_tie() -> None:
    assert plurality(2, [Ballot((0,), 0.1), Ballot((0,), 0.2), Ballot((1,), 0.3)]).winners == (0, 1)


MEMPHIS, NASHVILLE, CHATTANOOGA, KNOXVILLE = range(4)


@pytest.mark.spec("POLL-4")
def test_runoff_elects_knoxville_in_the_tennessee_capital_example() -> None:
    """The worked example "Tennessee capital election" of Wikipedia's "Instant-runoff voting".

    Chattanooga (15) leaves first and Knoxville then has 32; Nashville (26) leaves, and Knoxville has 58 against 42.
    """
    ballots = times(
        (42, (MEMPHIS, NASHVILLE, CHATTANOOGA, KNOXVILLE)),
        (26, (NASHVILLE, CHATTANOOGA, KNOXVILLE, MEMPHIS)),
        (15, (CHATTANOOGA, KNOXVILLE, NASHVILLE, MEMPHIS)),
        (17, (KNOXVILLE, CHATTANOOGA, NASHVILLE, MEMPHIS)),
    )
    outcome = runoff(4, ballots)
    assert [list(each.votes.values()) for each in outcome.rounds] == [[42, 26, 15, 17], [42, 26, 32], [42, 58]]
    assert [each.out for each in outcome.rounds] == [(CHATTANOOGA,), (NASHVILLE,), ()]
    assert outcome.winners == (KNOXVILLE,)


def test_a_ballot_whose_choices_have_all_left_counts_no_more() -> None:
    outcome = runoff(3, times((4, (0,)), (3, (1,)), (2, (2,))))
    assert outcome.winners == (0,)
    assert outcome.rounds[-1].votes == {0: 4, 1: 3}


def test_of_two_that_have_least_the_weaker_one_before_leaves() -> None:
    # 3 leaves first and makes 1 and 2 equal, of which 2 had less before
    outcome = runoff(4, times((5, (0,)), (4, (1, 0)), (3, (2, 1)), (1, (3, 2))))
    assert [each.out for each in outcome.rounds] == [(3,), (2,), ()]
    assert outcome.winners == (1,)


def test_a_runoff_that_ends_equal_is_a_tie() -> None:
    assert runoff(2, times((3, (0, 1)), (3, (1, 0)))).winners == (0, 1)
    assert runoff(2, []).winners == ()


@given(
    st.lists(st.permutations(range(5)).flatmap(lambda p: st.integers(0, 5).map(lambda n: tuple(p[:n]))), max_size=40)
)
def test_a_runoff_always_ends_and_who_has_more_than_half_at_once_wins(choices: list[tuple[int, ...]]) -> None:
    ballots = [Ballot(each) for each in choices]
    outcome = runoff(5, ballots)
    first = plurality(5, [Ballot(each[:1]) for each in choices])
    assert outcome.voters == len(ballots)
    for place, has in enumerate(first.votes):
        if has * 2 > sum(first.votes):
            assert outcome.winners == (place,)
    assert bool(outcome.winners) == any(choices)

"""Whose judgement counts how much (KARMA-3): what must hold, also against those who try."""

from __future__ import annotations

import random

import numpy as np
import pytest
from butler_karma import trust as trust_module
from butler_karma.trust import Ballots, Floats, contributions, trust
from hypothesis import given, settings
from hypothesis import strategies as st

Votes = list[tuple[int, int]]
PEOPLE = 8
votes_of_many = st.lists(st.tuples(st.integers(0, PEOPLE - 1), st.integers(0, PEOPLE - 1)), max_size=40)


def ballots(votes: Votes, people: int = PEOPLE) -> Ballots:
    whole = np.array(votes, dtype=np.int64).reshape(-1, 2)
    return Ballots(people, whole[:, 0], whole[:, 1], np.ones(len(votes), dtype=np.int64))


def scores(votes: Votes, people: int = PEOPLE) -> Floats:
    return trust(ballots(votes, people), [0])


@pytest.fixture(params=["solved", "walked"])
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Small communities are solved exactly, large ones by walks that are drawn; what must hold holds for both."""
    if request.param == "walked":
        monkeypatch.setattr(trust_module, "EXACT", 0.0)
        monkeypatch.setattr(trust_module, "WALKS", 2_000)
        monkeypatch.setattr(trust_module, "CHUNK", 1_000)
    return str(request.param)


@pytest.mark.spec("KARMA-3")
def test_trust_is_passed_on_in_parts() -> None:
    """The founder stamps two people, one of them a third: by hand."""
    assert scores([(0, 1), (0, 2), (1, 3)]) == pytest.approx([1, 0.495, 0.495, 0.495 * 0.99, 0, 0, 0, 0])


@pytest.mark.spec("KARMA-3")
def test_a_ring_of_a_hundred_new_accounts_gains_nothing(way: str) -> None:
    community = [(0, 1), (0, 2), (1, 2), (2, 1), (2, 3), (3, 0)]
    ring = [(10 + n, 10 + other % 100) for n in range(100) for other in (n + 1, n + 7, n + 50)]
    before, after = scores(community, 110), scores(community + ring, 110)
    assert after[10:].max() == 0
    assert after == pytest.approx(before)


@pytest.mark.spec("KARMA-3")
def test_a_ring_that_one_member_lets_in_gets_no_more_than_that_members_stamp(way: str) -> None:
    way_in = [(0, 1), (0, 2), (1, 10)]
    ring = [(10 + n, 10 + other) for n in range(100) for other in range(100) if n != other]
    alone = scores(way_in, 110)[10]
    assert scores(way_in + ring, 110)[10:].max() == pytest.approx(alone)


@pytest.mark.spec("KARMA-3")
def test_two_who_only_stamp_each_other_change_nothing(way: str) -> None:
    assert scores([(0, 1), (2, 3), (3, 2)])[2:].tolist() == [0] * 6


@pytest.mark.spec("KARMA-3")
@settings(max_examples=60, deadline=None)
@given(votes_of_many, st.integers(0, PEOPLE - 1), st.lists(st.integers(0, PEOPLE - 1), max_size=8))
def test_stamping_others_does_not_change_ones_own_score(votes: Votes, who: int, others: list[int]) -> None:
    """Whatever the others do: with none, with all, with those who stamp one back."""
    without = [vote for vote in votes if vote[0] != who]
    mine = [(who, other) for other in others]
    assert scores(without + mine)[who] == pytest.approx(scores(without)[who], abs=1e-6)


@pytest.mark.spec("KARMA-3")
def test_nor_does_it_where_walks_are_drawn(monkeypatch: pytest.MonkeyPatch) -> None:
    """To the last bit: what is drawn until a walk comes by does not depend on what follows."""
    monkeypatch.setattr(trust_module, "EXACT", 0.0)
    monkeypatch.setattr(trust_module, "WALKS", 2_000)
    monkeypatch.setattr(trust_module, "CHUNK", 1_000)
    chance = random.Random(7)
    votes = [(chance.randrange(50), chance.randrange(50)) for _ in range(300)]
    for who in range(0, 50, 5):
        without = [vote for vote in votes if vote[0] != who]
        assert scores(without, 50)[who] == scores(votes, 50)[who]


@pytest.mark.spec("KARMA-3")
def test_walks_find_what_is_solved(monkeypatch: pytest.MonkeyPatch) -> None:
    chance = random.Random(3)
    votes = [(chance.randrange(40), chance.randrange(40)) for _ in range(200)]
    solved = scores(votes, 40)
    monkeypatch.setattr(trust_module, "EXACT", 0.0)
    assert scores(votes, 40) == pytest.approx(solved, abs=0.01)


@pytest.mark.spec("KARMA-3")
@settings(max_examples=40, deadline=None)
@given(votes_of_many, st.integers(1, PEOPLE - 1))
def test_what_ones_trust_is_made_of_adds_up_to_it(votes: Votes, who: int) -> None:
    parts = contributions(ballots(votes), who, [0])
    assert parts.min() >= 0
    assert parts.sum() == pytest.approx(scores(votes)[who], abs=1e-5)


@pytest.mark.spec("KARMA-3")
@pytest.mark.parametrize("votes", [[], [(1, 1)], [(0, 0)], [(3, 4)]])
def test_nobody_and_oneself_are_no_trouble(votes: Votes) -> None:
    assert scores(votes).tolist() == [1] + [0] * 7
    assert trust(ballots(votes), []).tolist() == [0] * PEOPLE

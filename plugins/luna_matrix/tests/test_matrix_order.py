"""Transactions come in their order, or are asked for (LUNA-5)."""

from __future__ import annotations

import pytest
from butler_luna_matrix.order import Order

pytestmark = pytest.mark.spec("LUNA-5", "OPS-9")


class Clock:
    now = 0.0

    def monotonic(self) -> float:
        return self.now


def order(last: str = "4") -> Order:
    return Order(Clock(), last)  # type: ignore[arg-type]


def test_the_next_one_is_taken_and_so_is_an_older_one() -> None:
    kept = order()
    assert kept.is_due("5")
    kept.took("5")
    assert kept.is_due("3")


def test_behind_a_gap_it_waits_until_what_is_missing_came() -> None:
    kept = order()
    assert not kept.is_due("7")
    assert kept.is_due("6"), "the one that was left behind"
    kept.took("6")
    assert kept.is_due("7")


def test_a_gap_that_is_nobodys_is_taken_the_second_time_and_the_next_ones_at_once_for_a_while() -> None:
    kept = order()
    assert not kept.is_due("7")
    assert kept.is_due("7")
    kept.took("7")
    assert kept.is_due("9")
    kept.took("9")
    kept._clock.now = 100.0  # type: ignore[attr-defined]
    assert not kept.is_due("11")


@pytest.mark.parametrize("last", ["", "s12_34"])
def test_without_a_number_to_go_on_from_the_first_is_taken(last: str) -> None:
    assert order(last).is_due("900")


def test_numbers_that_are_none_are_taken() -> None:
    assert order().is_due("abc")

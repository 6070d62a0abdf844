"""Whom the host knows by name (HOST-10)."""

from __future__ import annotations

import pytest
from butler.testing.house import House


@pytest.mark.spec("HOST-10")
def test_somebody_who_joined_is_found_by_name_before_they_said_a_word(house: House) -> None:
    house.join("Robin")
    found = house.run(house.host.places.person("robin", house.channel()))
    assert [person.id for person in found] == [house.person("Robin").id]


@pytest.mark.spec("HOST-10")
def test_the_beginning_of_a_name_is_enough_and_an_exact_name_goes_first(house: House) -> None:
    for name in ("Robin", "Robina"):
        house.join(name)
    named = [person.name for person in house.run(house.host.places.person("robin", house.channel()))]
    begun = [person.name for person in house.run(house.host.places.person("rob", house.channel()))]
    assert (named, begun) == (["Robin"], ["Robin", "Robina"])

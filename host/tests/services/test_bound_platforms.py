"""Plugins look at platforms: what stands there, what is pinned, who is there, what can be done."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from butler import Action, Call, NotReady, Plugin, Unsupported, command
from butler.testing import House

pytestmark = pytest.mark.spec("PLAT-2")


class Looker(Plugin):
    """Looks."""

    @command
    async def gone(self, call: Call) -> str:
        """Delete what was said first."""
        first = (await self.host.look_back(call.channel, limit=500))[0]
        return str(await self.host.act_now(Action("delete", call.channel.id, first.id)))


@pytest.fixture
def house(make_house: Callable[..., House]) -> House:
    return make_house([Looker])


def test_more_than_a_page_is_looked_back_at_in_order(house: House) -> None:
    said = [house.post("ann", f"word {number}", settle=False) for number in range(230)]
    house.settle()
    look = house.plugin("looker").host.look_back
    assert [each.id for each in house.run(look(house.channel(), limit=210))] == [each.id for each in said[-210:]]
    before = house.run(look(house.channel(), before=said[5].id, limit=210))
    assert [each.id for each in before] == [each.id for each in said[:5]]


def test_where_nothing_is_kept_it_is_said(house: House) -> None:
    house.say("ann", "hello")
    house.world.abilities -= {"history", "pin"}
    with pytest.raises(Unsupported, match="does not tell"):
        house.run(house.plugin("looker").host.look_back(house.channel()))
    assert house.run(house.plugin("looker").host.pinned(house.channel())) == ()


def test_a_platform_that_is_down_is_not_ready(house: House) -> None:
    house.say("ann", "hello")
    house.run(house.host.lifecycle.platforms["test"].stop())
    host = house.plugin("looker").host
    del house.host.lifecycle.platforms["test"]
    assert not host.can("send", house.channel())
    with pytest.raises(NotReady):
        house.run(host.pinned(house.channel()))


def test_pins_people_and_roles_are_told(house: House) -> None:
    said = house.post("ann", "important")
    house.post("bob", "not so")
    house.world.pinned = [said.id]
    house.world.roles = {"test:r1": "Friends"}
    host = house.plugin("looker").host
    assert list(house.run(host.pinned(house.channel()))) == [said.id]
    assert {each.name for each in house.run(host.members(house.channel()))} == {"ann", "bob"}
    assert house.run(host.roles(house.channel().guild)) == {"test:r1": "Friends"}
    assert host.can("pin", house.channel())
    assert not host.can("teleport", house.channel())


def test_a_step_is_over_when_it_returns(house: House) -> None:
    said = house.post("bob", "silly")
    assert house.say("ann", "/gone") == ["True"]
    assert said.id not in {each.id for each in house.world.said}

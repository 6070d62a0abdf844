"""Ranks in a guild and named grants; what nobody gave is denied (HOST-12)."""

from __future__ import annotations

import asyncio
import datetime as dt
from pathlib import Path
from typing import Any

import attrs
import pytest
from butler.errors import Denied
from butler.model import Guild, Person, Rank
from butler.services.permissions import Permissions
from butler.store.database import Database

pytestmark = pytest.mark.spec("HOST-12")
GUILD, OTHER = Guild("test:guild"), Guild("test:other")
ANN = Person("test:1", "Ann", roles=("r1", "r2"))
BOT = Person("test:9", "Robot", bot=True, rank=Rank.OWNER, roles=("r2",))
PERSONA = Person("test:8", "Luna", persona="luna", rank=Rank.OWNER)


def test_the_rank_is_what_the_platform_reports_or_what_a_role_gives_the_higher() -> None:
    maps = {GUILD.id: {"r1": Rank.GUEST, "r2": Rank.ADMIN}}
    permissions = Permissions(roles=lambda guild: maps.get(guild.id, {}))
    assert permissions.rank(ANN, GUILD) is Rank.ADMIN
    assert permissions.rank(ANN, OTHER) is Rank.MEMBER
    assert permissions.rank(attrs.evolve(ANN, roles=("r1",)), GUILD) is Rank.MEMBER


def test_an_operator_of_the_host_is_owner_everywhere_and_has_every_grant() -> None:
    permissions = Permissions(["test:1"])
    assert permissions.rank(ANN, OTHER) is Rank.OWNER
    assert permissions.allows(ANN, OTHER, rank=Rank.OWNER, grants=["anything"])


@pytest.mark.parametrize("machine", [BOT, PERSONA])
def test_machines_are_guests_whatever_anybody_says(machine: Person) -> None:
    everything = {"r2": Rank.OWNER, "x": Rank.GUEST}
    permissions = Permissions([machine.id], roles=lambda guild: everything, implied=lambda guild: everything)
    asyncio.run(permissions.grant(machine.id, "model.use"))
    assert permissions.rank(machine, GUILD) is Rank.GUEST
    assert permissions.granted(machine, GUILD) == frozenset()
    assert not permissions.allows(machine, GUILD, rank=Rank.MEMBER)
    assert not permissions.allows(machine, GUILD, grants=["model.use"])


def test_a_grant_that_nobody_gave_is_denied_with_what_is_needed() -> None:
    permissions = Permissions()
    with pytest.raises(Denied, match="needs the permission a, b here, which you do not have"):
        permissions.check(ANN, GUILD, grants=["b", "a"])
    with pytest.raises(Denied, match="needs the rank admin here; yours is member"):
        permissions.check(ANN, GUILD, rank=Rank.ADMIN)
    permissions.check(ANN, GUILD, rank=Rank.MEMBER)


def test_a_grant_holds_in_its_guild_or_everywhere_until_it_is_revoked() -> None:
    async def main() -> None:
        permissions = Permissions()
        await permissions.grant(ANN.id, "model.use", GUILD.id)
        assert permissions.allows(ANN, GUILD, grants=["model.use"])
        assert not permissions.allows(ANN, OTHER, grants=["model.use"])
        await permissions.grant(ANN.id, "model.use")
        assert permissions.allows(ANN, OTHER, grants=["model.use"])
        assert await permissions.revoke(ANN.id, "model.use")
        assert not await permissions.revoke(ANN.id, "model.use")
        assert permissions.granted(ANN, GUILD) == {"model.use"}
        assert permissions.granted(ANN, OTHER) == frozenset()

    asyncio.run(main())


def test_a_grant_ends_when_it_was_said_to(desk: Any) -> None:
    permissions = Permissions(clock=desk.clock)
    asyncio.run(permissions.grant(ANN.id, "model.use", until=desk.clock.now() + dt.timedelta(hours=1)))
    desk.clock.passed = 3599
    assert permissions.granted(ANN, GUILD) == {"model.use"}
    desk.clock.passed = 3600
    assert permissions.granted(ANN, GUILD) == frozenset()
    assert permissions.given(ANN.id) == ()


def test_some_grants_come_with_a_rank_where_the_guild_says_so() -> None:
    permissions = Permissions(implied=lambda guild: {"model.use": Rank.MEMBER, "music.stop": Rank.MANAGER})
    assert permissions.granted(ANN, GUILD) == {"model.use"}
    assert permissions.granted(attrs.evolve(ANN, rank=Rank.GUEST), GUILD) == frozenset()


@pytest.mark.spec("HOST-20")
def test_grants_outlive_the_process_and_those_that_ran_out_do_not(desk: Any, tmp_path: Path) -> None:
    async def first(permissions: Permissions) -> None:
        later = desk.clock.now() + dt.timedelta(hours=1)
        await permissions.grant(ANN.id, "kept", GUILD.id, by="test:2", until=later)
        await permissions.grant(ANN.id, "kept", GUILD.id, by="test:3", until=later)
        await permissions.grant(ANN.id, "over", until=desk.clock.now() + dt.timedelta(minutes=1))
        await permissions.grant(ANN.id, "revoked")
        await permissions.revoke(ANN.id, "revoked")

    async def second(permissions: Permissions) -> None:
        (given,) = permissions.given(ANN.id)
        assert (given.name, given.guild, given.by) == ("kept", GUILD.id, "test:3")
        assert given.until == dt.datetime(2026, 11, 21, 10, tzinfo=dt.UTC)
        assert await permissions.forget("test:3", "nobody") == 0
        assert permissions.given(ANN.id)[0].by == "nobody"
        assert await permissions.forget(ANN.id, "nobody") == 1

    async def third(permissions: Permissions) -> None:
        assert permissions.given(ANN.id) == ()

    async def run(step: Any) -> None:
        database = Database(f"sqlite:///{tmp_path / 'butler.db'}")
        await database.start()
        try:
            permissions = Permissions(clock=desk.clock, database=database)
            await permissions.start()
            await step(permissions)
        finally:
            await database.stop()

    asyncio.run(run(first))
    desk.clock.passed = 120
    asyncio.run(run(second))
    asyncio.run(run(third))

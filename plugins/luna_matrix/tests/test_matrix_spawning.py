"""Spawn and despawn: step by step, never by half (LUNA-6 to LUNA-10)."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from butler import CommandError, Lost, NotReady, Persona, Plugin, RateLimited, Refuse, ToolCall, hookimpl
from butler_luna_matrix.life import STEPS
from butler_luna_matrix.testing import Person
from butler_luna_matrix.testing.bot import Bot
from butler_luna_matrix.testing.living import Living, living, members, users
from butler_luna_matrix.wish import Wish, cards, from_card

SCOUT = Wish("Scout", prompt="You are a scout.", traits={"openness": 0.8}, notes="quick", more={"team": "red"})


class PowerCut(BaseException):
    """The process ends here."""


def scout_of(service: Bot) -> str:
    return f"@{service.settings.namespace}scout:{service.synapse.server_name}"


async def is_gone(admin: Person, service: Bot, home: Living) -> None:
    """Nothing of the scout is left anywhere."""
    assert home.persona("Scout") is None
    assert await home.luna.life.ledger.open() == []
    known = (await users(admin, f"{service.settings.namespace}scout")).get(scout_of(service))
    assert known is None or known["deactivated"]
    joined = await admin.synapse("GET", f"v1/users/{scout_of(service)}/joined_rooms")
    assert joined["joined_rooms"] == []


@pytest.fixture
def admin(synapse: Any, unused: Any) -> Person:
    person: Person = synapse.person(unused("admin"), admin=True)
    return person


@pytest.mark.spec("LUNA-6", "LUNA-7")
def test_a_spawned_persona_is_a_user_in_its_room_with_a_record_that_outlives_restarts(
    service: Bot, ann: Person, admin: Person
) -> None:
    async def main() -> None:
        async with ann, admin:
            async with living(service) as home:
                born = await home.luna.life.spawn(SCOUT, by=f"matrix:{ann.user}", invite=[f"matrix:{ann.user}"])
                (channel,) = born.channels
                room = channel.removeprefix("matrix:")
                known = (await users(admin, "scout"))[scout_of(service)]
                assert (known["deactivated"], known["displayname"]) == (False, "Scout")
                assert scout_of(service) in await members(admin, room)
            async with living(service) as home:
                scout = home.persona("Scout")
                assert scout.accounts == {"matrix": f"matrix:{scout_of(service)}"}
                assert (scout.prompt, scout.channels) == ("You are a scout.", (channel,))
                assert scout.settings["traits"] == {"openness": 0.8}
                assert (scout.settings["notes"], scout.settings["team"]) == ("quick", "red")
                assert scout.settings["created_by"] == f"matrix:{ann.user}"
                await ann.join(room)
                await ann.say(room, "Scout, are you there?")
                assert "Scout" not in (await ann.heard(room, 1, sender=scout_of(service)))[0][:6]

    asyncio.run(main())


@pytest.mark.spec("LUNA-9")
def test_a_despawned_persona_leaves_its_rooms_its_account_and_its_record(service: Bot, admin: Person) -> None:
    async def main() -> None:
        async with admin, living(service) as home:
            await home.luna.life.spawn(SCOUT, by="cli:ann")
            assert await home.luna.life.despawn("scout", by="cli:ann") == ""
            await is_gone(admin, service, home)
            with pytest.raises(CommandError, match="was used before and is deactivated; a homeserver gives no name"):
                await home.luna.life.spawn(SCOUT, by="cli:ann")
            assert await home.luna.life.ledger.open() == []

    asyncio.run(main())


@pytest.mark.spec("LUNA-8", "OPS-9")
@pytest.mark.parametrize("step", [*STEPS, "done"])
def test_a_spawn_that_is_cut_off_at_any_step_is_ended_by_a_repair_after_the_restart(
    service: Bot, admin: Person, step: str
) -> None:
    async def cut(reached: str) -> None:
        if reached == step:
            raise PowerCut

    async def main() -> None:
        async with admin:
            async with living(service) as home:
                with pytest.raises(PowerCut):
                    await home.luna.life.spawn(SCOUT, by="cli:ann", reached=cut)
            async with living(service) as home:
                assert [check.level for check in await home.luna.checks()] == ["warn"]
                assert "spawn Scout --repair" in await home.fails("spawn Scout You are somebody else.")
                said = await home.does("spawn --repair")
                if step == "done":
                    assert said == "Scout: lives, nothing was left to do"
                    assert home.persona("Scout") is not None
                    assert await home.luna.life.ledger.open() == []
                else:
                    assert said == "Scout: undone"
                    await is_gone(admin, service, home)

    asyncio.run(main())


@pytest.mark.spec("LUNA-8")
@pytest.mark.parametrize("step", STEPS)
def test_a_spawn_that_fails_at_any_step_is_undone_at_once(service: Bot, admin: Person, step: str) -> None:
    async def fail(reached: str) -> None:
        if reached == step:
            raise Lost("the homeserver refuses: no (M_FORBIDDEN)")

    async def main() -> None:
        async with admin, living(service) as home:
            with pytest.raises(
                CommandError, match=r"Scout was not spawned: the homeserver refuses: no \(M_FORBIDDEN\)"
            ):
                await home.luna.life.spawn(SCOUT, by="cli:ann", reached=fail)
            await is_gone(admin, service, home)

    asyncio.run(main())


@pytest.mark.spec("LUNA-8", "HOST-13")
def test_a_plugin_that_refuses_the_persona_has_everything_undone(service: Bot, admin: Person) -> None:
    class Warden(Plugin):
        """Refuses everybody."""

        @hookimpl
        async def on_spawn(self, persona: Persona) -> Refuse:
            return Refuse("the house is full")

    async def main() -> None:
        async with admin, living(service, [Warden]) as home:
            assert "the house is full" in await home.fails("spawn Scout You are a scout.")
            await is_gone(admin, service, home)

    asyncio.run(main())


@pytest.mark.spec("LUNA-8")
def test_what_cannot_be_undone_is_listed_and_a_repair_finishes_it(
    service: Bot, admin: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fail(reached: str) -> None:
        if reached == "persona":
            raise Lost("no")

    async def away(user: str) -> None:
        raise NotReady("the homeserver does not answer")

    async def main() -> None:
        async with admin, living(service) as home:
            with monkeypatch.context() as patched:
                patched.setattr(home.luna._account(), "unmake", away)
                with pytest.raises(CommandError):
                    await home.luna.life.spawn(SCOUT, by="cli:ann", reached=fail)
            (left,) = await home.luna.checks()
            assert (left.name, left.text) == ("spawn of Scout", "account: the homeserver does not answer")
            assert await home.does("spawn --repair") == "Scout: undone"
            await is_gone(admin, service, home)

    asyncio.run(main())


@pytest.mark.spec("LUNA-9", "LUNA-8")
def test_a_despawn_that_stops_half_way_is_finished_by_a_repair(
    service: Bot, admin: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def away(user: str) -> None:
        raise NotReady("the homeserver does not answer")

    async def main() -> None:
        async with admin, living(service) as home:
            await home.does("spawn Scout You are a scout.")
            with monkeypatch.context() as patched:
                patched.setattr(home.luna._account(), "unmake", away)
                said = await home.fails("despawn Scout")
            assert "not all of it could be ended: account: the homeserver does not answer; spawn --repair" in said
            assert home.persona("Scout") is None
            assert await home.does("spawn Scout --repair") == "Scout: has left"
            await is_gone(admin, service, home)

    asyncio.run(main())


@pytest.mark.spec("LUNA-9")
def test_a_persona_that_leaves_by_the_hosts_own_command_takes_its_account_along(service: Bot, admin: Person) -> None:
    async def main() -> None:
        async with admin, living(service) as home:
            await home.does("spawn Scout You are a scout.")
            await home.host.spawning.despawn("Scout", "cli:ann")
            scope = home.luna.scope
            await asyncio.gather(*(task for task in scope._tasks if "departure" in task.get_name()))
            assert (await users(admin, "scout"))[scout_of(service)]["deactivated"]

    asyncio.run(main())


@pytest.mark.spec("LUNA-6", "LUNA-10")
def test_admins_spawn_and_despawn_by_command_and_nobody_else(service: Bot, ann: Person, bob: Person) -> None:
    service.set(owners=(ann.user,))

    async def main() -> None:
        async with ann, bob, living(service) as home:
            room = await ann.create_room(service.user, bob.user, name="Hall")
            await bob.join(room)
            await ann.event(room, "m.room.member", sender=service.user)
            await bob.say(room, "!spawn Scout You are a scout.")
            assert "rank admin" in (await ann.heard(room, 1, sender=service.user))[0]
            await ann.say(room, "!spawn Scout --room here You are a scout.")
            said = (await ann.heard(room, 2, sender=service.user))[1]
            assert said == f"Scout lives as {scout_of(service)} in {room}."
            await ann.event(room, "m.room.member", sender=scout_of(service))
            await ann.say(room, "!despawn Scout")
            assert "cannot be had again" in (await ann.heard(room, 3, sender=service.user))[2]
            await ann.say(room, "yes")
            assert "Scout has left." in (await ann.heard(room, 4, sender=service.user))[3]
            assert home.persona("Scout") is None

    asyncio.run(main())


@pytest.mark.spec("LUNA-6", "LUNA-10")
def test_whatever_goes_wrong_is_one_clear_line_and_uses_up_no_name(
    service: Bot, ann: Person, admin: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def limited(user: str, name: str) -> None:
        raise RateLimited("the homeserver refuses: Too Many Requests (M_LIMIT_EXCEEDED)", retry_after=60)

    async def main() -> None:
        async with ann, admin, living(service) as home:
            private = await ann.create_room(name="Private")
            levels = {"power_level_content_override": {"invite": 50}}
            strict = await ann.create_room(service.user, name="Strict", **levels)
            await ann.event(strict, "m.room.member", sender=service.user)
            wrong = {
                "spawn": "a persona needs a name; spawn Scout You are a scout.",
                "spawn Scout": "who is Scout?; say it behind the name, or --card lore|math|story|teacher",
                "spawn Scout --card nothing": "the card nothing cannot be read (No such file or directory)",
                "spawn Scout --traits x You are.": "traits are names with numbers, not 'x'; openness=0.8,patience=1",
                "spawn ☃ You are a snowman.": "'☃' makes no user name; use some Latin letters or digits",
                "spawn TheButler You are.": "there is a persona named TheButler already; choose another name",
                f"spawn Scout --room #nowhere:{service.synapse.server_name} You are.": "there is no room #nowhere",
                f"spawn Scout --room {private} You are.": f"there is no room {private} that one of ours is in",
                f"spawn Scout --room {strict} You are.": f"{service.user} may not invite into {strict}; give it the",
                "despawn Nobody": "there is no persona named Nobody; list_personas lists them",
                "despawn TheButler": "TheButler stands in a file and cannot be changed here",
            }
            for line, words in wrong.items():
                said = await home.fails(line)
                assert words in said
                assert "\n" not in said
            monkeypatch.setattr(home.luna._account(), "make", limited)
            said = await home.fails("spawn Ranger You are.")
            assert said.endswith("(M_LIMIT_EXCEEDED); the homeserver limits us; try again in 60 s")
            assert await home.luna.life.ledger.open() == []
            assert await users(admin, f"{service.settings.namespace}scout") == {}, "no name was used up"

    asyncio.run(main())


@pytest.mark.spec("LUNA-7")
def test_the_cards_that_ship_make_whole_personas(service: Bot, ann: Person) -> None:
    assert cards() == ["lore", "math", "story", "teacher"]
    for card in cards():
        wish = from_card("Ada", card, files=False)
        assert len(wish.prompt) > 200
        assert wish.greeting
        assert len(wish.examples) >= 2
        assert set(wish.traits) == {"openness", "conscientiousness", "extraversion", "agreeableness", "neuroticism"}

    async def main() -> None:
        async with ann, living(service) as home:
            await home.does("spawn Ada --card teacher --traits patience=1 You teach botany.")
            ada = home.persona("Ada")
            assert ada.prompt.endswith("You teach botany.")
            assert ada.settings["traits"]["patience"] == 1.0
            section = await home.luna.build_prompt(None, ada)
            assert "patience 1" in section.text

    asyncio.run(main())


@pytest.mark.spec("LUNA-6", "LUNA-10", "OPS-11")
def test_who_asks_luna_for_a_new_bot_gets_one_if_they_are_an_admin_whatever_the_model_wants(
    service: Bot, ann: Person, bob: Person
) -> None:
    service.set(owners=(ann.user,))
    wanted = ToolCall("1", "spawn_persona", {"name": "Scout", "prompt": "You are a scout."})

    async def main() -> None:
        async with ann, bob, living(service) as home:
            room = await ann.create_room(service.user, bob.user, name="Hall")
            await bob.join(room)
            await ann.event(room, "m.room.member", sender=service.user)
            asked = {}
            for person in (bob, ann):
                event = await person.say(room, "Luna, create a new bot named Scout")
                async with asyncio.timeout(20):
                    while (found := await home.host.journal.recovery.message(f"matrix:{event}")) is None:  # noqa: ASYNC110
                        await asyncio.sleep(0.02)
                asked[person.user] = found
            tools, enabled = home.host.tools, frozenset({"luna_matrix"})
            refused = await tools.run(wanted, enabled, asked[bob.user].author, asked[bob.user])
            assert refused.failed
            assert "rank admin" in refused.text
            assert home.persona("Scout") is None
            done = await tools.run(wanted, enabled, asked[ann.user].author, asked[ann.user])
            assert done.text == f"Scout lives as {scout_of(service)} in {room}."
            gone = await tools.run(
                ToolCall("2", "despawn_persona", {"name": "Scout"}), enabled, asked[ann.user].author, asked[ann.user]
            )
            assert gone.text.startswith("Scout has left.")

    asyncio.run(main())

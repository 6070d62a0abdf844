"""Personas: files, inheritance, spawning, refusal, renaming; and the model that needs none (HOST-13, HOST-19)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from butler import CommandError, ConfigError, Persona, Plugin, Rank, Refuse, hookimpl
from butler.testing.house import House

Make = Callable[..., House]


class Registrar(Plugin):
    """Notes who comes and goes."""

    def __init__(self) -> None:
        self.told: list[str] = []

    @hookimpl
    async def on_spawn(self, persona: Persona) -> None:
        self.told.append(f"+{persona.name}")

    @hookimpl
    async def on_despawn(self, persona: Persona) -> None:
        self.told.append(f"-{persona.name}")


class Warden(Plugin):
    """Refuses whoever is called Bad. (Its name comes last: the others were told before.)"""

    @hookimpl
    async def on_spawn(self, persona: Persona) -> Refuse | None:
        return Refuse("no bad ones") if persona.name == "Bad" else None


def _told(house: House) -> list[str]:
    plugin: Any = house.host.lifecycle.plugins["registrar"]
    return list(plugin.told)


@pytest.mark.spec("HOST-13")
def test_a_spawned_persona_lives_in_its_guild_over_a_restart(make_house: Make) -> None:
    house = make_house([Registrar])
    house.rank("ann", Rank.ADMIN)
    (said,) = house.command("ann", "persona spawn Scout You answer in one word.")
    assert "Scout lives here" in said
    house.model.rule("scout", "here")
    assert _told(house) == ["+Scout"]
    house.restart()
    assert _told(house) == []
    assert [persona.name for persona in house.host.personas.living_in(house.channel())] == ["TheButler", "Scout"] or (
        {persona.name for persona in house.host.personas.living_in(house.channel())} == {"TheButler", "Scout"}
    )


@pytest.mark.spec("HOST-13")
def test_a_refused_spawn_is_undone_and_who_was_told_is_told_of_the_despawn(make_house: Make) -> None:
    house = make_house([Registrar, Warden])
    with pytest.raises(CommandError, match="no bad ones"):
        house.run(house.host.spawning.spawn(Persona("Bad", prompt="x"), "cli:ann"))
    assert _told(house) == ["+Bad", "-Bad"]
    assert house.host.personas.get("Bad") is None
    house.restart()
    assert house.host.personas.get("Bad") is None


@pytest.mark.spec("HOST-13")
def test_a_name_that_a_member_has_is_refused(house: House) -> None:
    house.say("Robin", "hello", members=5)
    with pytest.raises(CommandError, match="called Robin already"):
        house.run(house.host.spawning.spawn(Persona("robin", prompt="x"), "cli:ann"))


@pytest.mark.spec("HOST-13")
def test_despawn_and_rename(make_house: Make) -> None:
    house = make_house([Registrar])
    house.run(house.host.spawning.spawn(Persona("Scout", prompt="x"), "cli:ann"))
    house.run(house.host.spawning.rename("Scout", "Ranger", "cli:ann"))
    assert house.host.personas.get("Scout") is None
    house.run(house.host.spawning.despawn("Ranger", "cli:ann"))
    assert house.host.personas.get("Ranger") is None
    assert _told(house) == ["+Scout", "-Ranger"]


@pytest.mark.spec("HOST-13")
def test_only_an_admin_spawns(house: House) -> None:
    (said,) = house.command("ann", "persona spawn Scout hello")
    assert "rank admin" in said
    assert house.host.personas.get("Scout") is None


EXTENDS = """
[personas.TheButler]
model = "script"
prompt = "You are TheButler."

[personas.Junior]
extends = "TheButler"
prompt = "You are young."
greeting = "yo"
"""


@pytest.mark.spec("HOST-13")
def test_extends_takes_over_prompt_and_model(make_house: Make) -> None:
    junior = make_house(toml=EXTENDS).host.personas.get("Junior")
    assert junior is not None
    assert junior.prompt == "You are TheButler.\n\nYou are young."
    assert junior.model == ("script",)


@pytest.mark.spec("HOST-13", "HOST-28")
@pytest.mark.parametrize(
    ("toml", "says"),
    [
        ('[personas.A]\nextends = "B"\n[personas.B]\nextends = "A"', "circle"),
        ('[personas.A]\nextends = "Nobody"', "does not exist"),
        ('[personas.A]\nprompt_file = "nowhere.txt"', "cannot be read"),
        ('[personas.A]\nexamples = [["one"]]', "pair"),
        ("[personas.A]\nprmpt = 1", "prompt"),
    ],
)
def test_a_wrong_persona_is_named_with_what_to_do(make_house: Make, toml: str, says: str) -> None:
    with pytest.raises(ConfigError, match=says):
        make_house(toml=toml)


OFFLINE = '[personas.TheButler]\nprompt = "x"\nmodel = "offline"\ngreeting = "At your service."\n'


@pytest.mark.spec("HOST-19")
def test_offline_says_once_that_no_model_is_configured_and_how_to_set_one_up(make_house: Make) -> None:
    house = make_house(toml=OFFLINE)
    (first,) = house.say("ann", "hello", members=2)
    (second,) = house.say("ann", "hello again", members=2)
    assert first.startswith("At your service.")
    assert "No language model is configured" in first
    assert ".env" in first
    assert "No language model" not in second


@pytest.mark.spec("HOST-19")
def test_offline_answers_from_examples_and_commands(make_house: Make) -> None:
    toml = OFFLINE + 'examples = [["what is the wifi password", "Eat your vegetables first."]]\n'
    house = make_house(toml=toml)
    house.say("ann", "hi", members=2)
    assert house.say("ann", "tell me what the wifi password is", members=2) == ["Eat your vegetables first."]
    (said,) = house.say("ann", "what can you do", members=2)
    assert "`/help`" in said


@pytest.mark.spec("HOST-16")
def test_the_next_model_of_the_chain_answers_when_the_first_fails(make_house: Make) -> None:
    house = make_house(toml='[personas.TheButler]\nprompt = "x"\nmodel = ["script", "offline"]\ngreeting = "backup"\n')
    house.model.fail()
    (said,) = house.say("ann", "hello", members=2)
    assert said.startswith("backup")


@pytest.mark.spec("CORE-11")
def test_when_every_model_fails_there_is_one_short_apology_with_an_id(house: House) -> None:
    house.model.fail(reason="secret reason")
    (said,) = house.say("ann", "hello", members=2)
    assert "error " in said
    assert "secret" not in said

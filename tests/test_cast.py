"""Who is on stage: what personas take over, where they stay, whom a conversation is with (HOST-13, HOST-14)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

import attrs
import pytest
from butler import Call, CommandError, ConfigError, Persona, Plugin, Rank, command
from butler.services.why import turning
from butler.testing.house import House

Make = Callable[..., House]

CAST = """
[personas.TheButler]
model = "script"
prompt = "You are TheButler."
[personas.Nyx]
model = "script"
prompt = "You are Nyx."
greeting = "Boo."
handles = ["void"]
[personas.Secret]
model = "script"
prompt = "You are Secret."
channels = ["test:elsewhere"]
"""


@attrs.frozen
class Settings:
    """[plugins.hats]"""

    hat: str = "none"
    coat: str = "none"


class Hats(Plugin):
    """What personas wear."""

    settings = Settings

    @command
    async def hat(self, call: Call, *, who: str) -> str:
        """Say what a persona wears."""
        worn = self.host._host.settings.for_("hats", persona=who)
        return f"{worn.hat} {worn.coat}"


def _spoke(house: House, since: int = 0) -> list[str]:
    return [shown.persona for shown in house.shown[since:]]


# --- what is taken over ---------------------------------------------------------------------------

FAMILY = """
[personas.Child]
extends = "Parent"
prompt = "child"
[personas.Parent]
extends = "Grand"
prompt = "parent"
greeting = "hello from parent"
[personas.Parent.settings.hats]
hat = "bowler"
[personas.Grand]
prompt = "grand"
model = "script"
colour = "#112233"
[personas.Grand.settings.hats]
hat = "crown"
coat = "ermine"
[personas.Child.settings.hats]
coat = "apron"
"""


@pytest.mark.spec("HOST-13")
def test_what_is_taken_over_comes_down_each_generation_once(make_house: Make) -> None:
    house = make_house([Hats], toml=FAMILY)
    child = house.host.personas.get("Child")
    assert child is not None
    assert child.prompt == "grand\n\nparent\n\nchild"
    assert (child.greeting, child.model, child.colour) == ("hello from parent", ("script",), "#112233")


@pytest.mark.spec("HOST-13", "HOST-3")
@pytest.mark.parametrize(
    ("who", "worn"), [("Child", "bowler apron"), ("Parent", "bowler ermine"), ("Grand", "crown ermine")]
)
def test_settings_are_taken_over_key_by_key(make_house: Make, who: str, worn: str) -> None:
    assert make_house([Hats], toml=FAMILY).command("ann", f"hat {who}") == [worn]


@pytest.mark.spec("HOST-13")
def test_an_edit_reaches_those_that_take_it_over(make_house: Make) -> None:
    house = make_house(toml=CAST)
    for name, extends in (("Mum", ""), ("Kid", "Mum"), ("Cub", "Kid")):
        persona = Persona(name, prompt=name, extends=extends)
        house.run(house.host.spawning.spawn(persona, "the test"))
    house.run(house.host.personas.replace(Persona("Mum", prompt="Mother")))
    cub = house.host.personas.get("Cub")
    assert cub is not None
    assert cub.prompt == "Mother\n\nKid\n\nCub"
    house.restart()
    assert house.host.personas.get("Cub") == cub


@pytest.mark.spec("HOST-13")
def test_who_extends_nobody_is_not_spawned_and_does_not_keep_the_host_from_starting(make_house: Make) -> None:
    house = make_house(toml=CAST)
    with pytest.raises(CommandError, match="does not exist"):
        house.run(house.host.spawning.spawn(Persona("Orphan", extends="Nobody"), "the test"))
    house.restart()
    assert house.host.personas.get("Orphan") is None


@pytest.mark.spec("HOST-13")
@pytest.mark.parametrize("deed", ["despawn", "rename"])
def test_whom_others_extend_stays(make_house: Make, deed: str) -> None:
    house = make_house(toml=CAST)
    house.run(house.host.spawning.spawn(Persona("Mum"), "the test"))
    house.run(house.host.spawning.spawn(Persona("Kid", extends="Mum"), "the test"))
    spawning = house.host.spawning
    done = spawning.despawn("Mum", "ann") if deed == "despawn" else spawning.rename("Mum", "Mother", "ann")
    with pytest.raises(CommandError, match="Kid extends Mum"):
        house.run(done)


@pytest.mark.spec("HOST-13", "HOST-28")
def test_a_persona_of_the_file_may_extend_one_that_a_package_brings(make_house: Make) -> None:
    with pytest.raises(ConfigError, match="does not exist"):
        make_house(toml='[personas.A]\nextends = "B"\n')
    house = make_house(toml=CAST)
    house.host.personas.ship(Persona("Shipped", prompt="shipped"))
    house.host.personas.ship(Persona("Heir", prompt="heir", extends="Shipped"))
    heir = house.host.personas.get("Heir")
    assert heir is not None
    assert heir.prompt == "shipped\n\nheir"


# --- residences -----------------------------------------------------------------------------------


def _in(house: House, minutes: float) -> dt.datetime:
    return house.clock.now() + dt.timedelta(minutes=minutes)


@pytest.mark.spec("CORE-23")
def test_a_persona_is_started_in_a_channel_for_a_while(make_house: Make) -> None:
    house = make_house(toml=CAST)
    residences = house.host.personas.residences
    assert house.say("ann", "Nyx?") == []
    house.run(residences.begin("Nyx", house.channel(), _in(house, 30)))
    assert house.say("ann", "Nyx?")
    assert house.say("ann", "Nyx?", channel="kitchen") == []
    house.restart()
    assert house.say("ann", "Nyx?")
    house.advance(minutes=30)
    assert house.say("ann", "Nyx?") == []
    assert house.host.personas.residences.of(house.channel().id) == {}


@pytest.mark.spec("CORE-23")
def test_a_persona_is_sent_away_for_a_while_and_called_back(make_house: Make) -> None:
    house = make_house(toml=CAST)
    residences = house.host.personas.residences
    house.run(residences.send_away("TheButler", house.channel(), _in(house, 30)))
    assert house.say("ann", "TheButler?") == []
    assert house.say("ann", "TheButler?", channel="kitchen")
    assert house.run(residences.end("TheButler", house.channel()))
    assert house.say("ann", "TheButler?")
    house.run(residences.send_away("TheButler", house.channel(), _in(house, 5)))
    house.advance(minutes=6)
    assert house.say("ann", "TheButler?")


@pytest.mark.spec("CORE-23")
@pytest.mark.parametrize(("who", "minutes"), [("Nobody", 5), ("Nyx", -1)])
def test_a_residence_that_makes_no_sense_is_refused(make_house: Make, who: str, minutes: float) -> None:
    house = make_house(toml=CAST)
    with pytest.raises(CommandError):
        house.run(house.host.personas.residences.begin(who, house.channel(), _in(house, minutes)))


# --- whom a conversation is with --------------------------------------------------------------------


@pytest.mark.spec("HOST-13", "HOST-14")
@pytest.mark.parametrize("name", ["Nyx", "nyx", "void"])
def test_a_conversation_is_handed_over_and_taken_back(make_house: Make, name: str) -> None:
    house = make_house(toml=CAST)
    house.dm("ann", "hello")
    assert house.dm("ann", f"/persona talk {name}") == ["Boo."]
    house.dm("ann", "who are you?")
    house.restart()
    house.dm("ann", "TheButler, are you there?")
    house.dm("bob", "hello")
    assert _spoke(house) == ["TheButler", "Nyx", "Nyx", "Nyx", "TheButler"]
    house.dm("ann", "/persona talk TheButler")
    house.dm("ann", "so?")
    assert _spoke(house)[-2:] == ["TheButler", "TheButler"]


@pytest.mark.spec("HOST-14")
def test_in_private_one_of_several_answers(make_house: Make) -> None:
    house = make_house(toml=CAST.replace("handles", 'channels = ["*"]\nhandles'))
    house.dm("ann", "hello")
    assert _spoke(house) == ["TheButler"]
    record = house.why()
    assert record["votes"]["Nyx"]["votes"] == [["host", "no", "the conversation is with TheButler"]]


@pytest.mark.spec("OPS-1")
def test_what_turns_the_silence_of_another_is_to_hand_over() -> None:
    votes: dict[str, Any] = {"Nyx": {"speaks": False, "votes": [["host", "no", "the conversation is with TheButler"]]}}
    change = turning({"outcome": "silent", "votes": votes, "channel": "test:c"})
    assert change is not None
    assert "/persona talk Nyx" in change.text


@pytest.mark.spec("HOST-14")
def test_where_more_than_two_are_personas_are_called_by_name(make_house: Make) -> None:
    house = make_house(toml=CAST)
    (said,) = house.command("ann", "persona talk Nyx")
    assert "more than two are here" in said


@pytest.mark.spec("HOST-14")
def test_a_persona_of_another_guild_cannot_be_called_into_private(make_house: Make) -> None:
    house = make_house(toml=CAST)
    (said,) = house.dm("ann", "/persona talk Secret")
    assert "nobody called Secret" in said
    assert "Nyx" in said
    house.say("ann", "good morning", guild="elsewhere")
    assert house.dm("ann", "/persona talk Secret") == ["Hello, this is Secret."]


@pytest.mark.spec("HOST-22")
def test_forgetting_somebody_ends_what_they_handed_over(make_house: Make) -> None:
    house = make_house(toml=CAST)
    house.dm("ann", "/persona talk Nyx")
    receipt = house.run(house.host.privacy.forget("test:ann"))
    assert receipt.complete, receipt.text
    assert house.query("select * from host_partners") == []


@pytest.mark.spec("HOST-11")
def test_only_members_hand_over(make_house: Make) -> None:
    house = make_house(toml=CAST)
    house.rank("ann", Rank.GUEST)
    assert "rank member" in house.dm("ann", "/persona talk Nyx")[0]

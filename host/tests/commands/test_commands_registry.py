"""Which commands there are, what they are called, and where they exist (HOST-3, HOST-10)."""

from __future__ import annotations

from typing import Any

import pytest
import structlog
from butler.call import Call
from butler.declare import Command, command
from butler.errors import ContractError
from butler.model import Guild, Rank
from butler.plugin import Plugin
from butler.services.commands import Clash, Commands, Request
from butler.services.permissions import Permissions
from hypothesis import given
from hypothesis import strategies as st

pytestmark = pytest.mark.spec("HOST-10")
ALL = frozenset({"a", "b", "c"})


def plugin(*names: str, aliases: tuple[str, ...] = (), **options: Any) -> Plugin:
    """A plugin with commands of these names."""

    async def it(self: Any, call: Call) -> str:
        """Do it."""
        return type(self).__name__

    members = {f"c{number}": Command(it, name, aliases=aliases, **options) for number, name in enumerate(names)}
    return type("Some", (Plugin,), members)()


@pytest.fixture
def commands() -> Commands:
    return Commands(Permissions())


def names(commands: Commands, enabled: frozenset[str] = ALL) -> dict[str, str]:
    return {node.name: node.plugin for node in commands.roots(enabled)}


def test_the_second_plugin_with_a_name_gets_it_with_its_own_before_it_and_that_is_said(commands: Commands) -> None:
    commands.add("a", plugin("roll"))
    with structlog.testing.capture_logs() as logs:
        clashes = commands.add("b", plugin("roll", "ping"))
    assert names(commands) == {"roll": "a", "b-roll": "b", "ping": "b"}
    assert clashes == (Clash("b", "roll", "b-roll", "a"),)
    assert [(log["event"], log["plugin"], log["got"]) for log in logs] == [("command name taken", "b", "b-roll")]


def test_a_renamed_command_is_called_by_its_new_name_down_to_its_subcommands(commands: Commands) -> None:
    class Group(Plugin):
        @command
        async def roll(self, call: Call) -> None:
            """Roll."""

        @roll.command
        async def twice(self, call: Call) -> None:
            """Roll twice."""

    commands.add("a", plugin("roll"))
    commands.add("b", Group())
    node = commands.at(("b-roll", "twice"), ALL)
    assert node is not None
    assert node.key == "b-roll twice"


def test_the_hosts_own_commands_keep_their_names_whenever_they_come(commands: Commands) -> None:
    commands.add("a", plugin("help"))
    commands.add("host", plugin("help"))
    assert names(commands) == {"help": "host", "a-help": "a"}


def test_a_name_is_free_again_when_its_holder_is_gone(commands: Commands) -> None:
    commands.add("a", plugin("roll"))
    commands.add("b", plugin("roll"))
    commands.remove("a")
    assert names(commands) == {"roll": "b"}
    assert commands.clashes == ()
    assert set(commands.plugins) == {"b"}


def test_an_alias_never_shadows_a_name_nor_an_earlier_alias(commands: Commands) -> None:
    commands.add("a", plugin("roll", aliases=("ping", "dice")))
    commands.add("b", plugin("ping", aliases=("dice", "pong")))
    found = {name: node.plugin for name in ("ping", "dice", "pong") if (node := commands.find(name, ALL))}
    assert found == {"ping": "b", "dice": "a", "pong": "b"}
    assert {(clash.plugin, clash.wanted, clash.holder) for clash in commands.clashes} == {
        ("a", "ping", "b"),
        ("b", "dice", "a"),
    }


def test_a_plugin_that_is_added_again_replaces_its_commands(commands: Commands) -> None:
    commands.add("a", plugin("roll"))
    commands.add("a", plugin("ping"))
    assert names(commands) == {"ping": "a"}


def test_a_plugin_with_a_broken_command_adds_nothing_and_leaves_the_others_alone(commands: Commands) -> None:
    commands.add("a", plugin("roll"))
    with pytest.raises(ContractError):
        commands.add("b", plugin("fine", "not fine"))
    with pytest.raises(ContractError, match="twice"):
        commands.add("c", plugin("same", "same"))
    assert names(commands) == {"roll": "a"}


@pytest.mark.spec("HOST-3")
@given(enabled=st.frozensets(st.sampled_from(["karma", "tools"])))
def test_the_commands_of_a_disabled_plugin_do_not_exist_there(fresh: Any, enabled: frozenset[str]) -> None:
    desk = fresh()
    desk.enabled = enabled
    for line, owner in (("/karma", "karma"), ("/k", "karma"), ("/every x", "tools"), ("/house lock", "tools")):
        assert (desk.say("bob", line).kind == "ran") == (owner in enabled)
    assert {node.plugin for node in desk.commands.roots(enabled)} == enabled | {"host"}
    assert {
        part.plugin for part in desk.commands.menu(enabled, desk.request("bob").person, Guild("test:guild"))
    } == enabled | {"host"}
    assert {spec.plugin for spec in desk.commands.tree(enabled)} == enabled | {"host"}
    assert (desk.commands.action("karma", "again", enabled) is None) == ("karma" not in enabled)
    assert {plugin for plugin, _ in desk.commands.contexts(enabled)} == enabled & {"karma"}


def test_a_disabled_plugins_names_are_not_suggested(desk: Any) -> None:
    desk.enabled = frozenset({"tools"})
    assert desk.answer("ann", "/karma") == "There is no command “/karma” here; /help lists what there is"


def test_a_menu_holds_what_the_person_may_use_with_its_subcommands(desk: Any) -> None:
    def offered(who: str) -> dict[str, list[str]]:
        menu = desk.commands.menu(desk.enabled, desk.request(who).person, Guild("test:guild"))
        return {part.plugin: [item.name for item in part.items] for part in menu}

    assert offered("ann") == {
        "host": ["help", "whoami"],
        "karma": ["karma", "thank"],
        "tools": ["boom", "every", "remind"],
    }
    assert offered("bob")["tools"] == ["boom", "every", "house", "remind"]
    assert offered("guest") == {"host": ["help", "whoami"]}
    part = desk.commands.menu(desk.enabled, desk.request("ann").person, Guild("test:guild"))[1]
    assert part.about == "Points for people"
    assert (part.items[0].summary, part.items[0].subcommands) == (
        "Show somebody's karma (yours, if nobody is named).",
        ("give", "reset"),
    )


def test_in_the_tree_a_group_holds_subcommands_only_its_own_handler_among_them(desk: Any) -> None:
    karma = next(spec for spec in desk.commands.tree(desk.enabled) if spec.name == "karma")
    assert karma.options == ()
    assert [(spec.name, spec.path) for spec in karma.subcommands] == [
        ("show", ("karma", "show")),
        ("give", ("karma", "give")),
        ("reset", ("karma", "reset")),
    ]
    give = karma.subcommands[1]
    assert [(option.label, option.kind, option.required, option.completes) for option in give.options] == [
        ("person", "person", True, True),
        ("points", "integer", False, False),
        ("reason", "text", False, False),
    ]
    house = next(spec for spec in desk.commands.tree(desk.enabled) if spec.name == "house")
    assert [spec.name for spec in house.subcommands] == ["lock", "burn"]
    assert {(spec.rank, spec.ephemeral) for spec in house.subcommands} == {(Rank.ADMIN, True)}


def test_in_the_tree_the_options_that_are_needed_come_first(commands: Commands) -> None:
    class Say(Plugin):
        @command
        async def say(self, call: Call, often: int = 1, *, what: str) -> None:
            """Say it."""

    commands.add("a", Say())
    assert [option.name for option in commands.tree(ALL)[0].options] == ["what", "often"]


def test_a_subclass_of_a_plugin_has_its_commands_too(commands: Commands) -> None:
    first = plugin("roll")
    commands.add("a", type("More", (type(first),), {})())
    assert names(commands) == {"roll": "a"}


def test_a_request_says_its_guild_and_shows_a_slash_where_the_platform_has_its_own_commands(desk: Any) -> None:
    request: Request = desk.request("ann", prefix="")
    assert (request.guild.id, request.shown) == ("test:guild", "/")

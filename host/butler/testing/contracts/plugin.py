"""What every plugin keeps to: it comes and goes cleanly, is silent when disabled, keeps and forgets what it should."""

from __future__ import annotations

import gc
import inspect
import json
import weakref
from collections.abc import Callable
from typing import Any, ClassVar

import attrs
import pytest

from butler.declare import ActionHandler, Command, ContextCommand, Job, Timed, Tool, declared
from butler.hookspecs import HOOKS
from butler.plugin import Plugin
from butler.testing.contracts.looking import ODD, at_work, commands_of, none, rows_of
from butler.testing.contracts.reasons import Contract
from butler.testing.contracts.watching import calls_into, folder_of, misdeeds_at_import
from butler.testing.house import House
from butler.testing.leaks import Before
from butler.testing.loading import class_of, name_of

MakeHouse = Callable[..., House]


class PluginContract(Contract):
    """Subclass it and name the ``plugin``: a class, or the name of an installed one."""

    plugin: ClassVar[Any]
    toml: ClassVar[str] = ""
    """The butler.toml to run it with."""
    keeps: ClassVar[bool] = False
    """It keeps something of ann after ``exercise``: export and forget are then proved on real rows."""

    def exercise(self, house: House) -> None:
        """Make the plugin do what it does. Override it, and have ann take part."""
        message = house.post("ann", "good morning")
        house.say("bob", "TheButler, how are you?")
        house.react("bob", message, "👍")
        house.unreact("bob", message, "👍")
        house.edit("ann", message, "good evening")
        house.delete("ann", message)
        house.join("carol")
        house.dm("ann", "hello")
        house.advance(minutes=2)

    # --- what the suite needs -------------------------------------------------------------------------

    @pytest.fixture
    def named(self, request: pytest.FixtureRequest) -> Any:
        """The plugin, as ``plugin`` names it (a subclass may make this a parametrized fixture)."""
        return self.plugin

    @pytest.fixture
    def name(self, named: Any) -> str:
        """What it is called."""
        return name_of(named)

    @pytest.fixture
    def cls(self, named: Any) -> type[Plugin]:
        """Its class."""
        return class_of(named)

    @pytest.fixture
    def busy(self, make_house: MakeHouse, named: Any) -> House:
        """A house in which the plugin did what it does."""
        house = make_house([named], toml=self.toml)
        self.exercise(house)
        return house

    # --- coming and going -----------------------------------------------------------------------------

    def test_it_loads_and_its_exercise_causes_no_fault(self, busy: House, name: str) -> None:
        """Nothing it does is taken for misbehaviour."""
        assert busy.host.lifecycle.problems == {}
        assert busy.plugin(name).name == name
        none(busy.misdeeds)

    def test_its_import_waits_for_nothing_and_starts_nothing(self, cls: type[Plugin]) -> None:
        """No connection, no sleep, no process, no thread."""
        none(misdeeds_at_import(cls.__module__))

    def test_unloading_leaves_nothing(self, make_house: MakeHouse, named: Any, name: str) -> None:
        """No task, thread, file, command, hook or job, and not the instance itself (OPS-5)."""
        house = make_house(toml=self.toml)
        house.say("ann", "hello")
        before, tasks = Before(), at_work(house.loop)
        gone = weakref.ref(house.load(named))
        self.exercise(house)
        none(house.unload(name))
        none([task.get_name() for task in at_work(house.loop) - tasks])
        none(before.left())
        assert name not in house.host.commands.plugins
        assert [hook for hook in HOOKS for plugin, _ in house.loader.implementations(hook) if plugin.name == name] == []
        house.advance(days=1)  # its schedules stay, to be made up for; none of them runs
        assert [run for run in house.host.schedule.held if run.startswith(f"{name}.")] == []
        house.say("ann", "hello")
        gc.collect()
        assert gone() is None, f"held by {[type(each).__name__ for each in gc.get_referrers(gone())]}"

    def test_it_can_come_and_go_again_and_again(self, make_house: MakeHouse, named: Any, name: str) -> None:
        """The fifth time leaves as little as the first."""
        house = make_house(toml=self.toml)
        for _ in range(5):
            house.load(named)
            house.say("ann", "hello")
            none(house.unload(name))

    # --- silence --------------------------------------------------------------------------------------

    def test_nothing_of_it_runs_where_it_is_disabled(self, busy: House, name: str, cls: type[Plugin]) -> None:
        """No hook, tick, command or job (HOST-3)."""
        busy.disable(name)
        with calls_into(folder_of(cls.__module__)) as calls:
            self.exercise(busy)
            busy.advance(hours=25)
            for command in declared(cls, Command).values():
                busy.command("ann", command.name)
        none(calls)

    def test_a_guild_that_disabled_it_hears_nothing_of_it(self, busy: House, name: str, cls: type[Plugin]) -> None:
        """While it runs elsewhere."""
        busy.disable(name, guild="den")
        message = busy.world.said[0]
        with calls_into(folder_of(cls.__module__)) as calls:
            busy.say("ann", "bob++ hello TheButler")
            busy.react("bob", message, "👍")
        none(calls)

    # --- what it declares -----------------------------------------------------------------------------

    def test_everything_it_offers_is_described(self, cls: type[Plugin], busy: House, name: str) -> None:
        """Classes, hooks, commands and their options say what they do for people."""
        missing = [f"class {cls.__name__}"] if not (cls.__doc__ or "").strip() else []
        for kind in (Command, ContextCommand, ActionHandler, Timed, Job, Tool):
            for attribute, each in declared(cls, kind).items():
                if not (each.handler.__doc__ or "").strip():
                    missing.append(f"{kind.__name__} {attribute}")
        for node in commands_of(busy, name):
            missing += [f"option {option.name} of {node.key}" for option in node.options if not option.help]
        none(missing)

    def test_everything_it_offers_is_typed(self, cls: type[Plugin]) -> None:
        """Hooks and handlers name the types of what they take and give."""
        functions = {hook: vars(cls)[hook] for hook in HOOKS if hook in vars(cls)}
        for kind in (Command, ContextCommand, ActionHandler, Timed, Job, Tool):
            functions |= {name: each.handler for name, each in declared(cls, kind).items()}
        untyped = []
        for name, function in functions.items():
            signature = inspect.signature(function)
            parameters = list(signature.parameters.values())[1:]
            if signature.return_annotation is signature.empty or any(p.annotation is p.empty for p in parameters):
                untyped.append(name)
        none(untyped)

    def test_its_settings_have_types_and_defaults(self, cls: type[Plugin]) -> None:
        """So that it runs without a section of its own."""
        assert attrs.has(cls.settings)
        fields = attrs.fields(cls.settings)
        none([field.name for field in fields if field.default is attrs.NOTHING or field.type is None])
        cls.settings()

    def test_a_wrong_setting_costs_the_plugin_and_not_the_host(
        self, make_house: MakeHouse, named: Any, cls: type[Plugin], name: str
    ) -> None:
        """Each field refuses what it is not, and an unknown one is named (HOST-28)."""
        wrong = [f"{field.name} = {{ is = {{ not = 'this' }} }}" for field in attrs.fields(cls.settings)]
        for line in [*wrong, "no_such_setting_here = 1"]:
            with House([named], toml=f"[plugins.{name}]\n{line}\n") as house:
                assert name not in house.host.lifecycle.plugins, line
                assert line.partition(" ")[0] in house.host.lifecycle.problems[name]
                assert house.dm("ann", "hello") == ["Very well."]

    # --- what it keeps --------------------------------------------------------------------------------

    def test_what_it_keeps_outlives_a_restart_and_a_crash(self, busy: House, cls: type[Plugin]) -> None:
        """Row by row."""
        before = rows_of(busy, cls)
        busy.restart()
        busy.crash()
        assert rows_of(busy, cls) == before

    def test_export_and_forget_find_everything(self, busy: House, cls: type[Plugin], name: str) -> None:
        """What is kept of somebody is exported whole, and gone after they were forgotten (HOST-22)."""
        ann = busy.person("ann").id
        plugin = busy.plugin(name)
        kept = [row for rows in rows_of(busy, cls).values() for row in rows if ann in repr(row)]
        exported = busy.run(plugin.export_person(ann))
        assert kept or not self.keeps, "ann took part in the exercise, and nothing of her is kept"
        assert bool(kept) <= bool(exported), "rows name ann, and the export is empty"
        json.dumps(exported)
        receipt = busy.run(plugin.forget_person(ann, "test:gone1"))
        assert all(isinstance(count, int) for count in receipt.values())
        assert bool(kept) <= bool(sum(receipt.values())), "the receipt counts nothing"
        assert [row for rows in rows_of(busy, cls).values() for row in rows if ann in repr(row)] == []
        assert not any(busy.run(plugin.export_person(ann)).values())

    def test_two_hosts_in_one_process_share_nothing_of_it(self, busy: House, make_house: MakeHouse, named: Any) -> None:
        """No module-level state."""
        other = make_house([named], toml=self.toml)
        assert all(not rows for rows in rows_of(other, class_of(named)).values())
        assert other.plugin(name_of(named)) is not busy.plugin(name_of(named))

    # --- what it bears --------------------------------------------------------------------------------

    def test_odd_texts_do_it_no_harm(self, make_house: MakeHouse, named: Any) -> None:
        """Control characters, lone surrogates, right-to-left, zalgo, a hundred thousand letters."""
        house = make_house([named], toml=self.toml)
        for text in ODD:
            house.say("ann", text)
            house.dm("ann", text)
        none(house.misdeeds)
        (said,) = house.dm("dora", "hello")  # somebody else: a plugin may have had enough of ann
        assert said.startswith("Very well.")

    def test_a_failing_model_does_it_no_harm(self, make_house: MakeHouse, named: Any) -> None:
        """Silence, errors and garbage instead of an answer."""
        house = make_house([named], toml=self.toml)
        house.model.fail(2)
        house.dm("ann", "hello")
        house.dm("ann", "hello?")
        house.model.garbage()
        house.dm("ann", "hello??")
        none(house.misdeeds)

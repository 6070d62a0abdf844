"""A host in a box, driven by plain calls: ``house.say("ann", "bob++")`` gives what is said in answer.

Everything is real (engine, journal, SQLite) but the world outside: a platform in memory, a scripted model
and a clock that stands still while anything works. Between two calls nothing happens and no time passes.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import json
import shutil
import tempfile
from collections.abc import Coroutine, Iterable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar

from butler.config.writing import Level
from butler.engine.faults import Fault
from butler.engine.loader import Loader
from butler.host import Host
from butler.model import Message
from butler.plugin import Plugin
from butler.testing.clock import VirtualClock, VirtualLoop
from butler.testing.crash import bury, kill, memory
from butler.testing.faults import Faults
from butler.testing.hands import Hands
from butler.testing.loading import add, configuration, name_of
from butler.testing.model import ScriptedModel
from butler.testing.platform import FakePlatform
from butler.testing.world import NAME, Done, World

T = TypeVar("T")

PATIENCE = 60.0
"""Virtual seconds that a call waits for what is under way (a slow model, a typed reply)."""


class House(Hands):
    """A host with people around it. Close it, or use it as a context manager; the ``house`` fixture does.

    ``plugins``: classes, or names of installed ones. ``toml``: a butler.toml. Persons, guilds and
    channels are named as people call them (``"ann"``, ``"den"``, ``"hall"``) and made when first named.
    """

    def __init__(self, plugins: Iterable[type[Plugin] | str] = (), *, toml: str = "", data: Path | None = None) -> None:
        self.loop = VirtualLoop()
        self.clock = VirtualClock(self.loop)
        super().__init__(World(self.clock))
        self.model = ScriptedModel()
        self.faults = Faults(self)
        self.toml = toml
        self._plugins = list(plugins)
        self._own_data = data is None
        self.data = data or Path(tempfile.mkdtemp(prefix="butler-house-", dir=memory()))
        self._dead: list[tuple[VirtualLoop, Host]] = []
        self.host: Host
        self.running = False
        self.logs: Sequence[Mapping[str, Any]] = ()
        """What was logged since the test began, by all its houses; filled where a fixture made the house."""
        self.left: list[str] = []
        """The tasks that were left when the last host had stopped."""
        try:
            self.start()
        except BaseException:
            self.close()
            raise

    # --- life ---------------------------------------------------------------------------------------

    def start(self) -> None:
        """Start a host over the data that is there."""
        self.loader = self._loader()
        self.host = Host(configuration(self.toml, self.data), clock=self.clock, loader=self.loader)
        self.host.lifecycle.providers[self.model.name] = self.model
        self.loop.watch("the store", lambda: self.host.database.in_flight, lambda: self.faults.store_is_away)
        self.loop.watch("the web", lambda: self.host.web.in_flight)
        with self.loop.holding("the start"):
            self.loop.run_until_complete(self.host.start())
        self.running = True
        self.settle()

    def stop(self) -> None:
        """Stop it in an orderly way; harmless when it does not run."""
        if self.running:
            self.running = False
            self.loop.run_until_complete(self.host.stop())

    def restart(self) -> None:
        """Stop it and start another over the same data."""
        self.stop()
        self.start()

    def kill(self) -> None:
        """End it as ``kill -9`` would: whatever it was about to do or to write is not done."""
        self.running = False
        kill(self.host.database)
        self.world.wake = lambda: None
        self._dead.append((self.loop, self.host))
        self.loop = self.clock.loop = VirtualLoop(self.loop.time())

    def crash(self) -> None:
        """Kill it and start another over the same data."""
        self.kill()
        self.start()

    def close(self) -> None:
        """Stop it, and let go of everything; what the host should have ended itself stands in ``left``."""
        try:
            self.stop()
            self.left += [f"task {task.get_name()}" for task in asyncio.all_tasks(self.loop)]
        finally:
            for loop, _ in self._dead:
                bury(loop)
            bury(self.loop)
            if self._own_data:
                shutil.rmtree(self.data, ignore_errors=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _loader(self) -> Loader:
        """Knows the plugins of this house and nothing else of what is installed."""
        loader = Loader({})
        loader.add("test_platform", type("TestPlatform", (Plugin,), {"platform": FakePlatform.on(self.world)}))
        for plugin in self._plugins:
            add(loader, plugin)
        return loader

    # --- running ------------------------------------------------------------------------------------

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """Run a coroutine in the host's loop and return its result; then whatever it set off, to its end."""
        result = self.loop.run_until_complete(work)
        self.settle()
        return result

    def settle(self, patience: float = PATIENCE) -> None:
        """Let everything run that can; time passes only while something is being answered, ``patience`` at most."""
        if self.running:
            self.loop.run_until_complete(self._settled(self.loop.time() + patience))

    async def _settled(self, deadline: float) -> None:
        while True:
            await self.loop.quiet()
            timer = self.loop.next_timer()
            if not self._busy(deadline - self.loop.time()) or timer is None or timer > deadline:
                return
            await asyncio.sleep(timer - self.loop.time())

    def _busy(self, patience: float) -> bool:
        soon = self.clock.now().timestamp() + patience
        coming = bool(self.world.backlog) and not self.world.down
        return coming or bool(self.host.queues.active) or self.host.delivery.due(soon) > 0

    def steps(self, count: int) -> bool:
        """Run so many rounds of the event loop and stop in the middle of things; false once all is quiet."""
        return self.loop.run_steps(count)

    def advance(self, **by: float) -> None:
        """Let time pass: ``advance(minutes=5)``, ``advance(days=7)``; all that is due in it happens."""
        self.run(asyncio.sleep(dt.timedelta(**by).total_seconds()))

    # --- what an administrator does -------------------------------------------------------------------

    def load(self, plugin: type[Plugin] | str) -> Plugin:
        """Install a plugin into the running host and bring it up. Raises ``PluginError`` with the reason."""
        name = add(self.loader, plugin)
        self.host.settings.add([name])
        loaded = self.run(self.host.lifecycle.up(name))
        self._plugins.append(plugin)
        return loaded

    def unload(self, name: str) -> list[str]:
        """Take a plugin out of the running host; returns what it left behind (nothing: proved)."""
        self._plugins = [plugin for plugin in self._plugins if name_of(plugin) != name]
        left = self.run(self.host.lifecycle.down(name))
        self.host.settings.remove(name)
        del self.loader.found[name]
        return left

    def plugin(self, name: str) -> Plugin:
        """A running plugin by name. Raises ``KeyError`` if it does not run."""
        return self.host.lifecycle.plugins[name]

    def enable(self, plugin: str, *, guild: str = "", channel: str = "") -> None:
        """Enable a plugin: everywhere, or in a guild or channel."""
        level, place = self._level(guild, channel)
        self.run(self.host.administration.enable(plugin, level, place, "the test"))

    def disable(self, plugin: str, *, guild: str = "", channel: str = "") -> None:
        """Disable a plugin: everywhere, or in a guild or channel."""
        level, place = self._level(guild, channel)
        self.run(self.host.administration.disable(plugin, level, place, "the test"))

    def set(self, key: str, value: object, *, guild: str = "", channel: str = "") -> None:
        """Change a setting: ``set("karma.per_hour", 3, guild="den")``. Raises ``CommandError`` with the reason."""
        plugin, _, name = key.partition(".")
        level, place = self._level(guild, channel)
        self.run(self.host.settings.set(level, place, plugin, name, str(value), "the test"))

    def _level(self, guild: str, channel: str) -> tuple[Level, str]:
        if channel:
            return "channel", self.world.channel(channel, guild or "den").id
        return ("guild", f"{NAME}:{guild}") if guild else ("host", "")

    # --- looking --------------------------------------------------------------------------------------

    @property
    def sent(self) -> Sequence[Done]:
        """Every action that the platform took, in order."""
        return self.world.done

    def record(self, message: Message | str) -> dict[str, Any]:
        """The decision record of a message. Raises ``LookupError`` if there is none."""
        identifier = message if isinstance(message, str) else message.id
        rows = self.query("select body from host_records where id = ?", identifier)
        if not rows:
            raise LookupError(f"there is no decision record of {identifier}")
        found: dict[str, Any] = json.loads(rows[0][0])
        return found

    def why(self) -> dict[str, Any]:
        """The decision record of what somebody said last."""
        return self.record(self.world.said[-1])

    @property
    def misdeeds(self) -> list[Fault]:
        """What plugins did that no plugin may (raised, hung, blocked, …), the latest last."""
        return list(self.host.quarantine.last)

    def query(self, sql: str, *params: object) -> list[tuple[Any, ...]]:
        """Rows out of the host's store."""
        return self.run(self.host.database.query(sql, params))

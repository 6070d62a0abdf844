"""The stand-in: a small Discord on this machine, with people in it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from types import TracebackType
from typing import Any, Self

from aiohttp import web
from butler import Clock

from butler_discord.testing.control.door import People
from butler_discord.testing.deeds import members, places, polls, posting, threads
from butler_discord.testing.faults import Faults
from butler_discord.testing.gateway.door import Door
from butler_discord.testing.gateway.hub import Hub
from butler_discord.testing.people.errors import Impossible
from butler_discord.testing.people.moderator import Moderator
from butler_discord.testing.people.person import Person
from butler_discord.testing.rest.limits import Limits, Meter
from butler_discord.testing.rest.routes import ROUTES
from butler_discord.testing.rest.server import Api, Request
from butler_discord.testing.state.channels import Channel
from butler_discord.testing.state.guilds import Guild, Role
from butler_discord.testing.state.mentions import Ping
from butler_discord.testing.state.messages import Message
from butler_discord.testing.state.permissions import ALL, NONE, Permission
from butler_discord.testing.state.users import App, User, token_for
from butler_discord.testing.world import World


class Discord:
    """A server that speaks Discord's REST and gateway on loopback; an async context manager.

    ``clock``: where its times come from. ``limits``: what is too much; ``AS_DISCORD`` for what bots meet outside.
    ``heartbeat``: the seconds between heartbeats that it asks bots for.
    """

    def __init__(self, *, clock: Clock | None = None, limits: Limits | None = None, heartbeat: float = 41.25) -> None:
        self.world = World(clock or Clock())
        self.world.due += [polls.end_due, threads.archive_due]
        self.limits = limits or Limits()
        self.hub = Hub(self.world, self.limits)
        self.door = Door(self.hub, self.limits, heartbeat)
        self.faults = Faults(self.door)
        """What goes wrong is ordered here."""
        self.people = People(self)
        self.api = Api(self.hub, Meter(self.world.clock, self.limits), self.faults)
        self._runner: web.AppRunner | None = None
        self._cdn: web.AppRunner | None = None
        self.rest_url = ""
        """What hikari is given as ``rest_url``."""
        self.people_url = ""
        """Where people from other processes come in (see ``control``)."""

    # --- life ---------------------------------------------------------------------------------------

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop()

    async def start(self, port: int = 0) -> None:
        """Listen on a free port of loopback, or on this one."""
        app = web.Application(client_max_size=64 << 20)
        app.router.add_get("/gateway", self.door.serve)
        app.router.add_get("/gateway/resume", self.door.serve)
        app.router.add_get("/people/{name}", self.people.serve)
        self.api.add(app.router, ROUTES)
        self._runner, at = await _serve(app, port)
        files = web.Application()
        files.router.add_get("/{path:.*}", self._file)
        self._cdn, files_at = await _serve(files, 0)
        self.rest_url = f"http://{at}/api/v10"
        self.people_url = f"http://{at}/people"
        self.hub.url = f"ws://{at}/gateway"
        self.door.resume_url = f"ws://{at}/gateway/resume"
        self.world.cdn = f"http://{files_at}"

    async def stop(self) -> None:
        """End every connection and stop listening."""
        self.world.stop()
        self.let_go()
        for runner in (self._runner, self._cdn):
            if runner is not None:
                await runner.cleanup()

    def let_go(self) -> None:
        """Cut every connection, bots' and people's."""
        for connection in list(self.door.connections):
            connection.cut()
        self.people.cut()

    async def _file(self, request: web.Request) -> web.Response:
        file = self.world.file(request.path, request.query)
        if file is None:
            return web.Response(status=404, text="This content is no longer available.")
        return web.Response(body=file.data, content_type=file.kind)

    # --- what is there --------------------------------------------------------------------------------

    def guild(
        self,
        name: str = "House",
        *bots: App,
        channels: tuple[str, ...] = ("general",),
        owner: str = "",
        tells_joins: bool = False,
    ) -> Guild:
        """A new guild with an owner of its own, these text channels and these bots (as administrators).

        ``tells_joins``: Discord itself says in the first channel who joined, as in most guilds.
        """
        guild = places.found(self.world, name, self._user(owner or f"{name.lower()}-owner"))
        for channel in channels:
            places.add_channel(self.world, guild, channel)
        if tells_joins:
            guild.system_channel = next(iter(guild.channels.values()))
        for bot in bots:
            self.invite(bot, guild)
        return guild

    def bot(self, name: str = "Butler", **intents: Any) -> App:
        """A new application with a bot. ``members_intent=False`` and the like: not switched on in the portal."""
        user = self._user(name, bot=True)
        app = App(user, token_for(user.id), self._user(f"{name.lower()}-developer"), **intents)
        self.world.apps[app.id] = app
        return app

    def invite(self, bot: App, guild: Guild, permissions: Permission = ALL) -> None:
        """A guild's owner adds a bot and grants it this."""
        places.install(self.world, bot, guild, permissions)

    def join(self, name: str, *guilds: Guild, display: str | None = None) -> Person:
        """Somebody new who joins these guilds; without one, somebody who is in none yet."""
        person = Person(self.world, self._user(name, display=display), guilds[0] if guilds else None)
        for guild in guilds:
            members.enter(self.world, guild, person.user)
        return person

    def anybody(self, name: str, guild: Guild | None = None) -> Moderator:
        """Who is called so; if there is nobody, somebody new in this guild (without one, in the first).

        Raises ``Impossible`` when there is no guild.
        """
        guild = guild or next(iter(self.world.guilds.values()), None)
        if guild is None:
            raise Impossible("there is no guild yet")
        for user in self.world.users.values():
            if user.name == name and not user.bot:
                return Moderator(self.world, user, guild)
        return Moderator(self.world, self.join(name, guild).user, guild)

    def owner(self, guild: Guild) -> Moderator:
        """The owner of a guild, who may do everything there."""
        return Moderator(self.world, self.world.users[guild.owner], guild)

    def moderator(self, name: str, guild: Guild, permissions: Permission) -> Moderator:
        """Somebody who joins a guild and gets a role of their own that holds this."""
        person = self.join(name, guild)
        role = self.role(guild, f"{name}'s", permissions)
        members.change(self.world, guild, person.member, roles=[role.id])
        return Moderator(self.world, person.user, guild)

    def role(self, guild: Guild, name: str, permissions: Permission = NONE, **more: Any) -> Role:
        """A role of a guild by name; made (the lowest) when there is none. ``more``: further fields."""
        for role in guild.roles.values():
            if role.name == name:
                return role
        return places.add_role(self.world, guild, name, permissions, **more)

    def channel(self, guild: Guild, name: str, **more: Any) -> Channel:
        """A channel of a guild by name; made when there is none. ``more``: its kind and further fields."""
        for channel in guild.channels.values():
            if channel.name == name:
                return channel
        return places.add_channel(self.world, guild, name, **more)

    def _user(self, name: str, **more: Any) -> User:
        user = User(self.world.ids.new(), name, **more)
        self.world.users[user.id] = user
        return user

    def said(self, who: Person | App, text: str, where: Channel, **ago: float) -> Message:
        """Something that was said so long ago (``days=15``): it is in the history, and nobody is told."""
        at = self.world.ids.at(self.world.clock.now() - dt.timedelta(**ago))
        return posting.post(self.world, where, who.user, text, identifier=at, silent=True)

    # --- looking ------------------------------------------------------------------------------------

    @property
    def pings(self) -> list[Ping]:
        """Every message that rang for somebody, by its text or by an edit, in order."""
        return list(self.world.pings)

    @property
    def typing(self) -> list[tuple[User, Channel]]:
        """Who began to type where, in order."""
        return list(self.world.typing)

    @property
    def requests(self) -> Sequence[Request]:
        """What was asked of the API, with how it was answered, oldest first."""
        return self.api.requests

    @property
    def invalid_requests(self) -> int:
        """How many requests count against the lock-out now."""
        return self.api.meter.invalid()

    async def until(self, reached: Callable[[], object], within: float = 20.0) -> None:
        """Wait until something holds; looked at whenever something changes. Raises ``TimeoutError``."""
        await self.world.until(reached, within)


async def _serve(app: web.Application, port: int) -> tuple[web.AppRunner, str]:
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=1.0)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", port)
    await site.start()
    host, port = runner.addresses[0][:2]
    return runner, f"{host}:{port}"

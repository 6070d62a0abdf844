"""The hooks: what a plugin may implement, when the host calls it, and what its answer means.

All are ``async def``, in spec and in implementation; the host awaits them one after the other, each
with a deadline of its own. Order within a hook: ``tryfirst`` implementations, then the others in the
order of their plugins' names, then ``trylast``. Wrappers and ``firstresult`` are not used.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

import pluggy

from butler.model import Channel, Event, Guild, Message, Persona, Refuse, Reply, Section, Stop, Use, Vote

NAME = "butler"
"""The one name: entry-point group, marker, logger root."""

API_VERSION = 1
"""Rises when a hook changes so that a plugin has to; a plugin names the range it works with."""

hookspec = pluggy.HookspecMarker(NAME)
hookimpl = pluggy.HookimplMarker(NAME)


@hookspec
async def on_message(message: Message) -> Stop | None:
    """A message was journaled; called once for each, a persona's own messages included.

    Return ``None``, or ``Stop(reason)``: no later hook, command or persona sees the message. What is
    written through ``self.host.db.defer(fn)`` and said through ``message.reply`` is committed together
    with the mark that the message was observed, so that a crash counts nothing twice.
    """


@hookspec
async def should_reply(message: Message, persona: Persona, votes: Sequence[Vote]) -> Vote | None:
    """Asked for each persona that lives in the channel, for each message that no command took.

    ``votes`` holds those already cast, so that a costly voter can stay out of what is decided. Return
    ``None`` for no opinion, or ``Vote(YES / NO / VETO, reason)``: one VETO silences, else one YES
    speaks, else the persona stays silent. The host's own rule (in company of two always, in larger
    company when named) votes last.
    """


@hookspec
async def build_prompt(message: Message, persona: Persona) -> Section | list[Section | Use] | Use | Stop | None:
    """A persona will speak: give what its model should know.

    Return ``None``, a ``Section``, ``Use(model, max_tokens, temperature, footer)``, a list of them, or
    ``Stop(reason)``: it does not speak after all, and no model is asked. A section belongs to the plugin
    that returns it; the host orders and fits them and charges their tokens to it. It may be called again
    for the same message; what is deferred and said in it is committed with the turn, once.
    """


@hookspec
async def on_tick(now: dt.datetime, guild: Guild) -> None:
    """Called each minute for each guild in which the plugin is enabled. ``now`` is in the guild's zone."""


@hookspec
async def on_spawn(persona: Persona) -> Refuse | None:
    """A persona comes to life (once, not at each start of the host).

    Return ``None``, or ``Refuse(reason)``: the spawn is undone, and the plugins that were already told
    are told of the despawn in reverse.
    """


@hookspec
async def on_despawn(persona: Persona) -> None:
    """A persona leaves for good; or its spawn was refused after this plugin was told of it."""


@hookspec
async def on_event(event: Event) -> None:
    """Something happened that is no message: a join, a reaction, an edit, a deletion, voice."""


@hookspec
async def review_reply(reply: Reply, persona: Persona | None, channel: Channel | None) -> Reply | Stop | None:
    """Before anything of a reply is released. ``persona`` is ``None`` for the host's own voice, ``channel`` for what
    is pushed to a person in private.

    Return ``None`` to let it pass, a changed ``Reply``, or ``Stop(reason)`` to hold it back.
    """


@hookspec
async def on_reply(message: Message, reply: Reply, persona: Persona | None) -> None:
    """After a reply was sent; at least once for each, so write what you keep so that twice does no harm."""


HOOKS = (
    "on_message", "should_reply", "build_prompt", "on_tick", "on_spawn", "on_despawn",
    "on_event", "review_reply", "on_reply",
)  # fmt: skip

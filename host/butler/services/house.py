"""The host's own commands: plugins, personas, why, privacy (HOST-11)."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from butler.call import Call
from butler.declare import command
from butler.errors import CommandError
from butler.model import File, Persona, Rank, Reply
from butler.services.commands.house import HouseCommands
from butler.services.consents import TRAINING
from butler.services.household.guilds import GuildCommands
from butler.services.household.linking import LinkCommands
from butler.services.household.quiet import QuietCommands
from butler.services.household.talking import talk
from butler.services.why import explain, latest_record, record_of

if TYPE_CHECKING:
    from butler.host import Host


class House(LinkCommands, QuietCommands, GuildCommands, HouseCommands):
    """The house itself."""

    def __init__(self, host: Host) -> None:
        super().__init__(host.commands)
        self._host = host

    @command(rank=Rank.MEMBER, ephemeral=True, default_name="list")
    async def plugins(self, call: Call) -> str:
        """List the plugins and which of them are enabled here."""
        lines = []
        for name, found in sorted(self._host.lifecycle.known.items()):
            problem = self._host.lifecycle.problems.get(name) or found.problem
            state = "on" if name in call.enabled else "off"
            lines.append(f"- **{name}** {found.version}: {f'cannot run ({problem})' if problem else state}")
        return "\n".join(lines) or "No plugin is installed; `pip install butler-karma`, for example."

    @plugins.command(rank=Rank.MANAGER)
    async def enable(self, call: Call, name: str) -> str:
        """Enable a plugin in this guild.

        name: the plugin, as `plugins` lists it
        """
        await self._host.administration.enable(name, "guild", call.guild.id, call.person.id)
        return f"{name} is enabled here."

    @plugins.command(rank=Rank.MANAGER)
    async def disable(self, call: Call, name: str) -> str:
        """Disable a plugin in this guild: it receives nothing here from the next message on.

        name: the plugin, as `plugins` lists it
        """
        await self._host.administration.disable(name, "guild", call.guild.id, call.person.id)
        self._host.administration.retire_later(name)
        return f"{name} is disabled here."

    @plugins.command(rank=Rank.MANAGER)
    async def settings(self, call: Call, name: str, key: str = "", *, value: str = "") -> str:
        """Show a plugin's settings in this guild, or change one.

        name: the plugin
        key: the setting to change
        value: its new value
        Example: /plugins settings karma per_hour 5
        """
        if key and value:
            new = await self._host.settings.set("guild", call.guild.id, name, key, value, call.person.id)
            return f"{name}.{key} is {new!r} here from now on."
        shown = self._host.settings.explain(name, guild=call.guild.id)
        lines = [f"- `{field}` = {text!r} ({source})" for field, (text, source) in shown.items() if key in ("", field)]
        return "\n".join(lines) or f"{name} has no setting{f' named {key}' if key else 's'}."

    @command(rank=Rank.MEMBER, ephemeral=True, default_name="list")
    async def persona(self, call: Call) -> str:
        """List the personas that live here."""
        living = self._host.personas.living_in(call.channel)
        return (
            "\n".join(f"- **{p.label}** ({p.name}), model {', '.join(p.model)}" for p in living) or "Nobody lives here."
        )

    @persona.command(rank=Rank.MEMBER)
    async def talk(self, call: Call, *, name: str) -> Reply:
        """Talk to a persona from now on, where only the two of us are; name me to have me back.

        name: whom you want to talk to
        Example: /persona talk TheButler
        """
        return await talk(self._host, call, name)

    @persona.command(rank=Rank.ADMIN)
    async def spawn(self, call: Call, name: str, *, prompt: str) -> str:
        """Bring a persona to life in this guild.

        name: what it is called
        prompt: who it is
        Example: /persona spawn Scout You are a scout who answers in one sentence.
        """
        born = await self._host.spawning.spawn(Persona(name, prompt=prompt, channels=(call.guild.id,)), call.person.id)
        return f"{born.label} lives here now."

    @persona.command(rank=Rank.ADMIN, confirm="It leaves for good. Go on?")
    async def despawn(self, call: Call, name: str) -> str:
        """Have a persona leave for good.

        name: its name
        """
        await self._host.spawning.despawn(name, call.person.id)
        return f"{name} has left."

    @persona.command(rank=Rank.ADMIN)
    async def rename(self, call: Call, name: str, new: str) -> str:
        """Call a persona something else.

        name: its name until now
        new: its name from now on
        """
        renamed = await self._host.spawning.rename(name, new, call.person.id)
        return f"{name} is called {renamed.name} now."

    @command(rank=Rank.MEMBER, ephemeral=True)
    async def why(self, call: Call, message: str = "") -> str:
        """Say why a message was answered, or why not: this reply's, or the last one here.

        message: a message's id; leave it out to ask about the message you reply to, or the last one
        """
        asked = message or (call.message.reply_to if call.message else "")
        if asked:
            record = await record_of(self._host.database, asked, channel=call.channel.id)
        else:
            record = await latest_record(self._host.database, call.channel.id, before=call.message)
        if record is None:
            raise CommandError("there is no record of that message here", remedy="records are kept for some days only")
        return explain(record, operator=self._host.permissions.rank(call.person, call.guild) >= Rank.MANAGER)

    @command(rank=Rank.GUEST, ephemeral=True, default_name="show")
    async def privacy(self, call: Call) -> str:
        """Say what is kept about you, by which plugin, and how to have it or have it deleted."""
        kept = sorted(name for name, plugin in self._host.lifecycle.plugins.items() if plugin.tables)
        days = self._host.config.host.message_days
        return (
            f"Messages are kept for {days} days, then deleted. "
            f"Plugins that keep something: {', '.join(kept) or 'none'}.\n"
            f"`{call.prefix}privacy export` gives you everything that is kept about you, "
            f"`{call.prefix}privacy forget` deletes it."
        )

    @privacy.command(rank=Rank.GUEST)
    async def export(self, call: Call) -> Reply:
        """Give you everything that is kept about you, as a file."""
        found = await self._host.privacy.export(call.person.id)
        data = json.dumps(found, indent=2, ensure_ascii=False, default=str).encode()
        return Reply("Here is everything.", files=(File("about-you.json", data, "application/json"),))

    @privacy.command(rank=Rank.GUEST)
    async def training(self, call: Call, agree: bool) -> str:
        """Say whether your conversations with personas, and your 👍 and 👎, may be used to train models.

        agree: yes or no
        """
        if agree:
            await self._host.consents.agree(call.person.id, TRAINING)
            return "Your conversations with personas may be exported for training from now on. Say no to take it back."
        await self._host.consents.withdraw(call.person.id, TRAINING)
        return "Your conversations are not exported for training."

    @privacy.command(rank=Rank.GUEST, confirm="Everything that is kept about you will be deleted. Go on?")
    async def forget(self, call: Call) -> str:
        """Delete everything that is kept about you, with a receipt."""
        receipt = await self._host.privacy.forget(call.person.id)
        return receipt.text

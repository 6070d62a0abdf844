"""What `butler doctor` says of Discord: token, intents, shards, permissions."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from butler import Check

from butler_discord.ids import ours
from butler_discord.invite import WANTED, invite_link, portal
from butler_discord.permissions import BITS

if TYPE_CHECKING:
    from butler_discord.account import Account

CONSEQUENCES = {
    "GUILD_MEMBERS": "nobody is welcomed, and members cannot be listed",
    "MESSAGE_CONTENT": "what people say in channels cannot be read",
    "GUILD_PRESENCES": "who is online is not known",
}
SHOWN = 5


async def checks(account: Account) -> list[Check]:
    """One line each."""
    return [*_connection(account), *_intents(account), *_guilds(account), *_bots(account)]


def _connection(account: Account) -> list[Check]:
    bot = account.bot
    if bot.trouble:
        return [Check("discord connection", "fail", bot.trouble, "see `butler logs`")]
    found = [Check("discord connection", "ok", f"{bot.name} ({bot.me}), {bot.sessions} new sessions within an hour")]
    for shard, latency in sorted(bot.latencies.items()):
        heard = not math.isnan(latency)
        slow = heard and latency > account.settings.slow_latency
        told = f"{latency * 1000:.0f} ms" if heard else "no heartbeat was answered yet"
        remedy = "look at this machine's network and load" if slow else ""
        found.append(Check(f"discord shard {shard}", "warn" if slow else "ok", told, remedy))
    if account.listener.behind:
        found.append(Check("discord history", "ok", f"{account.listener.behind} channels are being read up"))
    return found


def _intents(account: Account) -> list[Check]:
    missing = account.bot.missing
    where = f"switch it on at {portal(account.bot.application)} (Privileged Gateway Intents), then restart"
    found = [
        Check(f"discord intent {name}", "fail", CONSEQUENCES.get(name, "not switched on"), where) for name in missing
    ]
    return found or [Check("discord intents", "ok", "all that are needed are switched on")]


def _guilds(account: Account) -> list[Check]:
    link = invite_link(account.bot.application)
    if not account.guilds.known:
        return [Check("discord guilds", "warn", "the bot is in no guild", f"invite it: {link}")]
    host = account.host
    waiting = [known for known in account.guilds.known.values() if host.admitted(known.guild()) == "asked"]
    found = [Check("discord guilds", "ok", f"{len(account.guilds.known)} guilds")]
    found += [
        Check(
            "discord guild",
            "warn",
            f"{known.name} is new: I answer there within a small budget",
            f"say /guilds allow {ours(known.id)}, or /guilds refuse {ours(known.id)}",
        )
        for known in waiting[:SHOWN]
    ]
    for known in [each for each in account.guilds.known.values() if each.accepted]:
        may = account.guilds.may_in(known)
        lacking = [name for name in WANTED if not may & BITS[name]]
        if lacking and len(found) < 2 * SHOWN:
            told = f"{known.name}: the bot's role lacks {', '.join(lacking)}"
            found.append(
                Check("discord permissions", "warn", told, f"give them to its role, or invite it anew: {link}")
            )
    if not any(check.name == "discord permissions" for check in found):
        found.append(Check("discord permissions", "ok", "the bot's role has all that it can use in every guild"))
    return found


def _bots(account: Account) -> list[Check]:
    return [
        Check(f"discord bot of {name}", "fail" if bot.trouble else "ok", bot.trouble or f"{bot.name} ({bot.me})")
        for name, bot in account.bots.items()
    ]

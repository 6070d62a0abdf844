"""``/automod``: the rules of a guild, made, tried, taken out and brought in by commands (MOD-2, MOD-6)."""

from __future__ import annotations

from functools import partial
from typing import Any

from butler import Call, CommandError, File, Form, Listing, Person, Plugin, Rank, Reply, action, command

from butler_moderation import tables
from butler_moderation.automod import Automod, named
from butler_moderation.rules import DEFAULTS, MEANING, MOST_RULES, Kind, Rule, plain, rule_of
from butler_moderation.said import Said
from butler_moderation.toml import read, written

NONE = "There are no rules yet. `automod add` makes one."


class AutomodCommands(Plugin):
    """What managers do with rules."""

    automod: Automod

    @command(rank=Rank.MANAGER, ephemeral=True, default_name="list")
    async def automod_(self, call: Call) -> Listing:
        """List the rules that hold here."""
        rules = await self.automod.rules(call.guild.id)
        dry = " (dry run: they only say what they would do)" if call.settings.dry_run else ""
        return Listing([_line(rule) for rule in rules.rules.values()], f"Rules{dry}", empty=NONE)

    @automod_.command(rank=Rank.MANAGER, ephemeral=True)
    async def add(
        self, call: Call, name: str, kind: Kind, *, most: float | None = None, seconds: float | None = None,
        do: str = "delete", strikes: int = 1, what: str = "",
    ) -> str:  # fmt: skip
        """Make a rule.

        name: what it is called
        kind: what it looks for
        most: how much is allowed, for kinds that count
        seconds: within which time, for repeat and rate
        do: what is done, such as delete,warn or timeout; report only tells
        strikes: how many strikes it gives
        what: the words, hosts or endings, with commas between; one expression for regex
        Example: /automod add insults words do=delete,warn idiot, moron, jerk*
        Example: /automod add shouting caps 80
        """
        rules = await self.automod.rules(call.guild.id)
        if name in rules.rules:
            raise CommandError(f"There is a rule {name} already", remedy=f"change it with automod set {name} …")
        if kind in DEFAULTS and most is None and what.strip().replace(".", "", 1).isdigit():
            most, what = float(what), ""
        given: dict[str, Any] = {"kind": kind, "what": _listed(kind, what), "do": _listed("", do), "strikes": strikes}
        given |= {key: value for key, value in (("most", most), ("seconds", seconds)) if value is not None}
        rule = rule_of(name, given)
        await self._keep(call, rule)
        return f"From now on: {_line(rule)}"

    @automod_.command(rank=Rank.MANAGER, ephemeral=True)
    async def set(self, call: Call, name: str, key: str, *, value: str) -> str:
        """Change something about a rule.

        name: the rule
        key: what, allow, most, seconds, do, duration, strikes, dry, off, spare_roles or spare_channels
        value: the new value; lists with commas between
        Example: /automod set insults dry yes
        """
        rule = await self._rule(call, name)
        body = plain(rule) | {key: _typed(rule, key, value)}
        await self._keep(call, rule_of(name, body))
        return f"Changed: {_line(rule_of(name, body))}"

    @automod_.command(rank=Rank.MANAGER, ephemeral=True)
    async def remove(self, call: Call, name: str) -> str:
        """Take a rule away.

        name: the rule
        """
        await self._rule(call, name)
        await self.host.db.write(partial(tables.drop_rule, call.guild.id, name))
        self.automod.changed(call.guild.id)
        return f"The rule {name} is gone."

    @set.complete("name")
    @remove.complete("name")
    async def _names(self, call: Call, typed: str) -> list[str]:
        rules = await self.automod.rules(call.guild.id)
        return [name for name in rules.rules if name.startswith(typed)]

    @automod_.command(rank=Rank.MANAGER, ephemeral=True)
    async def test(self, call: Call, *, text: str) -> str:
        """Say which rules would fire on a text, and why.

        text: what somebody might say
        """
        rules = await self.automod.rules(call.guild.id)
        hits = await self.automod.judge(rules, Said.typed(text, self.host.parse(text)))
        folded = self.automod.folder.fold(text)
        read_as = f"\nIt is read as: {folded[:200]}" if folded != text.lower() else ""
        return ("\n".join(named(hits)) or "No rule fires.") + read_as

    @automod_.command(rank=Rank.MANAGER, ephemeral=True)
    async def strikes(self, call: Call, who: Person, *, pardon: bool = False) -> str:
        """Show somebody's strikes, or take them away.

        who: the person
        pardon: take them away
        """
        if pardon:
            gone = await self.host.db.write(partial(tables.pardon, call.guild.id, who.id))
            return f"{who.name} begins anew; {gone} entries are gone."
        since = self.host.clock.now().timestamp() - call.settings.strike_days * 86_400
        count = await self.host.db.read(partial(tables.strikes_of, call.guild.id, who.id, since))
        return f"{who.name} has {count} strikes of the last {call.settings.strike_days:g} days."

    @automod_.command(rank=Rank.MANAGER, ephemeral=True)
    async def export(self, call: Call) -> Reply:
        """Give all rules as TOML, for another guild or for keeping."""
        rules = await self.automod.rules(call.guild.id)
        text = written(list(rules.rules.values()))
        if len(text) <= 1500:
            return Reply(f"```toml\n{text}```")
        return Reply(f"{len(rules.rules)} rules.", files=(File("rules.toml", text.encode(), "application/toml"),))

    @automod_.command(rank=Rank.ADMIN, ephemeral=True)
    async def import_(self, call: Call, *, toml: str = "") -> Form | str:
        """Put rules from TOML in the place of all that are here.

        toml: what automod export gave; without it a form asks for it
        """
        if not toml:
            return Form("Rules from TOML", "automod-import")
        return await self._bring_in(call, toml)

    @action("automod-import", rank=Rank.ADMIN, ephemeral=True)
    async def _imported(self, call: Call, value: str, *, toml: str) -> str:
        """Take them.

        toml: the rules
        """
        return await self._bring_in(call, toml)

    async def _bring_in(self, call: Call, text: str) -> str:
        rules = read(text)
        if len(rules) > MOST_RULES:
            raise CommandError(f"{len(rules)} rules are too many; {MOST_RULES} are possible")
        await self.automod.made(rules)
        bodies = {rule.name: plain(rule) for rule in rules}
        await self.host.db.write(partial(tables.replace_rules, call.guild.id, bodies))
        self.automod.changed(call.guild.id)
        return f"{len(rules)} rules hold from now on; those that were here before are gone."

    async def _rule(self, call: Call, name: str) -> Rule:
        rules = await self.automod.rules(call.guild.id)
        if name not in rules.rules:
            known = ", ".join(rules.rules) or "none yet"
            raise CommandError(f"There is no rule {name[:40]!r}", remedy=f"there are: {known}")
        return rules.rules[name]

    async def _keep(self, call: Call, rule: Rule) -> None:
        """Write a rule after it was tried together with the others. Raises ``CommandError``."""
        rules = dict((await self.automod.rules(call.guild.id)).rules) | {rule.name: rule}
        if len(rules) > MOST_RULES:
            raise CommandError(f"{MOST_RULES} rules are possible, and you have as many")
        await self.automod.made(list(rules.values()))
        await self.host.db.write(partial(tables.keep_rule, call.guild.id, rule.name, plain(rule)))
        self.automod.changed(call.guild.id)


def _line(rule: Rule) -> str:
    counts = rule.kind in DEFAULTS
    meaning = MEANING[rule.kind].replace("`most`", f"{rule.most:g}").replace("`seconds`", f"{rule.seconds:g} s")
    what = ", ".join(rule.what[:8]) + ("…" if len(rule.what) > 8 else "")
    about = meaning if counts else f"{meaning.replace('`', '')}: {'all but ' if rule.allow else ''}{what or 'any'}"
    state = " (off)" if rule.off else " (dry)" if rule.dry else ""
    return f"**{rule.name}**{state}: {about} → {', '.join(rule.do) or 'nothing'}, {rule.strikes} strikes"


def _listed(kind: str, text: str) -> list[str]:
    return [text] if kind == "regex" and text else [each.strip() for each in text.split(",") if each.strip()]


def _typed(rule: Rule, key: str, text: str) -> Any:
    if key in {"allow", "dry", "off"}:
        return text.strip().casefold() in {"yes", "y", "true", "on", "1"}
    if key in {"most", "seconds", "duration", "strikes"}:
        try:
            return float(text)
        except ValueError:
            raise CommandError(f"{key} must be a number, not {text[:40]!r}") from None
    return _listed(rule.kind if key == "what" else "", text)

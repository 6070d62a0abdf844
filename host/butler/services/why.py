"""Why something was said, or not: the decision record in plain words, and what would have changed it (OPS-1).

Functions over the record's JSON (:meth:`butler.engine.trace.Record.json`), for ``butler why`` and ``/why``
alike. They tell reasons, names, counts and times; the texts of sections are in no record.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from attrs import frozen

from butler.model import Message
from butler.model.models import MILLION
from butler.store.database import Database

LOOKED_AT = 200
HOST = "host"
"""The name under which the host's own rule votes."""


@frozen
class Change:
    """The smallest change that would have turned a silence into a reply."""

    text: str
    """What to do, as a sentence."""
    plugins: tuple[str, ...] = ()
    """The plugins whose disabling in that guild would do it: what a manager's button offers."""


def explain(record: Mapping[str, Any], *, operator: bool, disable: str = "/plugins disable") -> str:
    """The record as a Markdown list: what came of it, who looked, who voted, what was thought and sent.

    Members read outcomes, reasons and token counts; an ``operator`` also reads faults, times and what would
    have turned a silence. ``disable`` is how a plugin is disabled where this is read.
    """
    lines = [_outcome(record)]
    for persona, ballot in record.get("votes", {}).items():
        lines += _ballot(persona, ballot)
    for turn in record.get("turns", ()):
        lines += _turn(turn)
    for plugin, reason in record.get("unsaid", ()):
        lines.append(f"What {plugin} wanted to say was left out: {_sentence(reason)}")
    for plugin, text in record.get("remarks", ()):
        lines.append(f"Later, {plugin}: {_sentence(text)}")
    if operator:
        lines += _for_operators(record, disable)
    return "\n".join([lines[0], *(_item(line) for line in lines[1:])])


def _item(line: str) -> str:
    """As an item of the list; what stands below another one is indented."""
    text = line.lstrip()
    return f"{' ' * (len(line) - len(text))}- {text}"


def _for_operators(record: Mapping[str, Any], disable: str) -> Iterable[str]:
    for hook, times in record.get("hooks", {}).items():
        if times:
            yield _hook(hook, times)
    for plugin, hook, kind, error in record.get("faults", ()):
        yield f"{plugin} failed in {hook} ({kind}): {_sentence(error)}"
    for plugin, reason in record.get("lost", ()):
        yield f"What {plugin} wrote was lost: {_sentence(reason)}"
    if change := turning(record):
        ways = ", ".join(f"`{disable} {plugin}`" for plugin in change.plugins)
        yield f"To turn this: {_sentence(change.text)}" + (f" {ways} does that." if ways else "")


_OUTCOMES = {
    "stopped": "It was stopped before anybody could answer",
    "command": "It was a command",
    "spoke": "It was answered",
    "silent": "Nobody answered",
    "resumed": "It was finished after a restart",
    "failed": "It failed",
}


def _outcome(record: Mapping[str, Any]) -> str:
    said = _OUTCOMES.get(record.get("outcome", ""), f"It ended as {record.get('outcome')!r}")
    reason = record.get("reason", "")
    return f"{said}: {_sentence(reason)}" if reason else f"{said}."


def _sentence(text: str) -> str:
    return text if text.endswith((".", "!", "?")) else f"{text}."


def _hook(hook: str, times: Mapping[str, float]) -> str:
    told = ", ".join(f"{plugin} {milliseconds:g} ms" for plugin, milliseconds in times.items())
    return f"{hook} ran: {told}."


def _ballot(persona: str, ballot: Mapping[str, Any]) -> Iterable[str]:
    yield f"Should {persona} speak? {'Yes' if ballot['speaks'] else 'No'}."
    for plugin, say, reason in ballot["votes"]:
        yield f"  {plugin} votes {say.upper()}: {_sentence(reason)}"


def _turn(turn: Mapping[str, Any]) -> Iterable[str]:
    kind, _, name = turn["who"].partition(":")
    subject = f"The command {name}" if kind == "command" else name
    reason = f" ({turn['reason']})" if turn.get("reason") else ""
    yield f"{subject}: {_STATES.get(turn['state'], turn['state'])}{reason}."
    if prompt := turn.get("prompt"):
        yield f"  The prompt had {prompt['tokens']} tokens, with {prompt['history']} earlier messages."
        yield from map(_section, prompt["sections"])
    if usage := turn.get("usage"):
        cached = f" ({usage['cached']} of them cached)" if usage.get("cached") else ""
        asked = usage["input"] + usage.get("cached", 0) + usage.get("written", 0)
        cost = f", cost {turn['cost'] / MILLION:.6f}" if turn.get("cost") is not None else ", cost not known"
        spent = f"{asked} tokens in{cached}, {usage['output']} out{cost}"
        yield f"  {turn['model']} answered in {turn['seconds']:g} s: {spent}."
    for tool, worked in turn.get("tools", ()):
        yield f"  It used the tool {tool}{'' if worked else ', which refused or failed'}."


_STATES = {
    "closed": "done",
    "silent": "silent",
    "stopped": "the reply was held back",
    "failed": "failed",
    "interrupted": "interrupted by a restart",
}


def _section(section: Sequence[Any]) -> str:
    owner, tokens, form = section
    if form == "dropped":
        return f"  A section of {owner} was dropped: it did not fit."
    return f"  A section of {owner}: {tokens} tokens" + (", in its short form." if form == "short" else ".")


def turning(record: Mapping[str, Any]) -> Change | None:
    """The smallest change that would have had somebody answer; ``None`` where somebody did, or nothing could."""
    outcome = record.get("outcome")
    if outcome == "stopped":
        return _without([_plugin_of(record.get("reason", ""))], "stops such messages")
    if outcome == "silent":
        ballots = record.get("votes", {})
        changes = [_of_ballot(persona, ballot) for persona, ballot in ballots.items()]
        found = sorted(filter(None, changes), key=lambda change: len(change.plugins))
        return found[0] if found else _nobody(record)
    return _of_turns(record.get("turns", ()))


def _nobody(record: Mapping[str, Any]) -> Change | None:
    if record.get("votes"):
        return None
    return Change(
        f"no persona lives in {record.get('channel')}; name the channel or its guild under `channels` of a persona"
    )


def _of_ballot(persona: str, ballot: Mapping[str, Any]) -> Change | None:
    vetoes = list(dict.fromkeys(plugin for plugin, say, _ in ballot["votes"] if say == "veto"))
    if vetoes == [HOST]:
        return Change("have a person say something: then machines may speak again")
    if vetoes:
        return _without(vetoes, f"forbids {persona} to answer here")
    own = next((reason for plugin, _, reason in ballot["votes"] if plugin == HOST), "")
    if own == "a bot said it":
        return None
    if own.startswith("it is meant for"):
        return Change(f"address it to {persona}")
    if own.startswith("the conversation is with"):
        return Change(f"hand the conversation over with `/persona talk {persona}`")
    return Change(f"name {persona} in the message")


def _of_turns(turns: Sequence[Mapping[str, Any]]) -> Change | None:
    held = [turn for turn in turns if turn["state"] == "stopped"]
    if not held or any(turn["state"] == "closed" for turn in turns):
        return None
    return _without([_plugin_of(held[0].get("reason", ""))], "held the reply back")


def _plugin_of(reason: str) -> str:
    """Reasons of stops begin with the plugin's name: ``moderation: banned word``."""
    return reason.partition(":")[0]


def _without(plugins: Sequence[str], what: str) -> Change:
    names = " and ".join(plugins)
    verb = what if len(plugins) == 1 else what.replace("forbids", "forbid")
    return Change(
        f"{names} {verb}; without {'it' if len(plugins) == 1 else 'them'} there would be an answer", tuple(plugins)
    )


async def record_of(database: Database, identifier: str, *, channel: str = "") -> dict[str, Any] | None:
    """The record of a message, by its own id or by the id of a reply to it; of ``channel`` only, if one is given."""
    seq = "(select seq from host_outbox where sent = ? and seq > 0 union select seq from host_records where id = ?)"
    rows = await database.query(f"select channel, body from host_records where seq in {seq}", (identifier, identifier))
    found = [json.loads(body) for where, body in rows if channel in {"", where}]
    return found[0] if found else None


async def latest_record(
    database: Database, channel: str = "", *, before: Message | None = None
) -> dict[str, Any] | None:
    """The record of the newest thing that a person said (in a channel, before a message).

    What personas say is recorded, too: it is passed over, up to :data:`LOOKED_AT` of it.
    """
    top = before.seq if before is not None else 2**62
    rows = await database.query(
        "select r.body, i.body from host_records r join host_inbox i on i.seq = r.seq "
        f"where r.seq < ? and (r.channel = ? or ? = '') order by r.seq desc limit {LOOKED_AT}",
        (top, channel, channel),
    )
    return next((json.loads(record) for record, said in rows if not json.loads(said)["author"].get("bot")), None)

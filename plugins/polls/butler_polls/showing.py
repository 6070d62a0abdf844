"""How a poll looks: while it is open, and how it ended."""

from __future__ import annotations

import csv
import datetime as dt
import io
import json
from collections.abc import Sequence
from typing import Any

from butler import Bars, Button, Choice, File, Menu, Reply

from butler_polls.counting import Ballot, Outcome, plurality, runoff
from butler_polls.tables import Ballot as Row
from butler_polls.tables import Poll
from butler_polls.terms import Terms

BUTTONS = 5
"""So many options are buttons; more are a menu."""
BAR = 12
LABEL = 80
"""Characters of a button."""
ROOM = 1400
"""Characters for all options of a poll with their bars."""
FOREVER = 10 * 365 * 86_400.0


def options_of(poll: Poll) -> list[str]:
    """What can be chosen."""
    options: list[str] = json.loads(poll.options)
    return options


def outcome_of(poll: Poll, rows: Sequence[Row]) -> Outcome:
    """How it stands."""
    ballots = [Ballot(tuple(json.loads(row.choices)), row.weight) for row in rows]
    count = runoff if Terms.of(poll.terms).kind == "ranked" else plurality
    return count(len(options_of(poll)), ballots)


def question(poll: Poll, outcome: Outcome, role: str, zone: dt.tzinfo, listed: bool) -> Reply:
    """The poll with what it takes to vote. ``listed``: the options need no list, the platform's controls are one."""
    terms, options = Terms.of(poll.terms), options_of(poll)
    lines = [f"**{poll.question}**", f"*{terms.words(role)}*"]
    if not terms.hidden and outcome.voters:
        lines += bars(options, outcome)
    elif terms.kind == "ranked" or not listed:
        lines += [f"- {option}" for option in fitting(options)]
    until = f", until {dt.datetime.fromtimestamp(poll.ends, zone):%d %B, %H:%M}" if poll.ends else ""
    lines.append(f"{_people(outcome.voters)} so far. Poll {poll.id}{until}")
    controls = {} if terms.native else _controls(poll.id, terms, options)
    return Reply("\n".join(lines), lasts=FOREVER, **controls)


def _controls(poll: int, terms: Terms, options: Sequence[str]) -> dict[str, Any]:
    if terms.kind == "ranked":
        return {"buttons": (Button("Put in order", "rank", f"{poll}:", "primary"),)}
    if terms.most == 1 and len(options) <= BUTTONS:
        return {"buttons": tuple(Button(o[:LABEL], "vote", f"{poll}:{place}") for place, o in enumerate(options))}
    choices = tuple(Choice(option[:LABEL], str(place)) for place, option in enumerate(options))
    return {"menus": (Menu("choose", choices, label="Your vote", most=min(terms.most, len(options)), value=str(poll)),)}


def ranking(poll: Poll, picked: Sequence[int]) -> Reply:
    """The next question to somebody who puts options in order."""
    options = options_of(poll)
    so_far = "\n".join(f"{number}. {options[place]}" for number, place in enumerate(picked, 1))
    value = f"{poll.id}:{','.join(map(str, picked))}"
    left = tuple(Choice(o[:LABEL], str(place)) for place, o in enumerate(options) if place not in picked)
    menu = Menu("rank_next", left, label=f"Your choice number {len(picked) + 1}", value=value)
    buttons = (Button("Vote like this", "rank_done", value, "success"),) if picked else ()
    return Reply(f"**{poll.question}**\n{so_far}".strip(), menus=(menu,), buttons=buttons)


def result(poll: Poll, outcome: Outcome, voters: Sequence[str] = ()) -> str:
    """How it ended, in words."""
    terms, options = Terms.of(poll.terms), options_of(poll)
    lines = [closed(poll, outcome)]
    if len(outcome.rounds) > 1:
        lines[1:] = [_round(number, each.votes, each.out, options) for number, each in enumerate(outcome.rounds, 1)]
    lines.append(verdict(terms, options, outcome))
    lines += [f"*{line}*" for line in voters]
    return "\n".join(lines)


def closed(poll: Poll, outcome: Outcome) -> str:
    """What stands where it was asked, once it is over."""
    return "\n".join([f"**{poll.question}**", *bars(options_of(poll), outcome)])


def verdict(terms: Terms, options: Sequence[str], outcome: Outcome) -> str:
    """The last line."""
    took_part = f"{_people(outcome.voters)} took part"
    if outcome.voters < terms.quorum:
        return f"Not decided: {took_part}, {terms.quorum} were needed."
    if not outcome.winners:
        return f"Not decided: {took_part}, nothing got a vote."
    names = [options[place] for place in outcome.winners]
    if len(names) > 1:
        return f"A tie between {', '.join(names[:-1])} and {names[-1]}; {took_part}."
    return f"{names[0]} wins; {took_part}."


def bars(options: Sequence[str], outcome: Outcome) -> list[str]:
    """Each option with what it has, and a bar."""
    total = sum(outcome.votes) or 1.0
    return [
        f"- {option}: {'█' * round(BAR * has / total)}{'░' * (BAR - round(BAR * has / total))} "
        f"{number(has)} ({100 * has / total:.0f} %)"
        for option, has in zip(fitting(options), outcome.votes, strict=True)
    ]


def fitting(options: Sequence[str]) -> list[str]:
    """The options so short that all of them with their bars fit into one message anywhere, which can be edited."""
    most = max(ROOM // len(options) - BAR - 22, 16)
    return [option if len(option) <= most else f"{option[: most - 1]}…" for option in options]


def chart(poll: Poll, outcome: Outcome) -> Bars:
    """The result to be drawn; of a runoff each round."""
    options = options_of(poll)
    series = {"": outcome.votes}
    if len(outcome.rounds) > 1:
        places = range(len(options))
        series = {
            f"round {count}": tuple(each.votes.get(place, 0.0) for place in places)
            for count, each in enumerate(outcome.rounds, 1)
        }
    weigh = Terms.of(poll.terms).weigh
    return Bars(poll.question, options, series, f"votes, weighed by {weigh}" if weigh else "votes", horizontal=True)


def number(votes: float) -> str:
    """``3`` or ``2.75``."""
    return f"{votes:.0f}" if votes == int(votes) else f"{votes:.2f}"


def _round(count: int, votes: dict[int, float], out: Sequence[int], options: Sequence[str]) -> str:
    stands = ", ".join(f"{options[place]} {number(has)}" for place, has in votes.items())
    return f"Round {count}: {stands}" + (f"; {', '.join(options[place] for place in out)} left" if out else "")


def _people(count: int) -> str:
    return "1 person" if count == 1 else f"{count} people"


def exported(poll: Poll, rows: Sequence[Row], form: str) -> File:
    """The poll with its votes as a file; of an anonymous one nobody's name is in it."""
    terms, options, outcome = Terms.of(poll.terms), options_of(poll), outcome_of(poll, rows)
    votes: list[dict[str, Any]] = [{"choices": [options[place] for place in json.loads(row.choices)]} for row in rows]
    if terms.anonymous:
        votes.sort(key=lambda vote: vote["choices"])  # neither their order nor their weights tell whose they are
    else:
        votes = [{"person": row.person, "weight": row.weight, **vote} for row, vote in zip(rows, votes, strict=True)]
    if form == "json":
        told = {
            "question": poll.question, "options": options, "state": poll.state, "opened": poll.opened,
            "ends": poll.ends, "terms": json.loads(poll.terms), "votes": votes,
            "result": dict(zip(options, outcome.votes, strict=True)),
            "winners": [options[place] for place in outcome.winners],
        }  # fmt: skip
        return File(f"poll-{poll.id}.json", json.dumps(told, ensure_ascii=False, indent=1).encode(), "application/json")
    out = io.StringIO()
    table = csv.writer(out)
    table.writerow(["choices"] if terms.anonymous else ["person", "weight", "choices"])
    for vote in votes:
        who = [] if terms.anonymous else [_cell(vote["person"]), vote["weight"]]
        table.writerow([*who, _cell(" | ".join(vote["choices"]))])
    return File(f"poll-{poll.id}.csv", out.getvalue().encode(), "text/csv")


def _cell(text: str) -> str:
    """A spreadsheet runs no words of strangers."""
    return f"'{text}" if text[:1] in tuple("=+-@\t\r") else text

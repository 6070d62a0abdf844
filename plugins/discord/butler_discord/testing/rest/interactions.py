"""How an application answers an interaction: at once, later, with a form, with choices, with more messages."""

from __future__ import annotations

from typing import Any, Final

from butler_discord.testing.deeds import posting
from butler_discord.testing.errors import JSON, Refused, invalid, unknown
from butler_discord.testing.rest import bodies, polls
from butler_discord.testing.rest.ask import Ask, Route
from butler_discord.testing.rest.components import components
from butler_discord.testing.state import mentions
from butler_discord.testing.state.interactions import LIFE, PATIENCE, Asked, Interaction, Reply
from butler_discord.testing.state.messages import COMPONENTS_V2, EPHEMERAL, LOADING, SUPPRESS_EMBEDS, Message

KINDS: Final = {Asked.COMMAND: 20, Asked.COMPONENT: 19, Asked.FORM: 19}
FITTING: Final = {
    Asked.COMMAND: {Reply.MESSAGE, Reply.LATER, Reply.FORM},
    Asked.COMPONENT: {Reply.MESSAGE, Reply.LATER, Reply.UPDATE_LATER, Reply.UPDATE, Reply.FORM},
    Asked.COMPLETE: {Reply.CHOICES},
    Asked.FORM: {Reply.MESSAGE, Reply.LATER, Reply.UPDATE_LATER, Reply.UPDATE},
}
"""Which first answers fit which interaction."""


def callback(ask: Ask) -> Any:
    """The first answer; within three seconds, and one only."""
    asked = ask.world.interactions.get(ask.params["token"])
    if asked is None or asked.id != ask.number("interaction"):
        raise unknown("Interaction")
    if asked.reply is not None:
        raise Refused(400, 40060, "Interaction has already been acknowledged.")
    if ask.world.clock.monotonic() - asked.made > PATIENCE:
        raise unknown("Interaction")
    kind = _kind(ask.body.get("type"), asked)
    data = ask.body.get("data") or {}
    ask.body = data
    _ANSWERS[kind](ask, asked, data)
    asked.reply = kind
    ask.world.touch()
    return _told(asked) if ask.yes("with_response") else None


def _kind(given: Any, asked: Interaction) -> Reply:
    if given not in FITTING[asked.kind] or (
        asked.kind is Asked.FORM and asked.source is None and given in {Reply.UPDATE, Reply.UPDATE_LATER}
    ):
        raise invalid("type", "INTERACTION_RESPONSE_TYPE_INVALID", "This response type does not fit the interaction.")
    return Reply(given)


def _message(ask: Ask, asked: Interaction, data: JSON) -> None:
    asked.ephemeral = bool(int(data.get("flags") or 0) & EPHEMERAL)
    asked.original = say(ask, asked, kind=KINDS[asked.kind])


def _later(ask: Ask, asked: Interaction, data: JSON) -> None:
    asked.ephemeral = bool(int(data.get("flags") or 0) & EPHEMERAL)
    flags = LOADING | (EPHEMERAL if asked.ephemeral else 0)
    asked.original = posting.post(
        ask.world, asked.channel, asked.app.user, kind=KINDS[asked.kind], flags=flags, **_of(asked, asked.ephemeral)
    )


def _update_later(ask: Ask, asked: Interaction, data: JSON) -> None:
    asked.original = asked.source


def _update(ask: Ask, asked: Interaction, data: JSON) -> None:
    assert asked.source is not None
    asked.original = change(ask, asked.source)


def _choices(ask: Ask, asked: Interaction, data: JSON) -> None:
    choices = data.get("choices") or []
    if len(choices) > 25:
        raise invalid("data.choices", "BASE_TYPE_MAX_LENGTH", "Must be 25 or fewer in length.")
    for number, choice in enumerate(choices):
        if not 1 <= len(str(choice["name"])) <= 100:
            raise invalid(f"data.choices.{number}.name", "BASE_TYPE_BAD_LENGTH", "Must be between 1 and 100 in length.")
    asked.choices = choices


def _form(ask: Ask, asked: Interaction, data: JSON) -> None:
    for name, most in (("title", 45), ("custom_id", 100)):
        if not 1 <= len(data.get(name) or "") <= most:
            raise invalid(f"data.{name}", "BASE_TYPE_BAD_LENGTH", f"Must be between 1 and {most} in length.")
    if not 1 <= len(data.get("components") or []) <= 5:
        raise invalid("data.components", "BASE_TYPE_BAD_LENGTH", "Must be between 1 and 5 in length.")
    asked.form = {**data, "components": components(data["components"], form=True)}


_ANSWERS: Final = {
    Reply.MESSAGE: _message, Reply.LATER: _later, Reply.UPDATE_LATER: _update_later, Reply.UPDATE: _update,
    Reply.CHOICES: _choices, Reply.FORM: _form,
}  # fmt: skip


def _told(asked: Interaction) -> JSON:
    message = asked.original if asked.reply in {Reply.MESSAGE, Reply.LATER, Reply.UPDATE} else None
    found: JSON = {"id": str(asked.id), "type": int(asked.kind)}
    resource: JSON = {"type": int(asked.reply or 0)}
    if message is not None:
        found |= {
            "response_message_id": str(message.id), "response_message_ephemeral": message.ephemeral,
            "response_message_loading": bool(message.flags & LOADING),
        }  # fmt: skip
        resource["message"] = message.json(asked.app.id)
    return {"interaction": found, "resource": resource}


def _of(asked: Interaction, ephemeral: bool) -> JSON:
    return {
        "app": asked.app.id, "webhook": asked.app.id, "interaction": asked.metadata(),
        "only": asked.user.id if ephemeral else None,
    }  # fmt: skip


def say(ask: Ask, asked: Interaction, *, kind: int, answers: Message | None = None) -> Message:
    """Put a message of an interaction into its channel."""
    fields = bodies.content(ask.body)
    fields["files"] = bodies.files(ask, asked.channel, [])
    fields["flags"] = bodies.flags(ask.body, SUPPRESS_EMBEDS | EPHEMERAL)
    fields["poll"] = polls.poll(ask.body, ask.world.clock.now())
    bodies.not_empty(fields)
    bodies.pictures(fields)
    allowed = {**_allowed(ask.body), "replied_user": False}
    ephemeral = bool(fields["flags"] & EPHEMERAL)
    text = fields.pop("text", "")
    return posting.post(
        ask.world, asked.channel, asked.app.user, text, allowed=allowed, answers=answers, kind=kind,
        **fields, **_of(asked, ephemeral),
    )  # fmt: skip


def change(ask: Ask, message: Message) -> Message:
    """Change a message of a webhook or an interaction as the body says; the first edit fulfils a promise."""
    fields = bodies.content(ask.body, kept_layout=bool(message.flags & COMPONENTS_V2))
    if message.flags & LOADING and ask.body.get("poll"):
        fields["poll"] = polls.poll(ask.body, ask.world.clock.now())
    if "attachments" in ask.body or ask.files:
        fields["files"] = bodies.files(ask, message.channel, message.files)
    bodies.still_something(message, fields)
    bodies.pictures(fields)
    fields["flags"] = message.flags & ~LOADING | bodies.flags(ask.body, SUPPRESS_EMBEDS)
    posting.edit(ask.world, message, allowed=_allowed(ask.body), **fields)
    return message


def _allowed(body: JSON) -> JSON:
    return mentions.check(body.get("allowed_mentions"), mentions.THROUGH_WEBHOOKS)


def valid(ask: Ask) -> Interaction | None:
    """The interaction whose token the path holds, ``None`` if it is no application's."""
    if ask.number("webhook") not in ask.world.apps:
        return None
    asked = ask.world.interactions.get(ask.params["token"])
    if asked is None or ask.world.clock.monotonic() - asked.made > LIFE:
        raise Refused(401, 50027, "Invalid Webhook Token")
    if asked.reply is None:
        raise unknown("Webhook")
    return asked


def follow_up(ask: Ask, asked: Interaction) -> Any:
    """A further message; the first after a promise takes its place."""
    if asked.waiting and asked.original is not None:
        return change(ask, asked.original).json(asked.app.id)
    message = say(ask, asked, kind=19, answers=asked.original)
    asked.more.append(message)
    return message.json(asked.app.id)


def its_message(ask: Ask, asked: Interaction) -> Message:
    """The message of an interaction in the path: ``@original`` or a further one."""
    name = ask.params["message"]
    sent = {str(each.id): each for each in asked.more}
    found = asked.original if name == "@original" else sent.get(name)
    if found is None or found.deleted:
        raise unknown("Message")
    return found


ROUTES: Final[tuple[Route, ...]] = (("POST", "/interactions/{interaction}/{token}/callback", callback),)

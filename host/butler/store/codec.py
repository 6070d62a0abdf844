"""Messages, events, replies and actions as JSON for the journal, and back.

Most messages have nothing but who, where and when: these are written and read directly, all others by the converter.
"""

from __future__ import annotations

import base64
import datetime as dt
import functools
import json
from collections.abc import Callable, Mapping
from operator import attrgetter
from typing import Any, Final, TypeVar

import attrs
import cattrs
from cattrs.gen import make_dict_structure_fn, make_dict_unstructure_fn, override

from butler.model import Action, Channel, Event, Form, Guild, Message, Person, Persona, Reply

T = TypeVar("T")

_encode = json.JSONEncoder(separators=(",", ":")).encode
"""As ``json.dumps``, which would make an encoder at each call."""
_text = json.encoder.encode_basestring_ascii
_COLUMNS: Final = ("host", "text", "seq")
"""Fields of a message that are not in its JSON: the text and the number have columns of their own."""


def _converter() -> cattrs.Converter:
    converter = cattrs.Converter(omit_if_default=True, forbid_extra_keys=False, detailed_validation=False)
    converter.register_unstructure_hook(dt.datetime, lambda value: value.timestamp())
    converter.register_structure_hook(dt.datetime, lambda value, _: dt.datetime.fromtimestamp(value, dt.UTC))
    converter.register_unstructure_hook(bytes, lambda value: base64.b85encode(value).decode())
    converter.register_structure_hook(bytes, lambda value, _: base64.b85decode(value))
    converter.register_structure_hook_func(
        lambda kind: getattr(kind, "__origin__", None) in {Mapping, dict}, lambda value, _: value
    )
    own_columns: Any = {name: override(omit=True) for name in _COLUMNS}
    converter.register_unstructure_hook(
        Message, make_dict_unstructure_fn(Message, converter, _cattrs_omit_if_default=True, **own_columns)
    )
    converter.register_structure_hook(Message, make_dict_structure_fn(Message, converter, host=override(omit=True)))
    omitted: Any = {"before": override(omit=True)}
    converter.register_unstructure_hook(
        Event, make_dict_unstructure_fn(Event, converter, _cattrs_omit_if_default=True, **omitted)
    )
    converter.register_structure_hook(Event, make_dict_structure_fn(Event, converter, **omitted))
    return converter


@functools.cache
def converter() -> cattrs.Converter:
    """The one converter: times as seconds, bytes as text, defaults left out."""
    return _converter()


def pack(value: Message | Event | Reply | Action | Persona | Form) -> str:
    """Any of the model's objects as JSON."""
    if isinstance(value, Message) and _is_plain(value):
        head = f'"id":{_text(value.id)},"channel":{_channel(value.channel)},"author":{_person(value.author)}'
        return f'{{{head},"at":{value.at.timestamp()!r}}}'
    return _encode(converter().unstructure(value))


def unpack(kind: type[T], text: str) -> T:
    """What :func:`pack` wrote, as an object of that kind."""
    return converter().structure(json.loads(text), kind)


def message_from(body: str, seq: int, text: str, host: Any) -> Message:
    """A message out of its journal row."""
    plain = json.loads(body)
    where, who = plain["channel"], plain["author"]
    if plain.keys() <= _HEAD and where.keys() <= _CHANNEL and where["guild"].keys() <= _GUILD and who.keys() <= _PERSON:
        where["guild"] = Guild(**where["guild"])
        at = dt.datetime.fromtimestamp(plain["at"], dt.UTC)
        return Message(plain["id"], Channel(**where), Person(**who), text, at, seq, host=host)
    message = converter().structure({**plain, "text": text, "seq": seq}, Message)
    return attrs.evolve(message, host=host)


# --- what most messages are ----------------------------------------------------------------------------

_HEAD: Final = frozenset({"id", "channel", "author", "at"})
_CHANNEL: Final = frozenset({"id", "guild", "name", "dm", "members", "age_restricted", "thread_of"})
_GUILD: Final = frozenset({"id", "name"})
_PERSON: Final = frozenset({"id", "name", "bot", "persona"})
"""What can be read without a converter: texts, numbers, truth values."""


def _nothing_but(kind: type[attrs.AttrsInstance], *names: str) -> Callable[[Any], bool]:
    """Whether the other fields of an object have the values that they have when nothing is given."""
    others = [field for field in attrs.fields(kind) if field.name not in names]
    get = attrgetter(*[field.name for field in others])
    usual = tuple([field.default for field in others])
    return lambda value: get(value) == usual


_is_plain = _nothing_but(Message, *_HEAD, *_COLUMNS)
_is_plain_channel = _nothing_but(Channel, "id", "guild", "name", "members")
_is_plain_person = _nothing_but(Person, "id", "name")


def _channel(channel: Channel) -> str:
    if not _is_plain_channel(channel):
        return _encode(converter().unstructure(channel))
    guild = f'{{"id":{_text(channel.guild.id)},"name":{_text(channel.guild.name)}}}'
    return f'{{"id":{_text(channel.id)},"guild":{guild},"name":{_text(channel.name)},"members":{channel.members}}}'


def _person(person: Person) -> str:
    if not _is_plain_person(person):
        return _encode(converter().unstructure(person))
    return f'{{"id":{_text(person.id)},"name":{_text(person.name)}}}'

"""Messages, events, replies and actions as JSON for the journal, and back."""

from __future__ import annotations

import base64
import datetime as dt
import functools
import json
from collections.abc import Mapping
from typing import Any, TypeVar

import attrs
import cattrs
from cattrs.gen import make_dict_structure_fn, make_dict_unstructure_fn, override

from butler.model import Action, Event, Form, Message, Persona, Reply

T = TypeVar("T")

_encode = json.JSONEncoder(separators=(",", ":")).encode
"""As ``json.dumps``, which would make an encoder at each call."""


def _converter() -> cattrs.Converter:
    converter = cattrs.Converter(omit_if_default=True, forbid_extra_keys=False, detailed_validation=False)
    converter.register_unstructure_hook(dt.datetime, lambda value: value.timestamp())
    converter.register_structure_hook(dt.datetime, lambda value, _: dt.datetime.fromtimestamp(value, dt.UTC))
    converter.register_unstructure_hook(bytes, lambda value: base64.b85encode(value).decode())
    converter.register_structure_hook(bytes, lambda value, _: base64.b85decode(value))
    converter.register_structure_hook_func(
        lambda kind: getattr(kind, "__origin__", None) in {Mapping, dict}, lambda value, _: value
    )
    own_columns: Any = {name: override(omit=True) for name in ("host", "text", "seq")}
    converter.register_unstructure_hook(
        Message, make_dict_unstructure_fn(Message, converter, _cattrs_omit_if_default=True, **own_columns)
    )
    converter.register_structure_hook(Message, make_dict_structure_fn(Message, converter, host=override(omit=True)))
    return converter


@functools.cache
def converter() -> cattrs.Converter:
    """The one converter: times as seconds, bytes as text, defaults left out."""
    return _converter()


def pack(value: Message | Event | Reply | Action | Persona | Form) -> str:
    """Any of the model's objects as JSON."""
    return _encode(converter().unstructure(value))


def unpack(kind: type[T], text: str) -> T:
    """What :func:`pack` wrote, as an object of that kind."""
    return converter().structure(json.loads(text), kind)


def message_from(body: str, seq: int, text: str, host: Any) -> Message:
    """A message out of its journal row."""
    message = converter().structure({**json.loads(body), "text": text, "seq": seq}, Message)
    return attrs.evolve(message, host=host)

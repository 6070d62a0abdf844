"""What a platform says of the answers that it was given in ``butler init``: who its account is, what is left to do."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from butler.config import Classes, structure
from butler.config.references import Reference
from butler.config.structure import settings_fields
from butler.errors import BadArgument, NotReady
from butler.platform import Platform

WITHIN = 20.0


def greeting(kind: type[Platform], values: Mapping[str, Any]) -> Sequence[str]:
    """Its lines. Raises ``PlatformError`` where the answers are wrong; one that does not answer says so in a line."""
    return asyncio.run(_greeting(kind, structure(kind.settings, values)))


async def _greeting(kind: type[Platform], config: Any) -> Sequence[str]:
    try:
        async with asyncio.timeout(WITHIN):
            return await kind.greet(config)
    except (NotReady, TimeoutError) as error:
        return [f"{kind.name} could not be asked just now ({error or 'no answer'}); `butler doctor` does it again"]


def refuse_secrets(values: Mapping[str, Mapping[str, Any]], classes: Classes) -> None:
    """What is given on a command line others read as well. Raises ``BadArgument`` for a secret."""
    for section, name, key, value in _secrets(values, classes):
        if value and Reference.read(value) is None:
            variable = f"BUTLER_{section}__{name}__{key}".upper()
            raise BadArgument(
                f"{section}.{name}.{key} is a secret, and what stands in a command is kept in the shell's history and "
                "shown in the list of processes: take that one back and make another",
                remedy=f"leave it out and type it when you are asked, or put {variable}=… into .env",
            )


def _secrets(values: Mapping[str, Mapping[str, Any]], classes: Classes) -> Iterator[tuple[str, str, str, Any]]:
    for section in ("platforms", "providers"):
        known: Mapping[str, type] = getattr(classes, section)
        for name, table in values[section].items():
            fields = settings_fields(known[name]) if name in known else {}
            yield from (
                (section, name, key, value)
                for key, value in table.items()
                if key in fields and fields[key].metadata.get("secret")
            )

"""How a method and its arguments are kept in the store, so that they are found again after a restart."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from butler.declare import Job, declared
from butler.errors import ContractError


def job_name(method: Callable[..., Any]) -> str:
    """The name of a plugin's method that is declared with ``@job``. Raises ``ContractError`` for anything else."""
    instance, function = getattr(method, "__self__", None), getattr(method, "__func__", None)
    for found in declared(type(instance), Job).values():
        if found.handler is function:
            return found.name
    raise ContractError(
        f"{getattr(method, '__qualname__', method)!s} would not be found again after a restart",
        remedy="give a method of the plugin that is declared with @job",
    )


def plain(job: str, arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Arguments as they come back out of the store. Raises ``ContractError`` if they are no plain JSON."""
    try:
        found: dict[str, Any] = json.loads(json.dumps(arguments))
    except (TypeError, ValueError) as error:
        raise ContractError(
            f"the arguments for {job} are no plain JSON: {error}", remedy="give ids instead of objects"
        ) from error
    return found

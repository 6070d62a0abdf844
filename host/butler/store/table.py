"""What a plugin derives its tables from: named for it, and good for several hosts in one process."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from typing import Any

import peewee

from butler.errors import ContractError
from butler.store.current import Current
from butler.store.sql import clean_deep


def prefix_of(module: str) -> str:
    """The plugin that a module belongs to: its top package without ``butler_``; the host's own is ``host``."""
    top = module.partition(".")[0].strip("_")
    return "host" if top == "butler" else top.removeprefix("butler_")


def table_name(model: type[Any]) -> str:
    """``butler_karma.tables.LedgerEntry`` is kept in ``karma_ledger_entry``."""
    words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", model.__name__)
    return f"{prefix_of(model.__module__)}_{words.lower()}"


class JSONField(peewee.JSONField):
    """Plain data in a column. peewee's own settles for one engine when the class is made; this one asks the thread."""

    _dumps: Any
    _loads: Any

    def __init__(self, dumps: Callable[[Any], str] = json.dumps, **options: Any) -> None:
        super().__init__(dumps=lambda value: dumps(clean_deep(value)), **options)

    _helper = property(lambda self: self._of_thread()[0], lambda self, value: None)
    _wrap = property(lambda self: self._of_thread()[1], lambda self, value: None)
    _read = property(lambda self: self._of_thread()[2], lambda self, value: None)

    def _of_thread(self) -> tuple[Any, Any, Any]:
        helper = self.model._meta.database.json_helper
        return helper, helper.make_value_wrapper(self._dumps), helper.make_value_reader(self._loads)


class Table(peewee.Model):
    """A peewee model of a plugin. Use it inside functions given to ``db.read`` and ``db.write``, nowhere else."""

    class Meta:
        database = Current()
        table_function = table_name
        legacy_table_names = False

    @classmethod
    def validate_model(cls) -> None:
        """Called by peewee for each new class. Raises ContractError over what works on one engine only."""
        for field in cls._meta.sorted_fields:
            if type(field).__name__ == "JSONField" and not isinstance(field, JSONField):
                raise ContractError(
                    f"{cls.__name__}.{field.name} is a JSONField of peewee, which knows one engine only",
                    remedy="use butler.JSONField",
                )


def create_tables(models: Sequence[type[Table]]) -> None:
    """Create what is missing of the tables and their indexes. Inside a function given to ``db.write``."""
    for model in peewee.sort_models(models):  # type: ignore[attr-defined]
        model.create_table(safe=True)

"""Numbered scripts bring a package's tables from version to version, whole or not at all (HOST-20, OPS-10).

A package keeps them in ``migrations/``: ``0001_first.py``, ``0002_add_reason.py``, each with
``def up(migrator, db)`` in the form of :mod:`playhouse.migrations`. What was run is remembered in the
table ``PLUGIN_migrations``.

* A first install creates the tables as the code declares them, and marks every script as done.
* Later all new scripts run in one transaction, so that a script that fails leaves the state from before
  the first of them; ``atomic = False`` in a script changes nothing.
* Before that SQLite's file is copied beside itself as ``butler.db.before-PLUGIN`` (one per plugin, the
  last one stays). PostgreSQL takes the schema back with the transaction; no copy is made there.
* A database that has run scripts which the code does not have was used by a newer version, and is refused.
"""

from __future__ import annotations

import contextlib
import importlib.util
import os
import sqlite3
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import structlog
from playhouse.migrations import Runner

from butler.errors import PluginError
from butler.store.database import Database
from butler.store.link import Link
from butler.store.sqlite import SqliteLink, private
from butler.store.table import Table, create_tables

_log = structlog.get_logger("butler.store")


async def migrate(database: Database, package: str, plugin: str, tables: Sequence[type]) -> list[str]:
    """Bring a plugin's tables to the state that its code declares; returns the scripts that were run.

    Raises PluginError when a table is not the plugin's own, when a script fails (the state is the old
    one then), and when the database comes from a newer version of the plugin.
    """
    folder = _folder(package)
    _check(plugin, tables, folder)
    if not tables and not folder.is_dir():
        return []
    done: list[str] = await database.exclusive(lambda link: _Migration(link, plugin, tables, folder).run())
    if done:
        _log.info("tables were migrated", plugin=plugin, scripts=done)
    return done


def _folder(package: str) -> Path:
    try:
        spec = importlib.util.find_spec(package)
    except ValueError:  # a script or a notebook is no package, and brings no migrations
        spec = None
    places = list(spec.submodule_search_locations or ()) if spec else []
    return Path(places[0] if places else package) / "migrations"


def _check(plugin: str, tables: Sequence[type], folder: Path) -> None:
    for table in tables:
        if not issubclass(table, Table):
            raise PluginError(
                f"the table {table.__name__} of {plugin} is none that the host can keep",
                remedy="derive it from butler.Table",
            )
        name = table._meta.table_name
        if not name.startswith(f"{plugin}_"):
            raise PluginError(
                f"the table {name} does not belong to {plugin}", remedy=f"name it {plugin}_…, or give it no name"
            )
    numbers = Counter(path.name.partition("_")[0] for path in folder.glob("[0-9]*.py"))
    twice = [number for number, count in numbers.items() if count > 1]
    if twice:
        raise PluginError(f"{plugin} has several migrations numbered {twice[0]}", remedy="number them one by one")


class _Migration:
    """One plugin's way to the state of its code, on the writer's thread and connection."""

    def __init__(self, link: Link, plugin: str, tables: Sequence[Any], folder: Path) -> None:
        self._link = link
        self._plugin = plugin
        self._tables = tables
        self._runner = Runner(link.models, str(folder), table_name=f"{plugin}_migrations")

    def run(self) -> list[str]:
        """Returns the names of the scripts that were run."""
        if self._pending() and not self._is_new():
            self._copy()
        if self._link.dialect == "sqlite":
            # rebuilding a table would delete what refers to it; nothing but the connection can turn that off
            self._link.execute("pragma foreign_keys = 0")
        self._link.begin()
        self._link.models.enter(f"a migration of {self._plugin}")
        try:
            done = self._in_transaction()
            self._link.models.leave()
            self._link.commit()
        except BaseException:  # a plugin's script: whatever it raised, the old state is kept
            self._link.models.leave()
            self._link.rollback()
            raise
        return done

    def _in_transaction(self) -> list[str]:
        if self._link.dialect == "postgresql":
            self._link.execute("select pg_advisory_xact_lock(hashtext('butler migrations'))")
        self._refuse_newer()
        done: list[str] = []
        if self._is_new():
            create_tables(self._tables)
            self._runner.fake()
        else:
            for name in self._pending():
                self._up(name)
                done.append(name)
            create_tables(self._tables)
        self._check_references()
        return done

    def _pending(self) -> list[str]:
        return [script.name for script in self._runner.status() if script.path and not script.applied]

    def _is_new(self) -> bool:
        there = set(self._link.models.get_tables())
        own = {table._meta.table_name for table in self._tables} | {self._runner.table_name}
        return not own & there

    def _refuse_newer(self) -> None:
        unknown = [script.name for script in self._runner.status() if script.path is None]
        if unknown:
            raise PluginError(
                f"the tables of {self._plugin} come from a newer version of it, which ran {unknown[-1]}",
                remedy=f"install that version of {self._plugin} again, or restore a backup from before it",
            )

    def _up(self, name: str) -> None:
        try:
            self._runner.up(name)
        except BaseException as error:  # a plugin's script
            raise PluginError(
                f"migration {name} of {self._plugin} failed: {type(error).__name__}: {error}",
                remedy="nothing was changed; mend the script or install the version from before",
            ) from error

    def _check_references(self) -> None:
        if self._link.dialect == "sqlite":
            broken = self._link.execute("pragma foreign_key_check").fetchone()
            if broken:
                raise PluginError(
                    f"after the migrations of {self._plugin} rows of {broken[0]} refer to {broken[2]} that is gone",
                    remedy="nothing was changed; mend the scripts",
                )

    def _copy(self) -> None:
        if not isinstance(self._link, SqliteLink):
            return
        target = f"{self._link.path}.before-{self._plugin}"
        fresh = f"{target}.new"
        Path(fresh).unlink(missing_ok=True)
        private(fresh)
        with contextlib.closing(sqlite3.connect(fresh)) as copy:
            self._link.copy_to(copy)
        os.replace(fresh, target)

from __future__ import annotations

from typing import Any


async def migrate(database: Any, package: str, name: str, tables: Any) -> Any:
    await database.write(lambda: [t.create_table(safe=True) for t in tables])

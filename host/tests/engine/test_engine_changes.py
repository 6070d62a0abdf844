"""Who is told of an edit or a deletion learns what the message was; nothing keeps that (HOST-29)."""

from __future__ import annotations

import pytest
from butler import Event, Plugin, hookimpl
from butler.testing import House

pytestmark = pytest.mark.spec("HOST-29", "PLAT-1")


class Guard(Plugin):
    """Remembers what it was told."""

    def __init__(self) -> None:
        self.told: list[tuple[str, str, str, str]] = []

    @hookimpl
    async def on_event(self, event: Event) -> None:
        """Remember it."""
        before = event.before
        self.told.append(
            (event.kind, event.text, before.text if before else "?", before.author.name if before else "?")
        )


def told(house: House) -> list[tuple[str, str, str, str]]:
    plugin: Guard = house.plugin("guard")  # type: ignore[assignment]
    return plugin.told


def test_plugins_see_what_was_said_before_an_edit_and_before_a_deletion() -> None:
    with House([Guard]) as house:
        said = house.post("ann", "the first word")
        house.edit("ann", said, "the second word")
        house.delete("mod", said)
        assert told(house) == [
            ("edit", "the second word", "the first word", "ann"),
            ("deletion", "", "the second word", "ann"),
        ]


def test_what_was_said_before_is_kept_nowhere_once_they_were_told() -> None:
    with House([Guard]) as house:
        said = house.post("ann", "the xylophone")
        house.edit("ann", said, "the fiddle")
        house.delete("ann", said)
        rows = house.run(house.host.database.query("select text, body from host_inbox"))
        assert len(rows) == 3
        assert not [row for row in rows if "xylophone" in str(row) or "fiddle" in str(row[0])]


def test_of_what_the_host_never_had_nothing_is_known_before() -> None:
    with House([Guard]) as house:
        house.happen("deletion", "ann", channel=house.channel(), id="test:e1", target="test:m999")
        assert told(house) == [("deletion", "", "?", "?")]

"""personalities.json, out and in (LUNA-7)."""

from __future__ import annotations

import asyncio
import json

import pytest
from butler_luna_matrix.testing.bot import Bot
from butler_luna_matrix.testing.living import living


@pytest.mark.spec("LUNA-7")
def test_what_is_exported_is_imported_elsewhere_with_every_field(service: Bot, synapse: object) -> None:
    file = service.folder / "personalities.json"

    async def main() -> None:
        async with living(service) as home:
            await home.does("spawn Scout --traits openness=0.8 You are a scout.")
            assert await home.does(f"export_personalities {file}") == f"1 personas are in {file}"
            found = json.loads(file.read_text())
            scout = found["Scout"]
            assert set(scout) >= {
                "matrix_id", "display_name", "system_prompt", "traits", "created_at", "room_ids", "model", "notes",
            }  # fmt: skip
            assert (scout["system_prompt"], scout["traits"]) == ("You are a scout.", {"openness": 0.8})
            assert scout["room_ids"][0].startswith("!")
            told = {**scout, "notes": "remembers", "favourite_colour": "green", "room_ids": ["!nowhere:else"]}
            file.write_text(json.dumps({"Scout": scout, "Ranger": told}))
            said = (await home.does(f"import_personalities {file}")).splitlines()
            assert said[0] == "Scout: lives already"
            assert said[1].startswith("Ranger: Scout lives as @"), "its display name is the scout's"
            ranger = home.persona("Ranger")
            assert (ranger.prompt, ranger.settings["notes"]) == ("You are a scout.", "remembers")
            assert ranger.settings["favourite_colour"] == "green"
            assert ranger.settings["created_at"] == scout["created_at"]
            assert await home.luna.life.ledger.open() == []

    asyncio.run(main())


@pytest.mark.spec("LUNA-7")
@pytest.mark.parametrize("text", ["", "[]", "{", '{"a": 1}', '{"a": {"traits": 5}}', '{"a": {"traits": {"x": "y"}}}'])
def test_what_is_no_personalities_json_is_one_line(service: Bot, text: str) -> None:
    file = service.folder / "wrong.json"
    file.write_text(text)

    async def main() -> None:
        async with living(service) as home:
            said = await home.fails(f"import_personalities {file}")
            assert "that is no personalities.json" in said
            assert "\n" not in said
            assert "cannot be read" in await home.fails(f"import_personalities {file}.not")

    asyncio.run(main())

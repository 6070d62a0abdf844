"""`/character …`: a guild's admins bring characters in, change them, and send them away."""

from __future__ import annotations

import asyncio
import importlib.resources
from typing import TYPE_CHECKING, Literal

import attrs
from butler import (
    Call,
    CommandError,
    File,
    Form,
    Listing,
    Plugin,
    Rank,
    Reply,
    action,
    command,
)
from butler import Field as Question

from butler_persona_claude.cards import FORMS, Document, read, write
from butler_persona_claude.cards.toml_file import changed, toml_from

if TYPE_CHECKING:
    from butler_persona_claude.casting import Casting

EXAMPLES = {"Nyx Void": "nyx_void", "Her Fangs Pierce Times Throat": "her_fangs", "Pixel": "pixel"}
Editable = Literal[
    "display", "description", "personality", "scenario", "instructions", "reminder", "direct", "public", "greeting",
    "examples", "fallback", "colour", "relationship",
]  # fmt: skip
LARGEST_CARD = 16 << 20


class Studio(Plugin):
    """For admins of a guild; characters that live elsewhere as well are the operator's."""

    casting: Casting

    @command(rank=Rank.MEMBER, default_name="list")
    async def character(self, call: Call) -> Listing:
        """List the characters that live here."""
        living = [each for each in self.host.living_in(call.channel) if self.casting.of(each.name)]
        return Listing([f"**{each.label}** ({each.name})" for each in living], "Characters", empty="None lives here.")

    @character.command(rank=Rank.ADMIN)
    async def add(self, call: Call, *, name: str) -> str:
        """Bring in one of the examples: Nyx Void, Her Fangs Pierce Times Throat, Pixel.

        name: which
        Example: /character add Pixel
        """
        found = next((key for key in EXAMPLES if key.casefold().startswith(name.casefold().strip())), None)
        if found is None:
            raise CommandError(f"{name[:40]!r} is no example", remedy=f"there are {', '.join(EXAMPLES)}")
        who = await self.casting.add(await asyncio.to_thread(example, found), (call.guild.id,))
        return f"{who.label} lives here now. {who.greeting}".strip()

    @character.command(rank=Rank.ADMIN, name="import")
    async def bring(self, call: Call, address: str = "") -> str:
        """Bring in a character from a card that you attach, or from an address.

        address: where the card is; leave it out if you attach it
        Example: /character import https://example.org/seraphina.png
        """
        attached = call.message.attachments if call.message else ()
        where = address or (attached[0].url if attached else "")
        if not where:
            raise CommandError("there is no card", remedy="attach one (PNG, JSON, CHARX, TOML), or give its address")
        await call.defer()
        fetched = await self.host.web.get(where, limit=LARGEST_CARD)
        if fetched.truncated:
            raise CommandError(f"that file is larger than {LARGEST_CARD >> 20} MB")
        document = await asyncio.to_thread(read, fetched.content, attached[0].name if attached else address)
        who = await self.casting.add(document, (call.guild.id,))
        return f"{who.label} lives here now."

    @character.command(rank=Rank.ADMIN)
    async def export(self, call: Call, form: Literal["toml", "v1", "v2", "v3", "png", "charx"], *, name: str) -> Reply:
        """Have a character as a file, with everything that its own file held.

        form: the format
        name: which character
        Example: /character export png Pixel
        """
        document = self._mine(call, name)
        made = await asyncio.to_thread(write, document, form)
        ending, mime = FORMS[form]
        return Reply(f"{document.character.label}:", files=(File(f"{document.character.name}.{ending}", made, mime),))

    @character.command(rank=Rank.ADMIN)
    async def edit(self, call: Call, field: Editable, *, name: str) -> Form:
        """Change one text of a character; it holds from the next message on, and the former version is kept.

        field: which text
        name: which character
        Example: /character edit greeting Pixel
        """
        document = self._mine(call, name)
        now = getattr(document.character, field)
        asked = Question("text", label=field.capitalize(), required=False, default=now[:4000], long=True, most=4000)
        if len(now) > asked.most:
            raise CommandError(f"that text is too long to be edited here ({len(now)} letters)", remedy="use the file")
        who = document.character
        return Form(who.label[:45], "character_edited", (asked,), f"{field}|{who.name}")

    @action("character_edited", rank=Rank.ADMIN)
    async def character_edited(self, call: Call, value: str, text: str = "") -> str:
        """Take the new text.

        text: it
        """
        field, _, name = value.partition("|")
        document = self._mine(call, name)
        before = document.toml or toml_from(document.character, document.card)
        made = await asyncio.to_thread(read, changed(before, field, text).encode(), "character.toml")
        await self._put(attrs.evolve(made, image=document.image, archive=document.archive))
        return f"{document.character.label} has another {field} from the next message on."

    @character.command(rank=Rank.ADMIN)
    async def versions(self, call: Call, *, name: str) -> Listing:
        """List the former versions of a character, the newest first.

        name: which character
        Example: /character versions Pixel
        """
        kept = await asyncio.to_thread(self.casting.library.versions, self._mine(call, name).character.name)
        lines = [
            f"{place}. {path.stem.partition(' ')[2].rpartition(' ')[0]}" for place, path in enumerate(reversed(kept))
        ]
        return Listing(lines, "Versions (0 is how it is now)")

    @character.command(rank=Rank.ADMIN)
    async def restore(self, call: Call, version: int, *, name: str) -> str:
        """Have a character be as it was.

        version: its number in the list of versions
        name: which character
        Example: /character restore 1 Pixel
        """
        document = self._mine(call, name)
        kept = await asyncio.to_thread(self.casting.library.versions, document.character.name)
        if not 0 <= version < len(kept):
            raise CommandError(f"there is no version {version}", remedy=f"from 0 to {len(kept) - 1}")
        data = await asyncio.to_thread(kept[-1 - version].read_bytes)
        made = await asyncio.to_thread(read, data, "character.toml")
        await self._put(attrs.evolve(made, image=document.image, archive=document.archive))
        return f"{document.character.label} is as it was."

    @character.command(rank=Rank.ADMIN, confirm="{name} leaves; its versions are kept. Go on?")
    async def remove(self, call: Call, *, name: str) -> str:
        """Have a character leave.

        name: which character
        Example: /character remove Pixel
        """
        document = self._mine(call, name)
        await self.casting.remove(document.character.name)
        return f"{document.character.label} has left."

    def _mine(self, call: Call, name: str) -> Document:
        """A character that lives here and nowhere else. Raises ``CommandError``."""
        document = self.casting.find(name)
        if not self.casting.lives_only_in(document.character.name, call.channel):
            raise CommandError(f"{document.character.label} lives elsewhere as well", remedy="ask the host's operator")
        return document

    async def _put(self, document: Document) -> None:
        await self.casting.add(document, self.casting.home_of(document.character.name))


def example(name: str) -> Document:
    """One of the characters that ship."""
    file = importlib.resources.files("butler_persona_claude").joinpath("examples", f"{EXAMPLES[name]}.toml")
    return read(file.read_bytes(), "character.toml")

"""Bringing characters in and out: `/character …` for a guild's admins, `character_…` for the operator."""

from __future__ import annotations

import asyncio
from pathlib import Path

from butler import Call, CommandError, Plugin, console

from butler_persona_claude.cards import FORMS, Document, read, write
from butler_persona_claude.casting import EVERYWHERE, Casting
from butler_persona_claude.studio import EXAMPLES, example


class Workshop(Plugin):
    """The commands."""

    casting: Casting

    @console
    async def character_import(self, call: Call, *, home: str = "*", file: str) -> str:
        """Bring a character to life from a file: TOML, a card in JSON, PNG or CHARX, or character.env.

        home: the id of a guild or channel where it lives; `*`: everywhere
        file: where the file is, or the name of an example: Nyx Void, Her Fangs Pierce Times Throat, Pixel
        Example: character_import Pixel
        Example: character_import ~/Downloads/Seraphina.png
        Example: character_import --home discord:1234 nyx.toml
        """
        document = await asyncio.to_thread(example, file) if file in EXAMPLES else await asyncio.to_thread(_read, file)
        who = await self.casting.add(document, EVERYWHERE if home == "*" else (home,))
        return f"{who.label} is here. Say something to {who.name}."

    @console
    async def character_export(self, call: Call, name: str, *, form: str = "png", file: str) -> str:
        """Write a character into a file, with everything that its own file held.

        name: its name, in quotes if it has blanks
        form: toml, v1, v2, v3, png or charx
        file: where to; a file that is there is not overwritten
        Example: character_export "Nyx Void" --form png nyx.png
        """
        size = await asyncio.to_thread(_write, self.casting.find(name), form, file)
        return f"{file} holds {name} ({FORMS[form][1]}, {size} bytes)."

    @console
    async def character_list(self, call: Call) -> str:
        """List the characters and where they live.

        Example: character_list
        """
        await self.casting.look(at_once=True)
        homes = {each.name: ", ".join(each.channels) for each in call.host.personas}
        lines = [f"{name}: {homes.get(name, 'not alive')}" for name in sorted(self.casting.documents)]
        lines += [f"{file}: {reason}" for file, reason in sorted(self.casting.wrong.items())]
        return "\n".join(lines) or "there are none; character_import brings one in"


def _read(file: str) -> Document:
    """The character in a file of this machine. Raises ``CommandError``."""
    path = Path(file).expanduser()
    try:
        data = path.read_bytes()
    except (OSError, ValueError) as error:
        raise CommandError(f"{file[:99]} cannot be read ({_reason(error)})", remedy="give the path of a file") from None
    return read(data, path.name)


def _write(document: Document, form: str, file: str) -> int:
    made = write(document, form)
    try:
        with Path(file).expanduser().open("xb") as target:
            return target.write(made)
    except (OSError, ValueError) as error:
        raise CommandError(f"{file[:200]} cannot be written ({_reason(error)})", remedy="give another path") from None


def _reason(error: Exception) -> str:
    return getattr(error, "strerror", None) or str(error)

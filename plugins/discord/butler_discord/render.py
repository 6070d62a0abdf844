"""Replies as Discord shows them: text, cards, files, buttons, menus, forms; and what tells two apart (PLAT-3)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import attrs
import hikari
from attrs import frozen
from butler import Button, Card, Field, File, Form, Menu, PlatformError, Reply

from butler_discord.ids import native

STYLES: Mapping[str, Any] = {
    "plain": hikari.ButtonStyle.SECONDARY,
    "primary": hikari.ButtonStyle.PRIMARY,
    "success": hikari.ButtonStyle.SUCCESS,
    "danger": hikari.ButtonStyle.DANGER,
}
MENUS: Mapping[str, hikari.ComponentType] = {
    "people": hikari.ComponentType.USER_SELECT_MENU,
    "roles": hikari.ComponentType.ROLE_SELECT_MENU,
    "channels": hikari.ComponentType.CHANNEL_SELECT_MENU,
}
ROWS, IN_A_ROW, CHOICES = 5, 5, 25
GROWING = " …"
"""What an answer ends with while it is being made."""
_SURROGATES = re.compile("[\ud800-\udfff]")


def clean(text: str) -> str:
    """Text that can be sent: no half characters, no NUL."""
    return _SURROGATES.sub("\ufffd", text).replace("\0", "\u2400")


def cut(text: str, most: int) -> str:
    """At most so many characters, with a sign that some are missing."""
    return text if len(text) <= most else f"{text[: most - 1]}…"


def mentions(reply: Reply) -> dict[str, Any]:
    """Whom a message may wake: those the reply names, nobody else, by no way."""
    people = [native(each) for each in reply.mentions]
    return {"mentions_everyone": False, "role_mentions": False, "user_mentions": people or False}


def attachments(files: Iterable[File]) -> list[hikari.Bytes]:
    """The files."""
    return [hikari.Bytes(each.data, each.name or "file", mimetype=each.mime) for each in files]


def components(reply: Reply) -> list[hikari.impl.MessageActionRowBuilder]:
    """Buttons five in a row, each menu a row of its own. Raises ``PlatformError`` where there are too many."""
    rows = []
    for start in range(0, len(reply.buttons), IN_A_ROW):
        row = hikari.impl.MessageActionRowBuilder()
        for button in reply.buttons[start : start + IN_A_ROW]:
            _button(row, button)
        rows.append(row)
    for menu in reply.menus:
        row = hikari.impl.MessageActionRowBuilder()
        _menu(row, menu)
        rows.append(row)
    if len(rows) > ROWS:
        raise PlatformError(
            f"a message on Discord has {ROWS} rows of buttons and menus, not {len(rows)}",
            remedy="show fewer at once, or use a menu",
        )
    return rows


def _button(row: hikari.impl.MessageActionRowBuilder, button: Button) -> None:
    label = cut(clean(button.label), 80) or "…"
    if button.link:
        row.add_link_button(button.link, label=label, is_disabled=button.disabled)
    else:
        row.add_interactive_button(STYLES[button.style], button.id, label=label, is_disabled=button.disabled)


def _menu(row: hikari.impl.MessageActionRowBuilder, menu: Menu) -> None:
    label = cut(clean(menu.label), 150) or hikari.UNDEFINED
    most = max(1, min(menu.most, CHOICES))
    if menu.of in MENUS:
        row.add_select_menu(
            MENUS[menu.of], menu.id, placeholder=label, min_values=min(menu.least, most), max_values=most
        )
        return
    if not 1 <= len(menu.choices) <= CHOICES:
        raise PlatformError(f"a menu on Discord has 1 to {CHOICES} entries, not {len(menu.choices)}")
    most = min(most, len(menu.choices))
    shown = row.add_text_menu(menu.id, placeholder=label, min_values=min(menu.least, most), max_values=most)
    for choice in menu.choices:
        about = cut(clean(choice.about), 100) or hikari.UNDEFINED
        value = (choice.value or choice.label)[:100]
        shown.add_option(cut(clean(choice.label), 100) or "…", value, description=about, is_default=choice.chosen)


def embed(card: Card, files: Sequence[hikari.Bytes] = ()) -> hikari.Embed:
    """A card in a frame; its pictures are addresses on the web, or names of files that go with it; nothing else."""
    made = hikari.Embed(
        title=cut(clean(card.title), 256) or None,
        description=cut(clean(card.text), 4000) or None,
        url=card.link or None,
        color=hikari.Color.of(card.colour) if card.colour else None,
    )
    for name, text in card.fields[:25]:
        made.add_field(cut(clean(name), 256) or "\u200b", cut(clean(text), 1024) or "\u200b", inline=len(text) <= 24)
    if card.footer:
        made.set_footer(cut(clean(card.footer), 2048))
    for picture, put in ((card.picture, made.set_image), (card.thumbnail, made.set_thumbnail)):
        found: Any = next((each for each in files if each.filename == picture), None)
        if picture and (found is not None or picture.startswith(("https://", "http://"))):
            put(found or hikari.files.URL(picture))  # a bare text would be read as a path of this machine
    return made


def form_rows(form: Form) -> list[hikari.impl.ModalActionRowBuilder]:
    """The fields of a form."""
    rows = []
    for each in form.fields:
        row = hikari.impl.ModalActionRowBuilder()
        most = max(1, min(each.most, 4000))
        row.add_text_input(
            each.name,
            cut(clean(each.title), 45),
            style=hikari.TextInputStyle.PARAGRAPH if each.long else hikari.TextInputStyle.SHORT,
            placeholder=_hint(each) or hikari.UNDEFINED,
            value=each.default[:most] or hikari.UNDEFINED,
            required=each.required,
            max_length=most,
        )
        rows.append(row)
    return rows


def as_button(form: Form) -> Reply:
    """A button that opens a form, where it cannot be opened at once."""
    return Reply(f"**{clean(form.title)}**", buttons=(Button("Fill in", id=form.id, style="primary"),), ephemeral=True)


def _hint(field: Field) -> str:
    """What is shown in an empty field."""
    choices = f"one of {', '.join(field.choices)}" if field.choices else ""
    return cut(clean("; ".join(filter(None, (field.help, choices)))), 100)


@frozen
class Print:
    """What tells a message from others: its text, files, cards and controls."""

    text: str
    files: int
    cards: tuple[str, ...]
    controls: tuple[str, ...]


def print_of(text: str, reply: Reply) -> Print:
    """The print of a reply whose text is sent so."""
    controls = sorted(filter(None, [*(each.id for each in reply.buttons), *(each.id for each in reply.menus)]))
    card = reply.card
    cards = (_flat(f"{cut(clean(card.title), 256)}{cut(clean(card.text), 4000)}"),) if card else ()
    return Print(_flat(text), len(reply.files), cards, tuple(controls))


def alike(wanted: Print, seen: Print) -> bool:
    """Whether a message is what was sent; of one that was growing when it was sent only the beginning is known."""
    if wanted.text.endswith(GROWING):
        begun = wanted.text.removesuffix(GROWING).rstrip()
        return seen.text.startswith(begun) and attrs.evolve(seen, text=wanted.text) == wanted
    return wanted == seen


def print_seen(message: hikari.Message) -> Print:
    """The print of a message that is there."""
    controls = [
        str(getattr(part, "custom_id", "") or "")
        for row in message.components or ()
        for part in getattr(row, "components", ())
    ]
    cards = tuple(
        _flat(f"{each.title or ''}{each.description or ''}")
        for each in message.embeds
        if each.title or each.description
    )
    return Print(_flat(message.content or ""), len(message.attachments), cards, tuple(sorted(filter(None, controls))))


def _flat(text: str) -> str:
    """Discord takes white space away at both ends of what is sent."""
    return "\n".join(line.rstrip() for line in text.strip().splitlines())

"""What a plugin says becomes usable: buttons get their ids, and where a platform has none they become text."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import attrs

from butler.errors import ButlerError, ContractError
from butler.model import Action, Button, Form, Listing, Reply
from butler.platform import Platform
from butler.services.commands.help import PAGE
from butler.services.commands.registry import Commands
from butler.services.controls.forms import complete
from butler.services.controls.keep import HOST, Keep
from butler.services.controls.questions import Entry, Question, Questions
from butler.services.controls.seals import Sealed, Seals
from butler.store.codec import pack

FORM, PAGE_TURN = "form", "page"
"""The host's own actions behind forms and pages."""
FORM_LASTS = 3_600.0
QUESTION = "question"
"""The key in an action's data that names the question which its text asks."""


class Dresser:
    """Dresses replies for one host."""

    def __init__(
        self,
        seals: Seals,
        keep: Keep,
        questions: Questions,
        commands: Commands,
        platform: Callable[[str], Platform | None],
    ) -> None:
        self._seals = seals
        self._keep = keep
        self._questions = questions
        self._commands = commands
        self._platform = platform

    async def dressed(self, owner: str, action: Action, asked: str = "") -> Action:
        """The action with everything in its reply usable. ``asked``: the id of whoever it answers.

        Raises ``ContractError`` where an action of the plugin is named that it does not have.
        """
        reply = action.reply
        if reply is None or not (reply.buttons or reply.menus or reply.form or reply.listing or reply.card):
            return action
        if reply.listing is not None:
            reply, owner = await self.page(reply, reply.listing, 1), HOST
        if reply.form is not None:
            return await self._form(owner, action, reply, reply.form, asked)
        reply = await self._with_ids(owner, reply)
        if reply.card is not None and not self._can("card", action):
            reply = attrs.evolve(reply, text=reply.markdown, card=None)
        if (reply.buttons and not self._can("button", action)) or (reply.menus and not self._can("menu", action)):
            return await self._numbered(owner, action, reply, asked)
        return attrs.evolve(action, reply=reply)

    def _can(self, what: str, action: Action) -> bool:
        platform = self._platform(action.channel)
        return platform is not None and platform.can(what)

    # --- ids ----------------------------------------------------------------------------------------

    async def _with_ids(self, owner: str, reply: Reply) -> Reply:
        buttons, menus = [], []
        for number, button in enumerate(reply.buttons):
            fresh = not button.id and not button.link
            buttons.append(await self._named(owner, reply, button, number) if fresh else button)
        for number, menu in enumerate(reply.menus, len(buttons)):
            menus.append(menu if menu.id else await self._named(owner, reply, menu, number))
        return attrs.evolve(reply, buttons=tuple(buttons), menus=tuple(menus))

    async def _named(self, owner: str, reply: Reply, control: Any, number: int) -> Any:
        self._action(owner, control.action)
        until = self._keep.now() + reply.lasts
        sealed = Sealed(owner, control.action, control.value, ",".join(reply.only))
        identifier = self._seals.id_of(sealed, until, number)
        if not identifier:
            key = self._keep.key()
            await self._keep.put("value", key, "", {"value": control.value, "only": list(reply.only)}, until)
            identifier = self._seals.id_of(Sealed(owner, control.action, kept=key), until, number)
        return attrs.evolve(control, id=identifier)

    def _action(self, owner: str, name: str) -> Any:
        found = self._commands.action(owner, name, frozenset({owner}))
        if found is None and (owner != HOST or name not in {FORM, PAGE_TURN, "confirm"}):
            raise ContractError(f"{owner} has no action {name!r}", remedy=f"declare it with @action({name!r})")
        return found

    # --- forms --------------------------------------------------------------------------------------

    async def _form(self, owner: str, action: Action, reply: Reply, form: Form, asked: str) -> Action:
        found = None if form.id else self._action(owner, form.action)
        if found is not None:
            plugin, handler = found
            key, until = self._keep.key(), self._keep.now() + FORM_LASTS
            shown = complete(form, handler, plugin)
            await self._keep.put(FORM, key, asked, {"plugin": owner, "form": pack(form), "filled": {}}, until)
            form = attrs.evolve(shown, id=self._seals.id_of(Sealed(HOST, FORM, only=asked, kept=key), until))
        return await self.shown_form(attrs.evolve(action, reply=reply), form, asked)

    async def shown_form(self, action: Action, form: Form, asked: str) -> Action:
        """An action that opens a form, or asks its first question where there are no forms."""
        reply = action.reply or Reply()
        if self._can(FORM, action):
            return attrs.evolve(action, reply=Reply(form=form, to=reply.to, ephemeral=True))
        if not asked:
            raise ButlerError("a form needs somebody to fill it in", remedy="show it in answer to a command or button")
        now = self._keep.now()
        key = self._seals.opened(form.id, now).kept
        question = Question(self._keep.key(), action.channel, now + FORM_LASTS, asked, form=key, begun=now)
        await self._questions.ask(question)
        text = f"**{form.title}** (`cancel` ends it)\n{asking(form, 0)}"
        return attrs.evolve(action, reply=Reply(text, to=reply.to, ephemeral=reply.ephemeral))

    # --- pages --------------------------------------------------------------------------------------

    async def page(self, reply: Reply, pages: Listing, number: int, key: str = "") -> Reply:
        """One page of a list, with buttons to turn to the others."""
        cut = cut_pages(pages)
        number = max(1, min(number, len(cut)))
        title = f"**{pages.title}**\n" if pages.title else ""
        text = title + (cut[number - 1] or pages.empty)
        if len(cut) == 1:
            return attrs.evolve(reply, text=text, listing=None)
        if not key:
            key = self._keep.key()
            body = {"lines": [*pages.lines], "title": pages.title, "size": pages.size, "only": list(reply.only)}
            await self._keep.put(PAGE_TURN, key, "", body, self._keep.now() + reply.lasts)
        turns = [("Back", number - 1)] if number > 1 else []
        turns += [("Next", number + 1)] if number < len(cut) else []
        buttons = tuple(Button(label, PAGE_TURN, f"{key} {to}") for label, to in turns)
        return attrs.evolve(
            reply, text=f"{text}\n\nPage {number} of {len(cut)}", buttons=buttons, menus=(), listing=None
        )

    # --- text ---------------------------------------------------------------------------------------

    async def _numbered(self, owner: str, action: Action, reply: Reply, asked: str) -> Action:
        """Numbers instead of buttons. The host's own texts say already what to type."""
        if owner == HOST and not _turns(reply):
            return attrs.evolve(action, reply=attrs.evolve(reply, buttons=(), menus=()))
        entries = entries_of(reply)
        now = self._keep.now()
        question = Question(
            self._keep.key(), action.channel, now + reply.lasts, asked, reply.only, entries,
            begun=now, message=action.target if action.kind == "edit" else "",
        )  # fmt: skip
        await self._questions.ask(question)
        text = "\n\n".join(filter(None, (reply.text, numbered(reply, entries, self._prefix(action)))))
        bare = attrs.evolve(reply, text=text, buttons=(), menus=())
        return attrs.evolve(action, reply=bare, data={**action.data, QUESTION: question.key})

    def _prefix(self, action: Action) -> str:
        platform = self._platform(action.channel)
        return platform.command_prefix if platform else "/"


def entries_of(reply: Reply) -> tuple[Entry, ...]:
    """The numbered lines of a reply; links are no choices."""
    entries = [Entry(each.label, each.id) for each in reply.buttons if not each.link and not each.disabled]
    for menu in reply.menus:
        if menu.of != "choices":
            entries.append(Entry(menu.label or menu.of, menu.id, of=menu.of, most=menu.most))
        choices = menu.choices if menu.of == "choices" else ()
        entries += [Entry(each.label, menu.id, each.value or each.label, "", menu.most, menu.least) for each in choices]
    return tuple(entries)


def _turns(reply: Reply) -> bool:
    return any(button.action == PAGE_TURN for button in reply.buttons)


def numbered(reply: Reply, entries: Sequence[Entry], prefix: str) -> str:
    """The lines below a text."""
    if _turns(reply):
        return f"Say {' or '.join(f'“{each.label.lower()}”' for each in entries)} to turn the page."
    lines = [f"{each.label}: {each.link}" for each in reply.buttons if each.link]
    lines += [menu.label for menu in reply.menus if menu.label and menu.of == "choices"]
    lines += [f"{number}. {each.label}" for number, each in enumerate(entries, 1)]
    if not entries:
        return "\n".join(lines)
    most = max(each.most for each in entries)
    example = f"`{prefix}1 name`" if entries[0].of else f"`{prefix}1 2`" if most > 1 else f"`{prefix}1`"
    many = f" Up to {most} can be chosen." if most > 1 else ""
    return "\n".join([*lines, f"Answer with a number, such as {example}.{many}"])


def asking(form: Form, at: int, problem: str = "") -> str:
    """The question for one field of a form."""
    field = form.fields[at]
    hints = [field.help] if field.help else []
    hints += [f"one of {', '.join(field.choices)}"] if field.choices else []
    hints += [f"`-` for {field.default!r}" if field.default else "`-` to leave it out"] if not field.required else []
    about = f" ({'; '.join(hints)})" if hints else ""
    return f"{problem}\n{field.title}?{about}".strip()


def cut_pages(pages: Listing) -> list[str]:
    """The lines page by page, none longer than a message may be."""
    lines = [line[:PAGE] for line in pages.lines]
    size = max(1, pages.size)
    found: list[str] = []
    for start in range(0, max(1, math.ceil(len(lines) / size)) * size, size):
        page: list[str] = []
        for line in lines[start : start + size]:
            if page and sum(len(each) + 1 for each in page) + len(line) > PAGE:
                found.append("\n".join(page))
                page = []
            page.append(line)
        found.append("\n".join(page))
    return found

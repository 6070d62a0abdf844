"""Forms: shown, filled in at once or question by question, and handed to the plugin once everything is right."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import attrs

from butler.declare import ActionHandler
from butler.errors import BadArgument
from butler.model import Button, Field, Form, Reply
from butler.plugin import Plugin
from butler.services.commands.execute import said
from butler.services.commands.interact import Interactions
from butler.services.commands.request import Outcome, Request
from butler.services.commands.run import Runner
from butler.services.commands.signature import Option
from butler.services.controls.dressing import FORM, asking
from butler.services.controls.forms import checked, complete, options_by_name
from butler.services.controls.keep import HOST, Keep, Kept
from butler.services.controls.questions import GIVE_UP, Question, Questions
from butler.services.controls.seals import Sealed, Seals
from butler.store.codec import unpack

GONE = "That is too old to be used; ask for it again."


@attrs.frozen
class _Open:
    """A form that was shown, with the action behind it."""

    kept: Kept
    plugin: Plugin
    action: ActionHandler
    form: Form
    options: Mapping[str, Option]


class Filling:
    """Takes what is filled in."""

    def __init__(
        self, seals: Seals, keep: Keep, questions: Questions, runner: Runner, interactions: Interactions
    ) -> None:
        self._seals = seals
        self._keep = keep
        self._questions = questions
        self._runner = runner
        self._interactions = interactions

    async def show(self, request: Request, key: str) -> Outcome:
        """Open a form (again), with what was filled in before."""
        opened = await self._open(request, key)
        if opened is None:
            return await said(request, "unknown", GONE)
        await request.send(Reply(form=opened.form, to=request.to, ephemeral=True))
        return Outcome("ran", (opened.form.title,))

    async def filled(self, request: Request, key: str, fields: Mapping[str, str]) -> Outcome:
        """A form was sent off whole. What is wrong is said, and it can be opened again as it was."""
        opened = await self._open(request, key)
        if opened is None:
            return await said(request, "unknown", GONE)
        try:
            values = {each.name: await self._value(request, opened, each, fields) for each in opened.form.fields}
        except BadArgument as error:
            kept = opened.kept
            await self._keep.put(FORM, key, kept.person, {**kept.body, "filled": dict(fields)}, kept.until)
            again = Button("Try again", FORM, id=opened.form.id)
            await request.send(Reply(f"{error}.", to=request.to, ephemeral=True, buttons=(again,)))
            return Outcome("wrong", (str(error),), (opened.action.name,), kept.body["plugin"])
        return await self._done(request, opened, values)

    async def answered(self, request: Request, question: Question, text: str) -> Outcome:
        """One field was answered in words; the next is asked, or all is handed over."""
        if text.strip().strip(".!").casefold() in GIVE_UP:
            await self._questions.close(question)
            await self._keep.drop(question.form)
            return await said(request, "cancelled", "Very well, nothing was done.")
        opened = await self._open(request, question.form)
        if opened is None:
            await self._questions.close(question)
            return await said(request, "unknown", GONE)
        field = opened.form.fields[question.at]
        answers = {**question.answers, field.name: _typed(field, text)}
        try:
            await self._value(request, opened, field, answers)
        except BadArgument as error:
            return await said(request, "wrong", asking(opened.form, question.at, f"{error}."))
        if question.at + 1 < len(opened.form.fields):
            await self._questions.ask(attrs.evolve(question, at=question.at + 1, answers=answers))
            return await said(request, "asked", asking(opened.form, question.at + 1))
        await self._questions.close(question)
        values = {each.name: await self._value(request, opened, each, answers) for each in opened.form.fields}
        return await self._done(request, opened, values)

    async def _open(self, request: Request, key: str) -> _Open | None:
        kept = await self._keep.get(key)
        if kept is None:
            return None
        form = unpack(Form, kept.body["form"])
        found = self._runner.commands.action(kept.body["plugin"], form.action, request.enabled)
        if found is None:
            return None
        plugin, action = found
        filled = kept.body["filled"]
        whole = complete(form, action, plugin)
        fields = tuple(attrs.evolve(each, default=filled.get(each.name, each.default)) for each in whole.fields)
        identifier = self._seals.id_of(Sealed(HOST, FORM, only=kept.person, kept=key), kept.until)
        shown = attrs.evolve(whole, fields=fields, id=identifier)
        return _Open(kept, plugin, action, shown, options_by_name(form, action, plugin))

    async def _value(self, request: Request, opened: _Open, field: Field, fields: Mapping[str, str]) -> Any:
        setting = self._runner.setting(request)
        return await checked(opened.options[field.name], field, fields.get(field.name, ""), setting)

    async def _done(self, request: Request, opened: _Open, values: Mapping[str, Any]) -> Outcome:
        await self._keep.drop(opened.kept.key)
        plugin = opened.kept.body["plugin"]
        return await self._interactions.press(request, plugin, opened.action.name, opened.form.value, fields=values)


def _typed(field: Field, text: str) -> str:
    """A dash stands for what may be left out."""
    return field.default if text.strip() == "-" and not field.required else text

"""What people do in a house with buttons, menus, forms and right-clicks; each returns what is said in answer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from butler.model import Button, Channel, Event, Form, Menu, Person
from butler.testing.deeds import Deeds, Spoken, id_of
from butler.testing.world import Shown

if TYPE_CHECKING:
    from butler.host import Host


class Hands(Deeds):
    """People who click, choose, fill in; what they use is found by its label, on what was said last that has it."""

    host: Host

    def click(self, who: str, label: str, *, on: Spoken = "") -> list[str]:
        """Press a button. Raises ``LookupError`` if nobody sees one of that label."""
        shown, button = self._control(label, on)
        assert isinstance(button, Button)
        return self.uses(who, shown, text=button.id, do="control")

    def choose(self, who: str, *what: str | Person | Channel, on: Spoken = "") -> list[str]:
        """Choose in the last menu: labels of its entries, or people, ids of roles, channels."""
        shown, menu = self._control("", on)
        assert isinstance(menu, Menu)
        by_label = {each.label: each.value or each.label for each in menu.choices}
        if menu.of == "choices" and (unknown := [each for each in what if each not in by_label]):
            raise LookupError(f"there is no {unknown[0]!r} in the menu, which has {sorted(by_label)}")
        values = [each if isinstance(each, str) else each.id for each in what]
        of = "" if menu.of == "choices" else menu.of
        return self.uses(who, shown, text=menu.id, do="control", values=[by_label.get(v, v) for v in values], of=of)

    @property
    def form(self) -> Form:
        """The form that was opened last. Raises ``LookupError`` if none was."""
        forms = [shown.reply.form for shown in self.world.shown if shown.reply.form is not None]
        if not forms:
            raise LookupError("no form was opened")
        return forms[-1]

    def fill(self, who: str, /, **fields: str) -> list[str]:
        """Fill in the form that was opened last and send it; fields that are not given stay as they are."""
        form = self.form
        unknown = fields.keys() - {field.name for field in form.fields}
        if unknown:
            raise LookupError(f"the form {form.title!r} has no field {sorted(unknown)}")
        filled = {field.name: fields.get(field.name, field.default) for field in form.fields}
        shown = next(each for each in reversed(self.world.shown) if each.reply.form is form)
        return self.uses(who, shown, text=form.id, do="control", fields=filled)

    def right_click(self, who: str, name: str, what: Spoken | Person) -> list[str]:
        """Use a right-click command on something that was said, or on somebody."""
        found = [
            plugin
            for plugin, each in self.host.commands.contexts(frozenset(self.host.lifecycle.plugins))
            if each.name == name
        ]
        if not found:
            raise LookupError(f"there is no right-click command {name!r}")
        if isinstance(what, Person):
            return self.uses(who, self.channel(), target=what.id, do="context", plugin=found[0], name=name, on="person")
        here = self._where(what)
        return self.uses(who, here, target=id_of(what), do="context", plugin=found[0], name=name, on="message")

    def slash(self, who: str, path: str, /, *, where: Channel | None = None, **options: Any) -> list[str]:
        """Give a command whose options the platform took apart: ``slash("ann", "karma give", person=bob)``."""
        plain = {name: getattr(value, "id", value) for name, value in options.items()}
        return self.uses(who, where or self.channel(), do="command", path=path.split(), options=plain)

    def uses(self, who: str, where: Shown | Channel, *, text: str = "", target: str = "", **data: Any) -> list[str]:
        """Somebody uses something of the platform's own; returns what is said and changed in answer."""
        before = len(self.world.done)
        channel = where if isinstance(where, Channel) else self.world.at(where.channel)
        on = target or ("" if isinstance(where, Channel) else where.id)
        at, number = self.world.clock.now(), self.world.number("i")
        event = Event(number, "interaction", channel.guild, at, channel, self.person(who), on, text, data)
        self.world.happens(event)
        self.settle()
        said = [done for done in self.world.done[before:] if done.action.kind in {"send", "edit"}]
        found = [self.world.by_id(done.action.target or done.id) for done in said]
        return [shown.text for shown in found if shown is not None]

    def _control(self, label: str, on: Spoken) -> tuple[Shown, Button | Menu]:
        """A button by its label, or without one the last menu."""
        identifier = id_of(on) if on else ""
        for shown in reversed(self.shown):
            if identifier and shown.id != identifier:
                continue
            if not label and shown.reply.menus:
                return shown, shown.reply.menus[-1]
            buttons = [each for each in shown.reply.buttons if each.label == label and not each.disabled]
            if label and buttons:
                return shown, buttons[-1]
        raise LookupError(f"there is no {f'button {label!r}' if label else 'menu'} to be seen")

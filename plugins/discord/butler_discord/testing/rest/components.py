"""Buttons, menus, forms and laid-out texts: what Discord takes of them."""

from __future__ import annotations

from butler_discord.testing.deeds.texts import every
from butler_discord.testing.errors import JSON, invalid, required, too_long

ROW, BUTTON, CHOICE, TEXT, TEXT_DISPLAY, LABEL = 1, 2, 3, 4, 10, 18
MENUS = frozenset({CHOICE, 5, 6, 7, 8})
LINK, PREMIUM = 5, 6
MOST_ROWS = 5
MOST_LAID_OUT = 40


def components(given: list[JSON], *, laid_out: bool = False, form: bool = False) -> list[JSON]:
    """Components as they are kept: each with an id, counted through. Raises ``Refused``."""
    if not laid_out:
        _rows(given, form=form)
    elif sum(1 for _ in every(given)) > MOST_LAID_OUT:
        raise invalid("components", "BASE_TYPE_BAD_LENGTH", f"Must be between 1 and {MOST_LAID_OUT} in length.")
    seen: set[str] = set()
    for component in every(given):
        _check(component, seen)
    return _numbered(given)


def _rows(given: list[JSON], *, form: bool) -> None:
    if len(given) > MOST_ROWS:
        raise invalid("components", "BASE_TYPE_BAD_LENGTH", f"Must be between 1 and {MOST_ROWS} in length.")
    for number, row in enumerate(given):
        where = f"components.{number}"
        if row.get("type") in {LABEL, TEXT_DISPLAY} and form:
            continue
        if row.get("type") != ROW:
            raise invalid(f"{where}.type", "UNION_TYPE_CHOICES", 'Value of field "type" must be one of (1,).')
        inner = row.get("components") or []
        most = 1 if any(each["type"] in MENUS | {TEXT} for each in inner) else 5
        if not 1 <= len(inner) <= most:
            raise invalid(f"{where}.components", "BASE_TYPE_BAD_LENGTH", f"Must be between 1 and {most} in length.")


def _check(component: JSON, seen: set[str]) -> None:
    kind, name = component.get("type"), component.get("custom_id")
    if name is not None:
        if not 1 <= len(name) <= 100:
            raise invalid("components", "BASE_TYPE_BAD_LENGTH", "Must be between 1 and 100 in length.")
        if name in seen:
            raise invalid("components", "COMPONENT_CUSTOM_ID_DUPLICATED", "Component custom id cannot be duplicated")
        seen.add(name)
    if kind == BUTTON:
        _button(component)
    elif kind in MENUS | {TEXT} and not name:
        raise required("components.custom_id")
    if kind == CHOICE:
        _choices(component)


def _button(button: JSON) -> None:
    if len(button.get("label") or "") > 80:
        raise too_long("components.label", 80)
    if button.get("style") == LINK:
        if not button.get("url") or button.get("custom_id"):
            raise required("components.url")
    elif button.get("style") != PREMIUM:
        if not button.get("custom_id"):
            raise required("components.custom_id")
        if not button.get("label") and not button.get("emoji"):
            raise invalid("components", "BUTTON_COMPONENT_MISSING_TEXT", "Button must have a label or an emoji")


def _choices(menu: JSON) -> None:
    options = menu.get("options") or []
    if not 1 <= len(options) <= 25:
        raise invalid("components.options", "BASE_TYPE_BAD_LENGTH", "Must be between 1 and 25 in length.")
    values = [option["value"] for option in options]
    if len(set(values)) != len(values):
        raise invalid("components.options", "SELECT_COMPONENT_OPTION_VALUE_DUPLICATED", "The specified value is used")
    if any(len(option["label"]) > 100 or len(option["value"]) > 100 for option in options):
        raise too_long("components.options", 100)


def _numbered(given: list[JSON]) -> list[JSON]:
    number = 0

    def numbered(component: JSON) -> JSON:
        nonlocal number
        number += 1
        made = {**component, "id": component.get("id") or number}
        if component.get("components"):
            made["components"] = [numbered(each) for each in component["components"]]
        for inner in ("accessory", "component"):
            if component.get(inner):
                made[inner] = numbered(component[inner])
        return made

    return [numbered(component) for component in given]

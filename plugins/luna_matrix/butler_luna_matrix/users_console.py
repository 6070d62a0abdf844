"""What operators type about the homeserver's accounts (LUNA-15)."""

from __future__ import annotations

import os
import secrets
from typing import Any

from butler import Call, CommandError, console

from butler_luna_matrix.ids import ours
from butler_luna_matrix.rooms_console import RoomsConsole, plainly

LISTED = 500


class UsersConsole(RoomsConsole):
    """The console's commands about accounts; they need an administrator of the homeserver."""

    @console
    async def list_users(self, call: Call, words: str = "") -> str:
        """List the accounts of the homeserver.

        words: only those whose name holds this
        Example: list_users ann
        """
        admin = await self._admin()
        lines = []
        async for user in admin.users(words):
            lines.append(f"{user['name']}  {user.get('displayname') or ''}  {self._sort(user)}".rstrip())
            if len(lines) >= LISTED:
                lines.append(f"… only the first {LISTED}; give some words to look for")
                break
        return "\n".join(lines) or "none"

    def _sort(self, user: dict[str, Any]) -> str:
        persona = self._account().homes.of(user["name"])
        said = (
            (f"persona {persona.name}", persona is not None) if persona else ("", False),
            ("the host", user["name"] == self._account().settings.user),
            ("administrator", bool(user.get("admin"))),
            ("deactivated", bool(user.get("deactivated"))),
        )
        return ", ".join(word for word, holds in said if holds)

    @console
    async def create_user(
        self, call: Call, name: str, *, password: str = "", admin: bool = False, display: str = ""
    ) -> str:
        """Make an account on the homeserver. Without a password one is made up and shown once.

        name: its user name
        password: its password; env:NAME takes it from the environment
        admin: an administrator of the homeserver
        display: the name that is shown
        Example: create_user ann Ann of the Hall
        Example: create_user ann --password env:ANNS_PASSWORD
        """
        server = await self._admin()
        user = server.user_id(name)
        there = await plainly(server.user(user))
        if there is not None:
            used = "was used before and is deactivated" if there.get("deactivated") else "is there already"
            raise CommandError(f"{user} {used}", remedy="take another name")
        given = secret_of(password) or secrets.token_urlsafe(12)
        fields = {"password": given, "admin": admin, **({"displayname": display} if display else {})}
        await plainly(server.put_user(user, **fields))
        return user if password else f"{user}, password {given}"

    @console
    async def delete_user(self, call: Call, name: str) -> str:
        """Deactivate an account for good; its name cannot be had again.

        name: its user name or id
        Example: delete_user ann
        """
        server = await self._admin()
        user = server.user_id(name)
        persona = self._account().homes.of(user)
        if persona is not None:
            raise CommandError(f"{user} is {persona.name}'s account", remedy=f"despawn {persona.name}")
        if user == self._account().settings.user:
            raise CommandError(f"{user} is the host's own account", remedy="stop the host first")
        there = await plainly(server.user(user))
        if there is None:
            raise CommandError(f"there is no account {user}", remedy="list_users lists them")
        if there.get("deactivated"):
            raise CommandError(f"{user} is deactivated already")
        await plainly(server.deactivate(user))
        return f"{user} is deactivated"

    @console
    async def who_is(self, call: Call, who: str) -> str:
        """Say what homeserver and host know of somebody.

        who: a user id, a user name, or a persona's name
        Example: who_is ann
        """
        user = self._user(who)
        persona = self._account().homes.of(user)
        rows = [f"id  {user}"]
        if persona is not None:
            rows += [f"persona  {persona.name}", f"model  {', '.join(persona.model)}"]
            rows += [f"{key}  {value}" for key, value in sorted(persona.settings.items())]
        known = await self.host.person(ours(user))
        rows.append(f"name  {known.name}")
        rows += await self._on_server(user)
        return "\n".join(rows)

    async def _on_server(self, user: str) -> list[str]:
        try:
            there = await plainly((await self._admin()).user(user))
        except CommandError as error:
            return [f"homeserver  not asked: {error.args[0]}"]
        if there is None:
            return ["homeserver  no account there"]
        kept = ("displayname", "admin", "deactivated", "creation_ts", "last_seen_ts", "user_type")
        return [f"{key}  {there[key]}" for key in kept if there.get(key) not in (None, "")]


def secret_of(text: str) -> str:
    """A password as it was given, or out of the environment. Raises ``CommandError`` where that is not set."""
    if not text.startswith("env:"):
        return text
    found = os.environ.get(text.removeprefix("env:"), "")
    if not found:
        raise CommandError(f"the variable {text.removeprefix('env:')} is not set")
    return found

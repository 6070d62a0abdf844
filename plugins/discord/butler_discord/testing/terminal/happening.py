"""What happens, as lines on the screen."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from butler_discord.testing.errors import JSON

if TYPE_CHECKING:
    from butler_discord.testing.terminal.client import Client


def _message(client: Client, data: JSON) -> None:
    client.last = data["id"]
    if data["author"]["id"] == client.me:
        client.mine.append(data["id"])
        del client.mine[:-20]
    client.show(client.board.message(data, client.here_id))


def _edited(client: Client, data: JSON) -> None:
    client.show(client.board.message(data, client.here_id, edited=bool(data["edited_timestamp"])))


def _deleted(client: Client, data: JSON) -> None:
    count = len(data.get("ids", [1]))
    client.note(f"{count} message{'s were' if count > 1 else ' was'} deleted")


def _reacted(client: Client, data: JSON) -> None:
    who = client.board.names.known.get(data["user_id"], "somebody")
    client.note(f"{who} reacted with {data['emoji']['name']}")


def _came(client: Client, data: JSON) -> None:
    client.board.names.learn("@", [data["user"]], "username")
    client.note(f"@{data['user']['username']} joined")


def _went(client: Client, data: JSON) -> None:
    client.note(f"@{data['user']['username']} left")


def _typing(client: Client, data: JSON) -> None:
    if data["user_id"] != client.me:
        client.note(f"{client.board.names.known.get(data['user_id'], 'somebody')} is typing …")


def _channel(client: Client, data: JSON) -> None:
    client.board.names.learn("#", [data])


HAPPENS: Final[dict[str, Callable[[Client, JSON], None]]] = {
    "MESSAGE_CREATE": _message, "MESSAGE_UPDATE": _edited, "MESSAGE_DELETE": _deleted,
    "MESSAGE_DELETE_BULK": _deleted, "MESSAGE_REACTION_ADD": _reacted,
    "GUILD_MEMBER_ADD": _came, "GUILD_MEMBER_REMOVE": _went, "TYPING_START": _typing,
    "CHANNEL_CREATE": _channel, "THREAD_CREATE": _channel,
}  # fmt: skip

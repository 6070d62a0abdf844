"""The registration of the application service: the file that the homeserver and the host both read (LUNA-5)."""

from __future__ import annotations

import json
import os
import re
import secrets
from pathlib import Path
from typing import Any

from attrs import field, frozen
from butler import PlatformError

from butler_luna_matrix.ids import localpart, server_of
from butler_luna_matrix.settings import Settings

ID = "butler"
MADE = "butler-"
"""What the alias of a room that the host made begins with."""


@frozen
class Registration:
    """What homeserver and host know of each other. ``as_token`` is ours, ``hs_token`` the homeserver's."""

    url: str
    sender: str
    """The localpart of the service's own user."""
    users: str
    """A regular expression for the ids of its other users."""
    as_token: str = field(repr=False)
    hs_token: str = field(repr=False)
    aliases: str = ""
    """A regular expression for the aliases by which it finds the rooms that it made."""
    id: str = ID

    @classmethod
    def new(cls, user: str, prefix: str, listen: str) -> Registration:
        """A fresh one for the account ``user``, for personas whose names begin with ``prefix``."""
        server = re.escape(server_of(user))
        users, aliases = f"@{re.escape(prefix)}.*:{server}", f"#{re.escape(MADE)}.*:{server}"
        return cls(f"http://{listen}", localpart(user), users, secrets.token_hex(32), secrets.token_hex(32), aliases)

    def text(self) -> str:
        """The file. It is JSON, which is YAML as well."""
        whole: dict[str, Any] = {
            "id": self.id,
            "url": self.url,
            "as_token": self.as_token,
            "hs_token": self.hs_token,
            "sender_localpart": self.sender,
            "rate_limited": False,
            "receive_ephemeral": True,
            "namespaces": {
                "users": [{"exclusive": True, "regex": self.users}],
                "aliases": [{"exclusive": False, "regex": self.aliases}],
                "rooms": [],
            },
        }
        return json.dumps(whole, indent=2) + "\n"


def write(path: Path, registration: Registration) -> None:
    """Keep it, readable by this user of the machine alone. Raises ``FileExistsError`` where there is one."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        file.write(registration.text())


def load(path: Path) -> Registration:
    """The registration in a file. Raises ``PlatformError`` with what to do where there is none."""
    try:
        told = json.loads(path.read_text("utf-8"))
        users, aliases = (told["namespaces"][kind][0]["regex"] for kind in ("users", "aliases"))
        tokens = told["as_token"], told["hs_token"]
        return Registration(told["url"], told["sender_localpart"], users, *tokens, aliases, told["id"])
    except FileNotFoundError:
        raise PlatformError(
            f"there is no registration {path}",
            remedy="make it by `butler matrix registration`, and name it in the homeserver's app_service_config_files",
        ) from None
    except (OSError, ValueError, KeyError, IndexError, TypeError) as error:
        raise PlatformError(
            f"the registration {path} cannot be read ({type(error).__name__})",
            remedy="make it anew by `butler matrix registration --force`",
        ) from None


def registration_file(folder: Path, settings: Settings) -> Path:
    """Where the registration is, seen from the plugin's data folder."""
    return Path(folder) / settings.registration

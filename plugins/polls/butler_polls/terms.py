"""What is settled about a poll when it opens."""

from __future__ import annotations

import json
from typing import Literal

import attrs
from attrs import frozen
from butler import CommandError

LEAST, MOST = 2, 20
LONGEST = 200
"""Characters of an option."""
QUESTION = 300
Kind = Literal["choice", "ranked"]


@frozen
class Terms:
    """How a poll works."""

    kind: Kind = "choice"
    most: int = 1
    """How many may be chosen."""
    anonymous: bool = False
    changeable: bool = True
    hidden: bool = False
    """How it stands is shown at the end only."""
    quorum: int = 0
    """How many have to take part."""
    role: str = ""
    """The id of the role that one needs; empty: everybody."""
    weigh: str = ""
    """What votes weigh by (``karma``): what it was when the poll opened."""
    every: float = 0.0
    """Seconds until it is asked anew; 0: never."""
    lasts: float = 0.0
    """For how many seconds it is open; 0: until somebody closes it."""
    native: bool = False
    """It is a poll of the platform's own."""

    def kept(self) -> str:
        """As JSON."""
        return json.dumps(attrs.asdict(self))

    @classmethod
    def of(cls, kept: str) -> Terms:
        """Out of :meth:`kept`."""
        return cls(**json.loads(kept))

    def words(self, role: str = "") -> str:
        """In one line, what a voter should know."""
        said = ["put in order what you like" if self.kind == "ranked" else "one choice"]
        if self.kind == "choice" and self.most > 1:
            said = [f"up to {self.most} choices"]
        said += ["anonymous"] if self.anonymous else []
        said += [] if self.changeable else ["votes cannot be changed"]
        said += ["the result shows at the end"] if self.hidden else []
        said += [f"{self.quorum} have to take part"] if self.quorum else []
        said += [f"only for {role or self.role}"] if self.role else []
        said += [f"weighed by {self.weigh}"] if self.weigh else []
        said += [f"asked anew every {spoken(self.every)}"] if self.every else []
        return ", ".join(said)


def spoken(seconds: float) -> str:
    """``7 days``, ``36 hours``."""
    size, unit = (86_400.0, "day") if seconds % 86_400 == 0 else (3600.0, "hour")
    return unit if seconds == size else f"{seconds / size:g} {unit}s"


def options_in(text: str) -> list[str]:
    """The options in what was typed: parted by ``|``, else by commas. Raises ``CommandError``."""
    parts = [part.strip() for part in text.split("|" if "|" in text else ",")]
    options = [part for part in parts if part]
    if not LEAST <= len(options) <= MOST:
        raise CommandError(
            f"A poll has {LEAST} to {MOST} options, not {len(options)}",
            remedy='part them by | or commas: /poll "Lunch?" pizza | pasta | salad',
        )
    if len({option.casefold() for option in options}) < len(options):
        raise CommandError("Two of the options are the same", remedy="give each its own words")
    if any(len(option) > LONGEST for option in options):
        raise CommandError(f"An option has at most {LONGEST} characters", remedy="put the details into a message")
    return options

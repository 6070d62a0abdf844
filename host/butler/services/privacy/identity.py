"""Who is forgotten, in every form in which an id stands in texts and JSON, and the id that takes its place."""

from __future__ import annotations

import json
import re
import secrets

from butler.model import platform_of


class Identity:
    """A person's id and its replacement. An id that only begins like it is another person's and is left alone."""

    def __init__(self, person: str) -> None:
        self.person = person
        self.replacement = f"{platform_of(person)}:forgotten-{secrets.token_hex(6)}"
        self.bare = person.partition(":")[2]
        """The id as the platform itself writes it."""
        self.forms = tuple(dict.fromkeys([person, *(_in_json(person, ascii_only) for ascii_only in (True, False))]))
        """As it stands in a column of its own, and in JSON."""
        self.needles = (
            *self.forms,
            f"<@{self.bare}>",
            f"<@!{self.bare}>",
            *([self.bare] if self.bare[:1] == "@" else ()),
        )
        """What to look for in what people said."""
        # an id with a colon of its own (a server's name) may go on with one (its port)
        further = r"[.:-]\w" if ":" in self.bare else r"[.-]\w"
        behind, before = rf"(?!\w|{further})", r"(?:(?<!\w)|(?<=\\[nrtbf]))"
        self._anywhere = re.compile(f"{before}(?:{'|'.join(map(re.escape, self.forms))}){behind}")
        mentions = [f"<@!?{re.escape(self.bare)}>"]
        if self.bare.startswith("@"):
            mentions.append(rf"(?<![\w@]){re.escape(self.bare)}{behind}")
        self._mention = re.compile("|".join(mentions))

    def replaced(self, text: str) -> str:
        """A text, JSON or an id, with the replacement in the person's place."""
        return self._anywhere.sub(self.replacement, text)

    def replaced_in_speech(self, text: str) -> str:
        """What somebody said, without the person's id and without mentions of them as platforms write those."""
        return self._mention.sub("@forgotten", self.replaced(text))


def _in_json(person: str, ascii_only: bool) -> str:
    return json.dumps(person, ensure_ascii=ascii_only)[1:-1]

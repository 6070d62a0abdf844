"""TheButler keeps to what every plugin keeps to."""

from __future__ import annotations

from butler import Rank
from butler.testing import House
from butler.testing.contracts import PluginContract
from butler_core import ButlerCore


class TestButlerCore(PluginContract):
    plugin = ButlerCore
    keeps = True

    def exercise(self, house: House) -> None:
        house.rank("ann", Rank.MANAGER)
        for command in (
            "ping",
            "userinfo",
            "roll 2d6+1",
            "remind 1d the tea",
            "remind list",
            "custom add rules Be kind.",
            "top",
            "serverstats",
            "links",
            "me",
            "send here hello",
            "schedule every 1h @ann hello",
            "schedule list",
        ):
            house.command("ann", command)
        house.say("bob", "!rules")
        message = house.post("ann", "good morning")
        house.say("ann", "read https://example.org/cake")
        house.say("bob", "TheButler, how are you?")
        house.react("bob", message, "👍")
        house.join("carol")
        house.dm("ann", "hello")
        house.advance(minutes=2)


def test_features_do_not_take_each_others_names() -> None:
    """The commands of all features are one class: a helper of one would be taken for another's."""
    taken: dict[str, str] = {}
    for base in ButlerCore.__mro__[1:]:
        if not base.__module__.startswith("butler_core.") or not base.__module__.endswith(".commands"):
            continue
        for name, value in vars(base).items():
            if name.startswith("__") or type(value).__name__ == "Command":
                continue
            assert name not in taken, f"{base.__name__}.{name} is also {taken[name]}'s"
            taken[name] = base.__name__
    assert taken

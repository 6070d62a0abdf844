"""One person, several accounts: linked by a code and a yes from both, split again without loss (HOST-24)."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, ClassVar

import attrs
import peewee
import pytest
from butler import Call, Message, Plugin, Rank, Table, command, hookimpl
from butler.testing.house import House
from hypothesis import given, settings
from hypothesis import strategies as st

Make = Callable[..., House]


class Note(Table):
    """What somebody said."""

    person = peewee.TextField()

    class Meta:
        table_name = "notes_note"


@attrs.frozen
class Settings:
    """[plugins.notes]"""

    sign: str = "!"


class Notes(Plugin):
    """Counts what people say, whichever account they use."""

    tables = (Note,)
    settings = Settings
    person_columns: ClassVar[Mapping[str, tuple[str, ...]]] = {"notes_note": ("person",)}

    @hookimpl
    async def on_message(self, message: Message) -> None:
        if not message.author.bot and message.text == "note":
            self.host.db.defer(partial(Note.create, person=message.author.id))

    @command(rank=Rank.GUEST)
    async def count(self, call: Call) -> str:
        """Show how much you said."""
        mine = Note.select().where(Note.person.in_(self.host.who(call.person).accounts))
        return f"{await self.host.db.read(mine.count)}{call.settings.sign}"

    @command(grant="notes.secret")
    async def secret(self, call: Call) -> str:
        """Be told a secret."""
        return "42"

    async def export_person(self, person: str) -> dict[str, Any]:
        """How many."""
        return {"notes": await self.host.db.read(Note.select().where(Note.person == person).count)}

    async def forget_person(self, person: str, replacement: str) -> dict[str, int]:
        """Forget them."""
        return {"notes_note": await self.host.db.write(Note.delete().where(Note.person == person).execute)}


def _code(house: House, who: str) -> str:
    (said,) = house.command(who, "link")
    found = re.search(r"link (\w{4}-\w{4})", said)
    assert found, said
    return found[1]


def link(house: House, first: str = "ann", second: str = "annie") -> None:
    code = _code(house, first)
    house.command(second, f"link yes {code}")
    (said,) = house.command(first, "link yes")
    assert "one person here" in said


@pytest.mark.spec("HOST-24")
def test_both_say_yes_after_they_saw_the_name_of_the_other(make_house: Make) -> None:
    house = make_house([Notes])
    code = _code(house, "ann")
    (asked,) = house.command("annie", f"link {code.lower()}")
    assert "**ann on test (ann)**" in asked
    answers = house.command("annie", f"link yes {code}")
    assert any("Somebody typed your code" in said for said in answers)
    (asked,) = house.command("ann", "link")
    assert "**annie on test (annie)** typed your code" in asked
    (done,) = house.command("ann", "link yes")
    assert "You and **annie on test (annie)** are one person" in done
    (shown,) = house.command("annie", "link list")
    assert "**ann on test (ann)**" in shown


@pytest.mark.spec("HOST-24")
def test_only_who_asked_for_the_code_is_woken_up_and_nobody_is_named(make_house: Make) -> None:
    house = make_house([Notes])
    house.command("annie", f"link yes {_code(house, 'ann')}", guild="sea")
    told = [shown for shown in house.shown if "Somebody typed" in shown.text]
    assert [(shown.channel, shown.notified) for shown in told] == [("test:den/hall", ("test:ann",))]
    assert "annie" not in told[0].text


def _nothing(house: House, code: str) -> None:
    """Nobody does anything more."""


def _first_says_no(house: House, code: str) -> None:
    house.command("annie", f"link yes {code}")
    house.command("ann", "link no")
    house.command("ann", "link yes")


def _too_late(house: House, code: str) -> None:
    house.command("annie", f"link yes {code}")
    house.advance(minutes=11)
    house.command("ann", "link yes")


def _only_the_first(house: House, code: str) -> None:
    house.command("ann", "link yes")


def _only_the_second(house: House, code: str) -> None:
    house.command("annie", f"link {code}")
    house.command("annie", f"link yes {code}")


def _with_itself(house: House, code: str) -> None:
    house.command("ann", f"link yes {code}")
    house.command("ann", "link yes")


@pytest.mark.spec("HOST-24")
@pytest.mark.parametrize("way", [_nothing, _first_says_no, _too_late, _only_the_first, _only_the_second, _with_itself])
def test_without_a_yes_from_both_in_time_nothing_is_linked(make_house: Make, way: Callable[[House, str], None]) -> None:
    house = make_house([Notes])
    way(house, _code(house, "ann"))
    assert house.host.links.accounts("test:ann") == ("test:ann",)


@pytest.mark.spec("HOST-24")
def test_a_code_is_for_the_first_who_says_yes(make_house: Make) -> None:
    house = make_house([Notes])
    code = _code(house, "ann")
    house.command("annie", f"link yes {code}")
    (said,) = house.command("mallory", f"link yes {code}")
    assert "used already" in said
    house.command("ann", "link yes")
    assert house.host.links.accounts("test:ann") == ("test:ann", "test:annie")


@pytest.mark.spec("HOST-24")
def test_codes_cannot_be_guessed(make_house: Make) -> None:
    house = make_house([Notes])
    code = _code(house, "ann")
    for _ in range(5):
        (said,) = house.command("mallory", "link AAAA-AAAA")
        assert "wrong or too old" in said
    (said,) = house.command("mallory", f"link {code}")
    assert "5 wrong codes" in said
    house.advance(minutes=9)
    assert "is from" in house.command("annie", f"link {code}")[0]
    assert code.replace("-", "") not in str(house.query("select * from host_link_offers"))


@pytest.mark.spec("HOST-24")
def test_the_way_to_a_link_outlives_restarts(make_house: Make) -> None:
    house = make_house([Notes])
    code = _code(house, "ann")
    house.restart()
    house.command("annie", f"link yes {code}")
    house.crash()
    house.command("ann", "link yes")
    house.restart()
    assert house.host.links.who("test:annie").id == "test:ann"


@pytest.mark.spec("HOST-24")
def test_what_came_from_each_is_the_persons_and_is_split_again(make_house: Make) -> None:
    house = make_house([Notes])
    for who, times in (("ann", 2), ("annie", 3)):
        for _ in range(times):
            house.say(who, "note")
    link(house)
    assert house.command("ann", "count") == house.command("annie", "count") == ["5!"]
    house.say("annie", "note")
    house.command("ann", "link off")
    assert (house.command("ann", "count"), house.command("annie", "count")) == (["2!"], ["4!"])


@pytest.mark.spec("HOST-24", "HOST-3")
def test_settings_of_a_person_hold_with_each_account(make_house: Make) -> None:
    house = make_house([Notes])
    change = house.host.settings.set
    house.run(change("person", "test:annie", "notes", "sign", "?", "test:annie"))
    assert (house.command("ann", "count"), house.command("annie", "count")) == (["0!"], ["0?"])
    link(house)
    assert house.command("ann", "count") == ["0?"]
    house.run(change("person", "test:ann", "notes", "sign", ".", "test:ann"))
    assert (house.command("ann", "count"), house.command("annie", "count")) == (["0."], ["0."])
    house.run(house.host.settings.unset("person", "test:annie", "notes", "sign", "test:annie"))
    assert house.command("ann", "count") == ["0!"]


@pytest.mark.spec("HOST-24", "HOST-12")
def test_grants_hold_with_each_account_and_ranks_do_not(make_house: Make) -> None:
    house = make_house([Notes])
    house.run(house.host.permissions.grant("test:annie", "notes.secret"))
    link(house)
    assert house.command("ann", "secret") == ["42"]
    house.rank("annie", Rank.OWNER)
    assert "rank admin" in house.command("ann", "persona spawn Scout x")[0]
    house.command("annie", "link off")
    assert house.command("ann", "secret") != ["42"]


@pytest.mark.spec("HOST-24", "HOST-18")
def test_limits_are_the_persons(make_house: Make) -> None:
    house = make_house([Notes], toml="[host]\nbudget_person_day_requests = 3\n")
    link(house)
    spoke = [house.dm(who, "hello") for who in ("ann", "annie", "ann", "annie")]
    assert [said[0].startswith("I am sorry") for said in spoke] == [False, False, False, True]
    house.command("ann", "link off")
    assert house.dm("ann", "hello") == ["Very well."]


@pytest.mark.spec("HOST-24", "HOST-22")
def test_export_and_forget_follow_the_person(make_house: Make) -> None:
    house = make_house([Notes])
    for who in ("ann", "annie", "bob"):
        house.say(who, "note")
    link(house)
    found = house.run(house.host.privacy.export("test:annie"))
    assert found["plugins"]["notes"] == {"notes": 1}
    assert [part["plugins"]["notes"] for part in found["linked"]] == [{"notes": 1}]
    receipt = house.run(house.host.privacy.forget("test:annie"))
    assert receipt.complete, receipt.text
    assert next(line for line in receipt.lines if line.name == "notes").found == 2
    assert house.query("select person from notes_note") == [("test:bob",)]
    assert house.query("select * from host_links") == []
    house.restart()
    assert house.host.links.accounts("test:ann") == ("test:ann",)


ACCOUNTS = [f"test:{name}" for name in "abcdef"]


@pytest.mark.spec("HOST-24")
@settings(max_examples=30, deadline=None)
@given(
    st.lists(
        st.tuples(st.sampled_from(["link", "unlink", "restart"]), st.sampled_from(ACCOUNTS), st.sampled_from(ACCOUNTS)),
        max_size=12,
    )
)
def test_accounts_are_always_in_one_person_each_and_the_first_names_it(deeds: list[tuple[str, str, str]]) -> None:
    groups: list[list[str]] = [[account] for account in ACCOUNTS]
    with House() as house:
        for what, first, second in deeds:
            house.advance(seconds=1)
            mine, other = (next(group for group in groups if each in group) for each in (first, second))
            if what == "link":
                house.run(house.host.links.link(first, second))
                if mine is not other:
                    groups.remove(other)
                    mine += other
            elif what == "unlink":
                house.run(house.host.links.unlink(first))
                mine.remove(first)
                groups = [group for group in groups if group] + [[first]]
            else:
                house.restart()
            for group in groups:
                for account in group:
                    who = house.host.links.who(account)
                    assert (who.id, who.accounts) == (group[0], tuple(group))


@pytest.mark.spec("HOST-24")
def test_a_code_is_good_for_ten_minutes(make_house: Make) -> None:
    house = make_house([Notes])
    code = _code(house, "ann")
    house.advance(minutes=9, seconds=30)
    assert "is from" in house.command("annie", f"link {code}")[0]
    house.advance(minutes=1)
    assert "too old" in house.command("annie", f"link {code}")[0]

"""Where a platform shows text alone: numbers for buttons, forms question by question, right-clicks typed (HOST-10)."""

from __future__ import annotations

from typing import Any

import pytest
from butler.testing import House

pytestmark = pytest.mark.spec("HOST-10")


def test_buttons_are_numbers_and_words(text_house: House) -> None:
    (text,) = text_house.say("ann", "/vote")
    assert text.splitlines() == ["Tea?", "", "1. Yes", "2. No", "Answer with a number, such as `/1`."]
    assert text_house.say("ann", "1") == ["ann: yes 3"]
    assert text_house.say("ann", "no") == ["ann: no 2"]
    assert text_house.say("bob", "/2") == ["bob: no 2"]


def test_a_number_alone_is_taken_from_whoever_was_asked_and_not_for_long(text_house: House) -> None:
    text_house.say("ann", "/vote")
    assert text_house.say("bob", "1") == []
    text_house.advance(minutes=11)
    assert text_house.say("ann", "1") == []
    assert text_house.say("ann", "/1") == ["ann: yes 3"]


def test_a_reply_to_the_message_answers_it_and_no_other(text_house: House) -> None:
    text_house.say("ann", "/vote")
    vote = text_house.shown[-1]
    text_house.say("ann", "/order")
    assert text_house.say("bob", "2", reply_to=vote) == ["bob: no 2"]


def test_answers_by_number_are_good_after_a_crash(text_house: House) -> None:
    text_house.say("ann", "/vote")
    vote = text_house.shown[-1]
    text_house.crash()
    assert text_house.say("bob", "yes", reply_to=vote) == ["bob: yes 3"]


def test_only_those_who_are_named_may_answer(text_house: House) -> None:
    text_house.say("ann", "/mine")
    assert "bob" not in str(text_house.say("bob", "/1"))
    assert text_house.say("ann", "/1") == ["ann: xxxxx 200"]


def test_a_menu_takes_several_numbers_and_says_what_is_wrong(text_house: House) -> None:
    (text,) = text_house.say("ann", "/order")
    assert text.splitlines() == [
        "What?", "", "A drink", "1. Tea", "2. Milk", "3. Water",
        "Answer with a number, such as `/1 2`. Up to 2 can be chosen.",
    ]  # fmt: skip
    assert text_house.say("ann", "1 3") == ["table 3: t, Water"]
    assert text_house.say("ann", "1, 2, 3") == ["Choose at most 2 there."]
    assert text_house.say("ann", "7") == ["There is no choice 7; choose 1 to 3."]


def test_people_are_named(text_house: House) -> None:
    text_house.say("bob", "hello")
    text_house.say("carol", "hello")
    text_house.say("ann", "/invite")
    assert text_house.say("ann", "1 bob, carol") == ["bob and carol"]
    assert text_house.say("ann", "1 zed")[0].startswith("people: I know no person called")
    assert text_house.say("ann", "1 bob carol ann") == ["Name at most 2."]
    assert text_house.say("ann", "1") == ["Write the names after the number: Guests …"]


def test_links_are_written_out(text_house: House) -> None:
    (text,) = text_house.say("ann", "/panel")
    assert "Site: https://example.org" in text


def test_a_form_is_asked_question_by_question(text_house: House) -> None:
    assert text_house.say("ann", "/complain") == ["**Complaint** (`cancel` ends it)\nReason? (what is wrong)"]
    assert text_house.say("bob", "hello all") == []
    assert text_house.say("ann", "it is cold") == ["Days? (for how long; `-` for '3')"]
    assert text_house.say("ann", "many") == [
        "Days must be a whole number, not “many”.\nDays? (for how long; `-` for '3')"
    ]
    text_house.crash()
    assert text_house.say("ann", "-") == ["Details? (`-` to leave it out)"]
    assert text_house.say("ann", "-") == ["about tea: 'it is cold' 3 ''"]
    assert text_house.say("ann", "it is cold") == []


def test_a_form_can_be_given_up_and_commands_still_work_meanwhile(text_house: House) -> None:
    text_house.say("ann", "/complain")
    assert text_house.say("ann", "/few") == ["None at all."]
    assert text_house.say("ann", "cancel") == ["Very well, nothing was done."]
    assert text_house.say("ann", "it is cold") == []


def test_pages_are_turned_by_a_word(text_house: House) -> None:
    (text,) = text_house.say("ann", "/many")
    assert text.endswith("Page 1 of 3\n\nSay “next” to turn the page.")
    assert text_house.say("ann", "next")[0].endswith("Say “back” or “next” to turn the page.")
    assert text_house.say("ann", "next")[0].endswith("Page 3 of 3\n\nSay “back” to turn the page.")


def test_a_question_of_the_hosts_own_stays_a_question(text_house: House) -> None:
    assert text_house.say("ann", "/clear 5") == ["Delete 5 messages of None? (yes or no, within 60 s)"]
    assert text_house.say("ann", "yes") == ["deleted 5 of all"]


def test_a_card_is_text(text_house: House) -> None:
    assert text_house.say("ann", "/card") == ["**Ann**\nA member\n**Karma**: 3\n**Since**: May\n*made today*"]


def test_a_right_click_is_a_command(text_house: House) -> None:
    message = text_house.post("bob", "tea is bad")
    assert text_house.say("ann", "/report-message", reply_to=message) == ["reported: tea is bad by bob"]
    assert text_house.say("ann", f"/report-message {message.id}") == ["reported: tea is bad by bob"]
    assert text_house.say("ann", "/report-message") == [
        "Which message do you mean?; reply to it with /report-message, or give its id"
    ]
    assert text_house.say("ann", "/praise bob") == ["That needs the rank manager here; yours is member."]
    help_text = text_house.say("ann", "/help report-message")[0]
    assert "Report a message." in help_text


def test_right_clicks_are_no_commands_where_there_is_a_menu_for_them(text_house: House) -> None:
    names = {each.name for each in text_house.host.commands.tree(frozenset({"desk"}))}
    assert "report-message" not in names
    assert "vote" in names


def test_waiting_questions_are_bounded(text_house: House) -> None:
    for _ in range(12):
        text_house.say("ann", "/vote")
    there: Any = text_house.host.controls._questions._by_channel
    assert len(there["test:den/hall"]) == 5

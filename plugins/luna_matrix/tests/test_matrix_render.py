"""The host's Markdown as Matrix shows it (LUNA-3, PLAT-3)."""

from __future__ import annotations

import re

import pytest
from butler_luna_matrix.platform import Matrix
from butler_luna_matrix.render import EVENT_LIMIT, content, size, to_html
from butler_luna_matrix.text import JOINER
from hypothesis import given
from hypothesis import strategies as st

ANN = "@ann:server"


@pytest.mark.spec("LUNA-3")
@pytest.mark.parametrize(
    ("markdown", "shown"),
    [
        ("**b** *i* ~~s~~ `c`", "<strong>b</strong> <em>i</em> <s>s</s> <code>c</code>"),
        ("one\ntwo", "one<br>\ntwo"),
        ("```python\nx < 1\n```", '<pre><code class="language-python">x &lt; 1\n</code></pre>'),
        ("- a\n- b", "<ul>\n<li>a</li>\n<li>b</li>\n</ul>"),
        ("[x](https://example.org)", '<a href="https://example.org">x</a>'),
        ("[room](https://matrix.to/#/!r:server)", '<a href="https://matrix.to/#/!r:server">room</a>'),
    ],
)
def test_markdown_becomes_the_html_that_clients_show(markdown: str, shown: str) -> None:
    assert to_html(markdown) == shown


@pytest.mark.spec("PLAT-3")
@pytest.mark.parametrize(
    "markdown",
    [
        "<script>x</script>",
        '<img src=x onerror="x()">',
        "[x](javascript:x)",
        "[x](data:text/html,x)",
        "![x](http://a/b.png)",
    ],
)
def test_nothing_that_runs_or_loads_gets_through(markdown: str) -> None:
    assert not re.search(r"<(script|img|[^>]*\bon\w+=)|href", to_html(markdown))


@pytest.mark.spec("PLAT-3")
def test_plain_text_is_sent_plainly_and_always_says_who_is_notified() -> None:
    assert content("hello, it's < 3") == {"msgtype": "m.text", "body": "hello, it's < 3", "m.mentions": {}}


@pytest.mark.spec("PLAT-3")
@given(st.text(alphabet="@room ROM*_`[]()<>\n!", max_size=40))
def test_no_way_of_writing_it_calls_the_whole_room(text: str) -> None:
    made = content(text)
    for shown in (made["body"], made.get("formatted_body", "")):
        assert not re.search(r"@room\b", shown, re.IGNORECASE)


@pytest.mark.spec("PLAT-3")
def test_the_whole_room_is_called_when_the_reply_says_so() -> None:
    made = content("@room dinner", mentions=["@room"])
    assert (made["body"], made["m.mentions"]) == ("@room dinner", {"room": True})


@pytest.mark.spec("PLAT-3")
@pytest.mark.parametrize(
    "link",
    [
        f"https://matrix.to/#/{ANN}",
        "https://matrix.to/#/%40ann:server",
        "matrix:u/ann:server",
        f"HTTPS://MATRIX.TO/#/{ANN}",
    ],
)
def test_a_link_that_shows_as_a_person_is_one_only_for_those_who_are_mentioned(link: str) -> None:
    assert "href" not in to_html(f"[you]({link})")
    assert "href" in to_html(f"[you]({link})", [ANN])


@pytest.mark.spec("PLAT-3")
def test_who_is_mentioned_shows_as_a_pill_where_they_are_named() -> None:
    made = content(f"{ANN}, and @anna:server", mentions=[f"matrix:{ANN}"])
    assert made["m.mentions"] == {"user_ids": [ANN]}
    assert made["formatted_body"] == f'<a href="https://matrix.to/#/{ANN}">{ANN}</a>, and @anna:server'


@pytest.mark.spec("HOST-5")
@pytest.mark.parametrize("unit", ["x", "😀", '"', "&", "**a** ", "\x00", "\ud800", "\n", "`", "[", "> ", "| "])
def test_a_text_of_full_length_always_fits_an_event(unit: str) -> None:
    assert size(content((unit * Matrix.text_limit)[: Matrix.text_limit])) <= EVENT_LIMIT + 200


@pytest.mark.spec("HOST-5")
def test_what_no_homeserver_takes_is_replaced_and_pairs_are_joined() -> None:
    assert content("a\x00b\ud800c\r\nd\ud83d\ude00")["body"] == "a\ufffdb\ufffdc\nd😀"


def test_the_joiner_is_not_to_be_seen() -> None:
    assert content("@room")["body"] == f"@{JOINER}room"

"""A URL that a stranger wrote reaches the public web or nothing (OPS-11)."""

from __future__ import annotations

import asyncio
import ipaddress
from collections.abc import Callable
from typing import Any

import pytest
from butler.errors import WebError, WebRefused, WebUnavailable
from butler.testing.network import loopback_only
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

pytestmark = pytest.mark.spec("OPS-11")

Web = Callable[..., Any]

LOOPBACK = [
    "127.0.0.1", "127.1", "127.0.1", "2130706433", "0x7f000001", "0x7f.0.0.1", "0x7f.1", "017700000001", "0177.0.0.1",
    "0177.1", "127.0.0.01", "127.00.0.1", "0000127.0.0.1", "127.0.0.1.", "2130706433.", "[::1]", "[::]",
    "[0:0:0:0:0:0:0:1]",     "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[0:0:0:0:0:ffff:127.0.0.1]", "[::127.0.0.1]",
    "[64:ff9b::127.0.0.1]",
    "[64:ff9b::7f00:1]", "[2002:7f00:1::]", "[2001:0:7f00:1::]", "[::1%25lo]", "[fe80::1%25lo]", "0.0.0.0", "0", "0x0",
    "localhost", "LOCALHOST", "localhost.", "１２７.０.０.１", "①②⑦.⓪.⓪.①", "127。0。0。1", "127.0.0.1%00.example",
    "private.example", "PRIVATE.example", "private.example.", "mixed.example", "127.0.0.1\t",
    "127%2e0.0.1", "%31%32%37.0.0.1",
    "169.254.169.254", "[fd00:ec2::254]", "10.0.0.1", "192.168.0.1", "100.64.0.1", "224.0.0.1", "255.255.255.255",
]  # fmt: skip


def refused(fetched: BaseException | object) -> bool:
    return isinstance(fetched, WebError)


async def tried(net: Any, url: str, **options: Any) -> BaseException | Any:
    try:
        return await net.web.get(url, **options)
    except WebError as error:
        return error


def test_a_public_page_is_read(web: Web) -> None:
    async def story(net: Any) -> None:
        page = await net.web.get(net.url("public.example"))
        assert (page.status, page.type, page.text, page.truncated) == (200, "text/plain", "the outside", False)
        assert page.url == net.url("public.example")
        assert net.inside.opened == 0

    web(story)


def test_no_form_of_a_private_address_is_reached(web: Web) -> None:
    """Decimal, octal, hexadecimal, short, mapped, translated, wide digits, names that point there."""

    async def story(net: Any) -> None:
        for host in LOOPBACK:
            for url in (net.url(host), f"http://{host}:{net.port}@{host}:{net.port}/", f"http:\\\\{host}:{net.port}/"):
                assert refused(await tried(net, url)), url
        assert net.inside.opened == 0
        assert net.outside.opened == 0

    web(story)


@pytest.mark.parametrize(
    "url",
    [
        "file:///etc/passwd", "ftp://public.example/", "gopher://public.example/", "data:text/plain,x", "javascript:1",
        "unix:///run/x", "ws://public.example/", "//public.example/", "/etc/passwd", "", " ", "http://", "http:///",
        "https://:80/",
        "http://ann:secret@public.example/", "http://ann@public.example/", "http://public.example:22/",
        "http://public.example:0/", "http://public.example:99999/", "http://public.example:-1/", "http://[::1",
        "http://a..b/",
        "http://*.example/", "http://-a.example/", "http://pub lic.example/", "http://pub\nlic.example/",
        "http://\ud800.example/",
        "http://" + "a" * 300 + ".example/",
        "http://public.example/" + "a" * 5000, "x" * 100_000, "http://public.example\x00/",
    ],
)  # fmt: skip
def test_what_is_no_address_of_a_page_is_refused_before_anything_is_looked_up(web: Web, url: str) -> None:
    async def story(net: Any) -> None:
        with pytest.raises(WebRefused):
            await net.web.get(url)
        assert net.names.asked == []

    web(story)


PIECES = [
    "http", "https", "HTTP", "file", "://", ":", "/", "//", "\\", "@", "#", "?", "%00", "%2f", "%40", ".", "..",
    " ", "\t",
    "\n", "\u200b", "\uff0e", "\u3002", "[", "]", "%25", "127.0.0.1", "127.1", "2130706433", "0x7f000001", "0177.1",
    "localhost", "[::1]", "[::ffff:127.0.0.1]", "private.example", "mixed.example", "public.example", "PORT", ":PORT",
    "user", "xn--a", "①",
]  # fmt: skip
pieces = st.sampled_from(PIECES)
urls = st.one_of(
    st.lists(pieces, max_size=10).map("".join),
    st.builds("http://{}{}:PORT/{}".format, pieces, pieces, pieces),
    st.builds("http://{}@{}:PORT{}".format, pieces, pieces, pieces),
    st.text(max_size=50).map("http://{}:PORT/".format),
)


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(urls, min_size=40, max_size=60))
def test_whatever_is_written_nothing_private_is_reached_and_nothing_but_a_web_error_is_raised(
    web: Web, written: list[str]
) -> None:
    async def story(net: Any) -> None:
        for url in written:
            found = await tried(net, url.replace("PORT", str(net.port)))
            assert refused(found) or found.text in ("the outside", "none")
        assert net.inside.opened == 0

    web(story)


def test_the_address_that_was_checked_is_the_one_that_is_connected_to(web: Web) -> None:
    """Rebinding: a name server that says something else the second time is not asked a second time."""

    async def story(net: Any) -> None:
        net.names.answers["rebinding.example"] = [["127.0.0.2"], ["127.0.0.1"]]
        assert (await net.web.get(net.url("rebinding.example"))).text == "the outside"
        assert net.names.asked == ["rebinding.example"]
        with pytest.raises(WebRefused, match="not on the public web"):
            await net.web.get(net.url("rebinding.example"))
        assert net.inside.opened == 0

    web(story)


def test_a_name_with_one_private_address_among_public_ones_is_refused(web: Web) -> None:
    async def story(net: Any) -> None:
        with pytest.raises(WebRefused):
            await net.web.get(net.url("mixed.example"))
        assert (net.inside.opened, net.outside.opened) == (0, 0)

    web(story)


def test_an_address_that_does_not_answer_gives_way_to_the_next(web: Web) -> None:
    async def story(net: Any) -> None:
        net.names.answers["two.example"] = [["127.0.0.3", "127.0.0.2"]]
        assert (await net.web.get(net.url("two.example"))).text == "the outside"

    web(story, public=lambda address: address != ipaddress.ip_address("127.0.0.1"))


def test_a_name_that_is_not_there_is_said_to_be_so(web: Web) -> None:
    async def story(net: Any) -> None:
        with pytest.raises(WebUnavailable, match=r"no host named nowhere\.example"):
            await net.web.get(net.url("nowhere.example"))
        net.names.answers["empty.example"] = [[]]
        with pytest.raises(WebUnavailable, match="no host named"):
            await net.web.get(net.url("empty.example"))

    web(story)


def test_the_system_itself_resolves_where_nothing_else_is_given(web: Web) -> None:
    """By its own threads: a name of this machine, which is refused as any other private one."""

    async def story(net: Any) -> None:
        from butler.services.web.resolve import SystemResolver

        found = await SystemResolver()("localhost")
        assert ipaddress.ip_address("127.0.0.1") in found

    with loopback_only():
        web(story)


# --- redirects -------------------------------------------------------------------------------------------


def to(location: str, status: str = "302 Found") -> bytes:
    return f"HTTP/1.1 {status}\r\nLocation: {location}\r\nContent-Length: 0\r\n\r\n".encode()


@pytest.mark.parametrize(
    "location",
    ["http://127.0.0.1:{port}/", "http://private.example:{port}/", "http://[::1]:{port}/", "//private.example:{port}/",
     "http://2130706433:{port}/", "file:///etc/passwd", "gopher://public.example/", "http://a:b@public.example:{port}/",
     "http://public.example:22/", "http://rebinding.example:{port}/", "http://[::ffff:127.0.0.1]:{port}/", "http://["],
)  # fmt: skip
def test_each_redirect_is_judged_anew(web: Web, location: str) -> None:
    async def story(net: Any) -> None:
        net.names.answers["rebinding.example"] = [["127.0.0.1"]]
        net.outside.pages["/"] = to(location.format(port=net.port))
        with pytest.raises(WebRefused):
            await net.web.get(net.url("public.example"))
        assert net.inside.opened == 0

    web(story)


@pytest.mark.parametrize("status", ["301 M", "302 F", "303 S", "307 T", "308 P"])
def test_a_redirect_is_followed(web: Web, status: str) -> None:
    async def story(net: Any) -> None:
        net.outside.pages["/old"] = to("/new?x=1", status)
        net.outside.pages["/new"] = to(net.url("other.example", "/newest"), status)
        net.outside.pages["/newest"] = net.outside.pages["/"]
        page = await net.web.get(net.url("public.example", "/old"))
        assert page.text == "the outside"
        assert page.url == net.url("other.example", "/newest")

    web(story)


def test_a_circle_of_redirects_ends(web: Web) -> None:
    async def story(net: Any) -> None:
        net.outside.pages["/"] = to("/")
        with pytest.raises(WebUnavailable, match="leads on and on"):
            await net.web.get(net.url("public.example"))
        assert net.outside.opened == 6

    web(story)


def test_keys_and_cookies_are_not_carried_to_another_host(web: Web) -> None:
    async def story(net: Any) -> None:
        net.outside.pages["/a"] = (
            b"HTTP/1.1 302 F\r\nSet-Cookie: id=canary\r\nContent-Length: 0\r\nLocation: /b\r\n\r\n"
        )
        net.outside.pages["/b"] = to(net.url("other.example", "/c"))
        net.outside.pages["/c"] = net.outside.pages["/"]
        await net.web.get(net.url("public.example", "/a"), headers={"Authorization": "Bearer key", "X-Key": "key"})
        await net.web.get(net.url("public.example"))
        first, second, third, fourth = net.outside.asked
        assert b"Bearer key" in first
        assert b"Bearer key" in second  # the same origin
        assert b"key" not in third.lower()
        assert not any(b"cookie" in head.lower() or b"canary" in head for head in (second, third, fourth))

    web(story)


def test_what_was_posted_is_not_sent_on(web: Web) -> None:
    async def story(net: Any) -> None:
        net.outside.pages["/"] = to("/elsewhere", "307 Temporary")
        with pytest.raises(WebRefused, match="sent elsewhere"):
            await net.web.json(net.url("public.example"), body={"a": 1})

    web(story)


def test_no_proxy_and_no_netrc_of_the_environment_is_used(
    web: Web, monkeypatch: pytest.MonkeyPatch, tmp_path: Any
) -> None:
    (tmp_path / ".netrc").write_text("machine public.example login ann password canary\n")
    monkeypatch.setenv("NETRC", str(tmp_path / ".netrc"))
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:1")

    async def story(net: Any) -> None:
        assert (await net.web.get(net.url("public.example"))).ok
        assert b"authorization" not in net.outside.asked[0].lower()

    web(story)


# --- what the operator and the author say ----------------------------------------------------------------


@pytest.mark.parametrize("allow", ["127.0.0.1:PORT", "127.0.0.0/8:PORT", "[::1]:PORT"])
def test_the_operator_may_allow_what_is_not_public(web: Web, allow: str) -> None:
    async def story(net: Any) -> None:
        found = await tried(net, net.url("127.0.0.1"))
        assert refused(found) is (allow == "[::1]:PORT")
        assert refused(await tried(net, net.url("private.example")))  # another name of it
        assert refused(await tried(net, "http://127.0.0.1:1/"))  # another port

    web(story, allow=[allow], network=["nothing.example"])


def test_a_page_outside_does_not_lead_to_what_the_operator_allowed(web: Web) -> None:
    async def story(net: Any) -> None:
        net.outside.pages["/"] = to(net.url("127.0.0.1"))
        with pytest.raises(WebRefused, match="leads to"):
            await net.web.get(net.url("public.example"))
        assert net.inside.opened == 0
        net.inside.pages["/"] = to("/next")
        net.inside.pages["/next"] = net.outside.pages["/fine"] = b"HTTP/1.1 204 N\r\n\r\n"
        assert (await net.web.get(net.url("127.0.0.1"))).status == 204

    web(story, allow=["127.0.0.1:PORT"])


def test_a_host_that_the_plugin_does_not_declare_is_refused(web: Web) -> None:
    async def story(net: Any) -> None:
        net.names.answers["public.example"] = [["127.0.0.2"]]
        net.outside.pages["/away"] = to("http://other.example/")
        with pytest.raises(WebRefused, match=r"test does not say that it talks to other.example.*Plugin.network"):
            await net.web.get("https://other.example/")
        assert net.names.asked == []

    web(story, network=["public.example"])


def test_an_unusual_port_is_reached_only_if_the_plugin_names_it(web: Web) -> None:
    async def story(net: Any) -> None:
        with pytest.raises(WebRefused, match="port"):
            await net.web.get("http://public.example:6379/")

    web(story, network=["*"])


def test_an_error_names_the_host_and_nothing_else_of_the_address(web: Web) -> None:
    """A query may hold a key."""

    async def story(net: Any) -> None:
        net.outside.pages["/secretpath"] = b"garbage\r\n\r\n"
        for url in (
            net.url("public.example", "/secretpath?key=canary"), net.url("private.example", "/secretpath?key=canary"),
            "http://public.example:1/secretpath?key=canary", "http://ann:canary@public.example/secretpath",
            net.url("nowhere.example", "/secretpath?key=canary"),
        ):  # fmt: skip
            error = await tried(net, url)
            assert isinstance(error, WebError)
            assert "canary" not in str(error)
            assert "secretpath" not in str(error)

    web(story)


def test_a_fetch_that_is_cancelled_lets_go_of_its_connection(web: Web) -> None:
    async def story(net: Any) -> None:
        begun = asyncio.Event()

        async def hang(head: bytes, reader: Any, writer: Any) -> None:
            begun.set()
            await reader.read()  # until the other end goes away
            net.outside.broken.set()

        net.outside.pages["/"] = hang
        task = asyncio.ensure_future(net.web.get(net.url("public.example")))
        await begun.wait()
        assert net.service.in_flight == 1
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        await net.outside.broken.wait()
        assert net.service.in_flight == 0

    web(story)


def test_a_host_that_stops_fetches_nothing_more_and_leaves_nothing(web: Web) -> None:
    async def story(net: Any) -> None:
        assert (await net.web.get(net.url("public.example"))).ok
        assert await net.scope.close() == []
        with pytest.raises(WebUnavailable, match="stopping"):
            await net.web.get(net.url("public.example"))
        assert net.outside.opened == 1

    web(story)

"""APIs, what is kept of them, and how often they are asked."""

from __future__ import annotations

import asyncio
import json
import ssl
from collections.abc import Callable, Coroutine
from typing import Any

import pytest
from butler import Call, Fetched, Plugin, command
from butler.errors import WebError, WebUnavailable
from butler.faces.describe import describe
from butler.services.web.cache import ENTRIES, MOST, Cache
from butler.services.web.pace import BURST, KNOWN, Pace
from butler.testing import House, Pages, VirtualClock, VirtualLoop, WebAnswer

pytestmark = pytest.mark.spec("OPS-11", "AUTH-5")

Web = Callable[..., Any]
Twice = tuple[Fetched, Fetched, list[bytes]]


def answer(body: Any, *headers: str, status: str = "200 OK", kind: str = "application/json") -> bytes:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    lines = [f"HTTP/1.1 {status}", f"Content-Type: {kind}", f"Content-Length: {len(raw)}", *headers, "", ""]
    return "\r\n".join(lines).encode() + raw


# --- JSON ------------------------------------------------------------------------------------------------


def asked(web: Web, said: bytes, **options: Any) -> Any:
    async def story(net: Any) -> Any:
        net.outside.pages["/api"] = said
        try:
            return await net.web.json(net.url("public.example", "/api?a=1"), **options), net.outside.asked
        except WebError as error:
            return error, net.outside.asked

    return web(story)


def test_an_api_is_asked_with_parameters_and_answers_data(web: Web) -> None:
    found, heads = asked(web, answer({"sun": [1, 2]}), params={"b": "x y", "c": 2}, headers={"X-Key": "k"})
    assert found == {"sun": [1, 2]}
    assert heads[0].startswith(b"GET /api?a=1&b=x+y&c=2 HTTP/1.1\r\nHost: public.example:")
    assert b"X-Key: k\r\n" in heads[0]


def test_data_is_posted(web: Web) -> None:
    async def story(net: Any) -> None:
        async def echo(head: bytes, reader: Any, writer: Any) -> None:
            writer.write(answer({"got": json.loads(await reader.readexactly(8)), "head": head.decode()}))
            await writer.drain()

        net.outside.pages["/"] = echo
        found = await net.web.json(net.url("public.example"), body={"a": 1})
        assert found["got"] == {"a": 1}
        assert found["head"].startswith("POST / ")
        assert "Content-Type: application/json" in found["head"]

    web(story)


@pytest.mark.parametrize(
    ("status", "headers", "kind", "wait"),
    [
        ("404 Not Found", [], WebError, None),
        ("401 Unauthorized", [], WebError, None),
        ("429 Slow", ["Retry-After: 7"], WebUnavailable, 7.0),
        ("429 Slow", ["Retry-After: soon"], WebUnavailable, 0.0),
        ("503 Away", ["Retry-After: 99999999"], WebUnavailable, 0.0),
        ("500 Broken", [], WebUnavailable, 0.0),
    ],
)
def test_what_an_api_refuses_is_told_by_its_status(
    web: Web, status: str, headers: list[str], kind: type, wait: float | None
) -> None:
    error, _ = asked(web, answer({"secret": "canary"}, *headers, status=status))
    assert type(error) is kind
    assert error.status == int(status[:3])
    assert "canary" not in str(error)
    assert getattr(error, "retry_after", None) == wait


@pytest.mark.parametrize("body", [b"", b"<html>", b"{", b"[" * 100_000, b"NaN{"])
def test_what_is_no_json_is_said_to_be_so(web: Web, body: bytes) -> None:
    error, _ = asked(web, answer(body, kind="text/html"))
    assert type(error) is WebError
    assert "no JSON" in str(error)


def test_half_of_an_answer_is_no_answer(web: Web) -> None:
    error, _ = asked(web, answer("x" * 1000), limit=100)
    assert "longer than was asked for" in str(error)


@pytest.mark.parametrize("limit", [0, -1, 10**9])
def test_a_limit_has_its_limits(web: Web, limit: int) -> None:
    with pytest.raises(ValueError, match="between 1 and"):
        asked(web, answer(1), limit=limit)


# --- TLS -------------------------------------------------------------------------------------------------


def certificate(tmp_path: Any, name: str) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """A server's context for a name, and a client's that trusts it."""
    import datetime as dt

    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    now = dt.datetime.now(dt.UTC)
    made = (
        x509.CertificateBuilder().subject_name(subject).issuer_name(subject).public_key(key.public_key())
        .serial_number(1).not_valid_before(now - dt.timedelta(1)).not_valid_after(now + dt.timedelta(1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), False)
        .add_extension(x509.BasicConstraints(True, None), True).sign(key, hashes.SHA256())
    )  # fmt: skip
    file = tmp_path / f"{name}.pem"
    pem = serialization.Encoding.PEM
    private = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    file.write_bytes(private + made.public_bytes(pem))
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(file)
    return server, ssl.create_default_context(cafile=file)


def test_a_certificate_is_checked_against_the_name_though_an_address_is_connected_to(web: Web, tmp_path: Any) -> None:
    server, client = certificate(tmp_path, "good.example")

    async def story(net: Any) -> None:
        net.names.answers |= {"good.example": [["127.0.0.2"]], "evil.example": [["127.0.0.2"]]}
        secure = type(net.outside)()
        secure.pages["/"] = answer({"safe": True})
        await secure.start("127.0.0.2", 0, ssl=server)
        net.web._asker = lambda: _asker(secure.port, net.port)
        assert await net.web.json(f"https://good.example:{secure.port}/") == {"safe": True}
        for name in ("evil.example", "127.0.0.2"):
            with pytest.raises(WebUnavailable, match="certificate"):
                await net.web.json(f"https://{name}:{secure.port}/")
        with pytest.raises(WebUnavailable):
            await net.web.get(f"https://127.0.0.2:{net.port}/", deadline=2)  # speaks no TLS at all
        await secure.stop()

    web(story, tls=client)


def _asker(*ports: int) -> Any:
    from butler.config.destinations import Destination
    from butler.services.web import Asker

    return Asker("test", [Destination.read(f"*:{port}") for port in ports])


# --- what is kept ----------------------------------------------------------------------------------------


def twice(web: Web, first: bytes, second: bytes, wait: float = 0.0, **options: Any) -> Twice:
    """The same page fetched twice; what was answered, and what was asked."""
    clock = Stepping()

    async def story(net: Any) -> Any:
        net.outside.pages["/"] = first
        before = await net.web.get(net.url("public.example"), **options)
        net.outside.pages["/"] = second
        clock.seconds += wait
        return before, await net.web.get(net.url("public.example"), **options), net.outside.asked

    found: Twice = web(story, clock=clock)
    return found


class Stepping(VirtualClock):
    """A clock that the test sets forward, beside a real loop."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def monotonic(self) -> float:
        return self.seconds


def test_what_is_fresh_is_not_asked_for_again(web: Web) -> None:
    one, two = answer(1, "Cache-Control: max-age=60"), answer(2)
    _, found, heads = twice(web, one, two, wait=59)
    assert (found.text, len(heads)) == ("1", 1)
    _, found, heads = twice(web, one, two, wait=61)
    assert (found.text, len(heads)) == ("2", 2)


def test_what_has_not_changed_is_not_sent_again(web: Web) -> None:
    unchanged = b'HTTP/1.1 304 Not Modified\r\nETag: "a"\r\n\r\n'
    first, found, heads = twice(web, answer(1, 'ETag: "a"', "Last-Modified: Mon, 07 Jan 2030 09:00:00 GMT"), unchanged)
    assert found == first
    assert b'If-None-Match: "a"\r\n' in heads[1]
    assert b"If-Modified-Since: Mon, 07 Jan 2030 09:00:00 GMT\r\n" in heads[1]


@pytest.mark.parametrize(
    "headers",
    [["Cache-Control: no-store, max-age=60"], ["Cache-Control: private, max-age=60"],
     ["Cache-Control: max-age=60", "Vary: *"], ["Cache-Control: max-age=60", "Vary: Cookie"],
     ["Cache-Control: no-cache, max-age=60"],
     ["Cache-Control: max-age=0"], [],
     ['ETag: "\xfc"']],
)  # fmt: skip
def test_what_may_not_be_kept_is_asked_for_again(web: Web, headers: list[str]) -> None:
    _, found, heads = twice(web, answer(1, *headers), answer(2))
    assert (found.text, len(heads)) == ("2", 2)


def test_what_was_asked_with_a_key_is_not_kept(web: Web) -> None:
    """Another asker has another key, or none."""
    kept = answer(1, "Cache-Control: max-age=60", 'ETag: "a"')
    _, found, heads = twice(web, kept, answer(2), headers={"Authorization": "Bearer one"})
    assert (found.text, len(heads)) == ("2", 2)
    assert b"If-None-Match" not in heads[1]


def test_the_cache_holds_so_many_and_no_more() -> None:
    cache = Cache(Stepping())
    fresh = {"cache-control": "max-age=60"}
    for number in range(2 * ENTRIES):
        cache.put((str(number), "", 1), Fetched(str(number), 200, "text/plain", b"x"), fresh)
    held = [number for number in range(2 * ENTRIES) if cache.get((str(number), "", 1))]
    assert held == list(range(ENTRIES, 2 * ENTRIES))
    for number in range(20):
        cache.put((f"big{number}", "", 1), Fetched("u", 200, "text/plain", b"x" * 1_000_000), fresh)
    assert cache._bytes <= MOST
    cache.put(("huge", "", 1), Fetched("u", 200, "text/plain", b"x" * MOST), fresh)
    assert cache.get(("huge", "", 1)) is None


# --- pace ------------------------------------------------------------------------------------------------


def on_virtual_time(story: Callable[[VirtualClock], Coroutine[Any, Any, Any]]) -> Any:
    loop = VirtualLoop()
    with asyncio.Runner(loop_factory=lambda: loop) as runner:
        return runner.run(story(VirtualClock(loop)))


def test_a_host_is_asked_a_few_times_at_once_then_once_a_second() -> None:
    async def story(clock: VirtualClock) -> None:
        pace = Pace(clock)
        for _ in range(BURST):
            await pace.turn("a.example")
        assert clock.monotonic() == 0
        await pace.turn("b.example")
        assert clock.monotonic() == 0
        await pace.turn("a.example")
        assert clock.monotonic() == pytest.approx(1)
        turns = [asyncio.ensure_future(pace.turn("a.example")) for _ in range(8)]
        done = await asyncio.gather(*turns, return_exceptions=True)
        refused = [each for each in done if each is not None]
        assert clock.monotonic() == pytest.approx(6)
        assert [type(each) for each in refused] == [WebUnavailable] * 3
        assert refused[0].retry_after == pytest.approx(6)
        await asyncio.sleep(60)
        before = clock.monotonic()
        for _ in range(BURST):
            await pace.turn("a.example")
        assert clock.monotonic() == before

    on_virtual_time(story)


def test_only_so_many_hosts_are_kept_in_mind() -> None:
    async def story(clock: VirtualClock) -> None:
        pace = Pace(clock)
        for number in range(3 * KNOWN):
            await pace.turn(f"{number}.example")
            assert len(pace._full) <= KNOWN + 1

    on_virtual_time(story)


# --- a plugin --------------------------------------------------------------------------------------------


class Reader(Plugin):
    """Reads pages."""

    network = ("api.example.org",)

    @command
    async def read(self, call: Call, url: str) -> str:
        """Read a page.

        url: its address
        """
        return (await self.host.web.get(url)).text


@pytest.fixture
def pages() -> Any:
    with Pages({"/": "hello", "/teapot": WebAnswer("short and stout", 418)}) as made:
        yield made


def test_a_plugin_reads_what_its_operator_allows(pages: Pages, make_house: Callable[..., House]) -> None:
    house = make_house([Reader], toml=f'[host]\nfetch_allow = ["{pages.address}"]')
    assert house.say("ann", f"/read {pages.url}/") == ["hello"]
    assert [each.path for each in pages.asked] == ["/"]


def test_a_refused_address_is_told_to_who_gave_it_and_is_no_fault_of_the_plugin(
    pages: Pages, make_house: Callable[..., House]
) -> None:
    house = make_house([Reader])
    (said,) = house.say("ann", f"/read {pages.url}/")
    assert "is not on the public web" in said
    (said,) = house.say("ann", "/read https://example.com/")
    assert "reader does not say that it talks to example.com" in said
    assert house.misdeeds == []
    assert pages.asked == []


def test_a_wrong_declaration_is_told_when_the_plugin_is_loaded(make_house: Callable[..., House]) -> None:
    house = make_house([])
    for wrong in ("api.example.org", ["http://api.example.org"], [7]):
        with pytest.raises(Exception, match="network"):
            house.load(type("Wrong", (Plugin,), {"network": wrong, "__doc__": "x", "__module__": __name__}))


def test_what_a_plugin_declares_is_shown() -> None:
    assert describe(Reader)["network"] == ["api.example.org"]

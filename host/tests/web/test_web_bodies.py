"""Whatever a server sends, it costs what was asked for and no more (OPS-11)."""

from __future__ import annotations

import asyncio
import gzip
import itertools
import tracemalloc
import zlib
from collections.abc import Callable
from typing import Any

import pytest
from butler.errors import WebError, WebUnavailable

pytestmark = pytest.mark.spec("OPS-11")

Web = Callable[..., Any]
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n"


def plain(body: bytes, *headers: bytes) -> bytes:
    return b"\r\n".join([HEAD.rstrip(), b"Content-Length: %d" % len(body), *headers, b"", body])


def sent_forever(begin: bytes, piece: bytes, pause: float = 0.0) -> Any:
    """An answer that never ends."""

    async def answer(head: bytes, reader: Any, writer: Any) -> None:
        writer.write(begin)
        while True:
            writer.write(piece)
            await writer.drain()
            await asyncio.sleep(pause)

    return answer


def bomb(megabytes: int) -> bytes:
    """So many megabytes of nothing, packed."""
    packer = zlib.compressobj(9, zlib.DEFLATED, 16 + zlib.MAX_WBITS)
    zeros = bytes(1_000_000)
    return b"".join(packer.compress(zeros) for _ in range(megabytes)) + packer.flush()


def got(web: Web, answer: Any, **options: Any) -> Any:
    """What becomes of an answer: the page, or the error."""

    async def story(net: Any) -> Any:
        net.outside.pages["/"] = answer
        try:
            return await net.web.get(net.url("public.example"), **options)
        except WebError as error:
            return error

    return web(story)


def test_a_page_that_is_longer_than_asked_for_is_cut(web: Web) -> None:
    page = got(web, plain(b"x" * 5000), limit=1000)
    assert (len(page.content), page.truncated) == (1000, True)
    page = got(web, plain(b"x" * 1000), limit=1000)
    assert (len(page.content), page.truncated) == (1000, False)


@pytest.mark.parametrize("coding", [b"gzip", b"deflate", b"raw"])
def test_a_packed_page_is_unpacked(web: Web, coding: bytes) -> None:
    text = b"a text, packed " * 100
    packed = {b"gzip": gzip.compress(text), b"deflate": zlib.compress(text), b"raw": zlib.compress(text)[2:-4]}[coding]
    header = b"Content-Encoding: " + (b"gzip" if coding == b"gzip" else b"deflate")
    assert got(web, plain(packed, header)).content == text


def test_a_bomb_goes_off_no_further_than_the_limit(web: Web) -> None:
    """200 MB out of 200 kB: what is taken is the limit, in memory too."""
    answer = plain(bomb(200), b"Content-Encoding: gzip")
    assert len(answer) < 1_000_000
    got(web, plain(b"warm"))  # libraries and certificates are loaded
    tracemalloc.start()
    try:
        page = got(web, answer, limit=500_000)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert (len(page.content), page.truncated) == (500_000, True)
    assert peak < 20_000_000


@pytest.mark.parametrize("coding", [b"br", b"zstd", b"compress", b"gzip, gzip", b"gzip,br", b"x" * 500])
def test_a_packing_that_was_not_asked_for_is_not_unpacked(web: Web, coding: bytes) -> None:
    error = got(web, plain(b"\x28\xb5\x2f\xfd" * 10, b"Content-Encoding: " + coding))
    assert isinstance(error, WebUnavailable)
    assert "not asked for" in str(error)


@pytest.mark.parametrize("body", [b"no gzip at all", gzip.compress(b"x" * 1000, mtime=0)[:20] + b"garbage" * 10])
def test_a_broken_packing_is_said_to_be_so(web: Web, body: bytes) -> None:
    assert "cannot be unpacked" in str(got(web, plain(body, b"Content-Encoding: gzip")))


def test_an_endless_page_ends_at_the_limit_and_its_connection_too(web: Web) -> None:
    async def story(net: Any) -> None:
        net.outside.pages["/"] = sent_forever(HEAD + b"\r\n", b"x" * 10_000)
        page = await net.web.get(net.url("public.example"), limit=100_000)
        assert (len(page.content), page.truncated) == (100_000, True)
        await net.outside.broken.wait()

    web(story)


def test_an_endless_packing_of_nothing_ends(web: Web) -> None:
    """Blocks that unpack to nothing: what comes over the wire counts as well."""
    packer = zlib.compressobj(9, zlib.DEFLATED, 16 + zlib.MAX_WBITS)
    begin = packer.compress(b"") + packer.flush(zlib.Z_SYNC_FLUSH)
    answer = sent_forever(HEAD + b"Content-Encoding: gzip\r\n\r\n" + begin, b"\x00\x00\x00\xff\xff" * 2000)
    page = got(web, answer, limit=100_000)
    assert (page.content, page.truncated) == (b"", True)


@pytest.mark.parametrize(
    "answer",
    [
        sent_forever(HEAD + b"\r\n", b"x", 0.01),
        sent_forever(b"HTTP/1.1 200 OK\r\n", b"X: y\r\n", 0.01),
        sent_forever(b"", b"H", 0.01),
        sent_forever(HEAD + b"Transfer-Encoding: chunked\r\n\r\n", b"1\r\nx\r\n", 0.01),
        sent_forever(b"", b"HTTP/1.1 100 Continue\r\n\r\n", 0.01),
        sent_forever(b"", b"", 0.01),
    ],
    ids=["body", "headers", "status", "chunks", "continue", "silence"],
)
def test_who_answers_slowly_is_left_at_the_deadline(web: Web, answer: Any) -> None:
    error = got(web, answer, deadline=0.3)
    assert isinstance(error, WebUnavailable)
    assert "within 0.3 s" in str(error) or "no HTTP" in str(error)


@pytest.mark.parametrize(
    "answer",
    [
        sent_forever(b"HTTP/1.1 200 OK\r\n", b"X: y\r\n" * 1000),
        sent_forever(b"HTTP/1.1 200 OK\r\nX: ", b"y" * 10_000),
        sent_forever(b"HTTP/1.1 200 ", b"O" * 10_000),
        sent_forever(HEAD + b"Transfer-Encoding: chunked\r\n\r\n1;", b"x" * 10_000),
        sent_forever(HEAD + b"Transfer-Encoding: chunked\r\n\r\n0\r\n", b"X: y\r\n" * 1000),
        sent_forever(b"", b"\x00" * 10_000),
        sent_forever(b"", b"HTTP/1.1 103 Early\r\nLink: x\r\n\r\n" * 100),
    ],
    ids=["headers", "header", "status", "extension", "trailers", "zeros", "hints"],
)
def test_heads_without_end_are_refused(web: Web, answer: Any) -> None:
    assert isinstance(got(web, answer, deadline=10), WebUnavailable)


def test_a_page_in_crumbs_is_refused_and_others_have_their_turn_meanwhile(web: Web) -> None:
    async def story(net: Any) -> None:
        net.outside.pages["/"] = sent_forever(HEAD + b"Transfer-Encoding: chunked\r\n\r\n", b"1\r\nx\r\n" * 5000)
        turns = itertools.count()

        async def other() -> None:
            while True:
                next(turns)
                await asyncio.sleep(0)

        task = asyncio.ensure_future(other())
        with pytest.raises(WebUnavailable, match="crumbs"):
            await net.web.get(net.url("public.example"))
        task.cancel()
        assert next(turns) >= 16

    web(story)


def test_one_connection_brings_no_more_than_its_measure(web: Web) -> None:
    """Whatever it is: heads, trailers, handshakes."""

    async def story(net: Any) -> None:
        net.outside.pages["/"] = plain(b"x" * 500_000)
        with pytest.raises(WebUnavailable, match="broke off"):
            await net.web.get(net.url("public.example"))

    web(story, wire=100_000)


@pytest.mark.parametrize(
    "answer",
    [b"", HEAD + b"Content-Length: 100\r\n\r\nhalf", b"SSH-2.0-OpenSSH\r\n", b"\x16\x03\x01\x00",
     HEAD + b"Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello!", HEAD + b"Content-Length: -1\r\n\r\n",
     HEAD + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n", b"HTTP/1.1 999999 X\r\n\r\n"],
)  # fmt: skip
def test_what_is_cut_or_no_http_is_said_to_be_so(web: Web, answer: bytes) -> None:
    error = got(web, answer)
    assert isinstance(error, WebUnavailable)
    assert "public.example" in str(error)


@pytest.mark.parametrize("kind", [b"image/png", b"application/octet-stream", b"", b"text", b"video/mp4; x=text/html"])
def test_another_type_than_was_asked_for_is_not_read(web: Web, kind: bytes) -> None:
    answer = b"HTTP/1.1 200 OK\r\nContent-Type: " + kind + b"\r\nContent-Length: 4\r\n\r\nbody"
    error = got(web, answer)
    assert type(error) is WebError
    assert "not asked for" in str(error)


def test_a_picture_is_read_where_pictures_are_asked_for(web: Web) -> None:
    answer = b"HTTP/1.1 200 OK\r\nContent-Type: Image/PNG\r\nContent-Length: 4\r\n\r\nbody"
    page = got(web, answer, accept=["image/*"])
    assert (page.type, page.content) == ("image/png", b"body")


def test_a_page_that_is_not_there_is_told_by_its_status(web: Web) -> None:
    page = got(web, b"HTTP/1.1 404 N\r\nContent-Type: image/png\r\nContent-Length: 4\r\n\r\nbody")
    assert (page.status, page.ok, page.content) == (404, False, b"")


@pytest.mark.parametrize("name", ["Host", "cookie", "Content-Length", "Transfer-Encoding", "Connection"])
def test_a_header_that_says_how_is_not_the_callers(web: Web, name: str) -> None:
    assert "not a caller's" in str(got(web, plain(b""), headers={name: "x"}))


@pytest.mark.parametrize("value", ["a\r\nX-Evil: 1", "a\x00b", "ü"])
def test_a_header_cannot_hold_another(web: Web, value: str) -> None:
    async def story(net: Any) -> None:
        with pytest.raises(WebError, match="cannot be sent"):
            await net.web.get(net.url("public.example"), headers={"X-Key": value})
        assert all(b"evil" not in head.lower() for head in net.outside.asked)

    web(story)


# --- text ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "body", "text"),
    [
        ("text/plain; charset=utf-8", "grün".encode(), "grün"),
        ("text/plain", "grün".encode(), "grün"),
        ("text/plain", "grün".encode("latin-1"), "grün"),
        ("text/plain; charset=ISO-8859-1", "“grün”".encode("cp1252"), "“grün”"),
        ('text/html; charset="shift_jis"', "日本".encode("shift_jis"), "日本"),
        ("text/html", '<meta charset="koi8-r">мир'.encode("koi8-r"), '<meta charset="koi8-r">мир'),
        ("text/html", b"\xef\xbb\xbfwith a mark", "with a mark"),
        ("text/html; charset=utf-8", "utf-16".encode("utf-16"), "utf-16"),
        ("text/plain; charset=zlib_codec", b"plain", "plain"),
        ("text/plain; charset=unicode_escape", rb"\u0041", r"\u0041"),
        ("text/plain; charset=idna", b"plain", "plain"),
        ("text/plain; charset=utf-7", b"+ADw-script+AD4-", "+ADw-script+AD4-"),
        ("text/plain; charset=iso-8859-99", b"plain", "plain"),
        ("text/plain; charset=utf-8", b"half \xc3", "half \ufffd"),
        ("text/plain; charset=" + "x" * 1000, b"plain", "plain"),
    ],
)
def test_a_page_is_read_in_its_own_letters(web: Web, kind: str, body: bytes, text: str) -> None:
    answer = b"HTTP/1.1 200 OK\r\nContent-Type: %b\r\nContent-Length: %d\r\n\r\n%b" % (kind.encode(), len(body), body)
    assert got(web, answer).text == text

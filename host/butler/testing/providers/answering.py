"""One answer on its way: piece after piece, with what is to go wrong, and billed for what was sent."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING

from aiohttp import web

from butler.testing.providers.account import Bill
from butler.testing.providers.asked import Asked
from butler.testing.providers.form import Form, Refused
from butler.testing.providers.script import Answer, Break, Failure, failing

if TYPE_CHECKING:
    from butler.testing.providers.standin import StandIn

GARBAGE = b"\xff\xfe<html>data: {\x00 Bad gateway\n\n"
NOISE = b"SSH-2.0-OpenSSH_9.6\r\n"
"""What somebody else at the same port may say."""
WENT_WRONG = "The server had an error while processing your request"


class Answering:
    """Sends one answer."""

    def __init__(self, standin: StandIn, form: Form, asked: Asked, request: web.Request) -> None:
        self.standin = standin
        self.form = form
        self.asked = asked
        self.request = request
        self.bill = Bill(asked.prompt.model, stream=asked.stream, persona=asked.prompt.key)

    async def run(self, told: Answer | Failure) -> web.StreamResponse:
        """Send it, or what goes wrong instead; raises ``Refused`` where that is an error."""
        if told.wait:
            await asyncio.sleep(told.wait)
        if isinstance(told, Failure):
            raise Refused(told)
        answer = self.form.fitted(self.asked, told)
        broken = answer.broken
        if broken is not None and (broken.after < 0 or not self.asked.stream):
            return await self._instead(answer, broken)
        if not self.asked.stream:
            return self._whole(answer)
        return await self._streamed(answer)

    def _whole(self, answer: Answer) -> web.Response:
        self.standin.charge(self.asked, self.bill)
        self.bill.output = answer.tokens
        body = json.dumps(self.form.whole(self.asked, answer, self.bill), ensure_ascii=False)
        self._settle("done")
        return web.Response(body=body.encode(errors="surrogatepass"), content_type="application/json")

    async def _instead(self, answer: Answer, broken: Break) -> web.StreamResponse:
        """Nothing of it arrives, so nothing is billed."""
        if broken.kind == "error":
            raise Refused(failing())
        if broken.kind == "silence":
            await asyncio.Event().wait()
        if broken.kind == "garbage" and broken.after >= 0:
            return web.Response(body=GARBAGE, content_type="application/json")
        if broken.kind == "garbage" and self.request.transport is not None:
            self.request.transport.write(NOISE)
        elif not self.asked.stream:
            whole = json.dumps(self.form.whole(self.asked, answer, self.bill)).encode()
            half = web.StreamResponse(headers={"Content-Type": "application/json", "Content-Length": str(len(whole))})
            await half.prepare(self.request)
            await half.write(whole[: len(whole) // 2])
        self._drop()
        return web.Response()

    async def _streamed(self, answer: Answer) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": self.form.stream_type, "Cache-Control": "no-cache"})
        self.standin.charge(self.asked, self.bill)
        await response.prepare(self.request)
        try:
            sent = await self._pieces(response, answer)
        except (asyncio.CancelledError, ConnectionError):
            self._settle("cancelled")
            raise
        self._settle("done" if sent else "cut")
        if not sent:
            self._drop()
        return response

    async def _pieces(self, response: web.StreamResponse, answer: Answer) -> bool:
        """Send events until all are sent, or one is to break off; returns whether all were."""
        pieces, broken = 0, answer.broken
        for data, tokens in self.form.events(self.asked, answer, self.bill):
            if tokens:
                if broken is not None and pieces == broken.after:
                    return await self._broken(response, broken)
                if answer.pace and pieces:
                    await asyncio.sleep(answer.pace)
                pieces += 1
            await response.write(data)
            self.bill.output += tokens
            await asyncio.sleep(0)
        if broken is not None:
            return await self._broken(response, broken)
        await response.write_eof()
        return True

    async def _broken(self, response: web.StreamResponse, broken: Break) -> bool:
        if broken.kind == "silence":
            await asyncio.Event().wait()
        if broken.kind == "garbage":
            await response.write(GARBAGE)
        if broken.kind == "error":
            await response.write(self.form.trouble(WENT_WRONG))
        return False

    def _settle(self, ended: str) -> None:
        self.bill.ended = ended  # type: ignore[assignment]  # one of its words
        self.standin.account.settle(self.bill)

    def _drop(self) -> None:
        """Close the connection as it is."""
        if self.request.transport is not None:
            self.request.transport.close()

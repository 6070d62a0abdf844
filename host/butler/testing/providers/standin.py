"""A server that speaks one provider's protocol: what all of them share.

For another protocol subclass :class:`StandIn`: say in ``routes`` which paths it has, in ``allowed`` how a key is sent,
in ``refusal`` how an error looks; and write a :class:`~butler.testing.providers.form.Form` for each path that answers
prompts.
"""

from __future__ import annotations

import abc
import asyncio
import json
from collections import deque
from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import Any, ClassVar

from aiohttp import web

from butler.clock import Clock
from butler.testing.providers import tokens
from butler.testing.providers.account import Account, Bill
from butler.testing.providers.answering import Answering
from butler.testing.providers.asked import Asked
from butler.testing.providers.cache import PrefixCache
from butler.testing.providers.form import Form, Refused
from butler.testing.providers.running import Running
from butler.testing.providers.script import Failure, Rule, Script
from butler.testing.providers.served import Served
from butler.testing.providers.vectors import vector

KEY = "stand-in-key"
REMEMBERED = 20_000
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class StandIn(Running, abc.ABC):
    """Serves while a ``with`` block (in a thread of its own) or an ``async with`` block (in the running loop) lasts.

    ``clock`` is what its cache goes by; waits are those of the loop it serves in.
    """

    name: ClassVar[str]
    models: ClassVar[tuple[Served, ...]]
    """What it serves unless told otherwise."""
    refuses: ClassVar[bool] = True
    """Whether its protocol tells a model's refusal apart from an answer."""
    filtered: ClassVar[Failure | None] = None
    """The error by which it refuses what it was asked for what it says; ``None`` where there is none."""

    def __init__(
        self,
        *,
        key: str = KEY,
        models: Iterable[Served] = (),
        clock: Clock | None = None,
        port: int = 0,
    ) -> None:
        super().__init__(port)
        self.key = key
        self.served = {model.name: model for model in (*models, *(() if models else self.models))}
        self.clock = clock or Clock()
        self.cache = PrefixCache(self.clock)
        self.account = Account()
        self.script = Script()
        self.asked: deque[Asked] = deque(maxlen=REMEMBERED)
        """What it was asked, oldest first; refused requests are not among them."""
        self._under_way = 0

    # --- what a test tells it ---------------------------------------------------------------------------

    def say(self, *answers: Rule) -> None:
        """Answer the next requests with these, one each; see :class:`~butler.testing.providers.script.Script`."""
        self.script.say(*answers)

    def rule(self, pattern: str, answer: Rule) -> None:
        """Answer so whenever the newest turn matches."""
        self.script.rule(pattern, answer)

    async def settled(self) -> None:
        """Return once no request is under way: all that was sent is billed then."""
        while self._under_way:  # noqa: ASYNC110 - it may serve in another thread, whose events are not ours
            await asyncio.sleep(0.005)

    # --- what a protocol says ---------------------------------------------------------------------------

    @abc.abstractmethod
    def routes(self) -> Iterable[web.RouteDef]:
        """Its paths; made with :meth:`answers` and :meth:`replies`."""

    @abc.abstractmethod
    def allowed(self, request: web.Request) -> bool:
        """Whether the request has the right key."""

    @abc.abstractmethod
    def refusal(self, failure: Failure) -> Mapping[str, Any]:
        """The body of an error."""

    def charge(self, asked: Asked, bill: Bill) -> None:
        """Fill in what the prompt is billed as; where the protocol caches, how much of it was cached."""
        bill.input = len(tokens.of_prompt(asked.prompt))

    def model(self, name: str, kind: str = "chat") -> Served:
        """A model that can be asked for that. Raises ``Refused`` with 404."""
        served = self.served.get(name)
        if served is None or kind not in served.kinds:
            raise Refused(Failure(404, f"The model `{name}` does not exist or you do not have access to it.",
                                  "model_not_found"))  # fmt: skip
        return served

    def embedded(self, name: str, texts: Iterable[str]) -> tuple[list[list[float]], Bill]:
        """Vectors of texts, and the bill for them. Raises ``Refused`` for a model that makes none."""
        served, given = self.model(name, "embeddings"), list(texts)
        bill = Bill(name, input=sum(map(tokens.count, given)), ended="done")
        self.account.settle(bill)
        return [vector(text, served.vector) for text in given], bill

    # --- serving ------------------------------------------------------------------------------------------

    def answers(self, form: Form) -> Handler:
        """A path that answers prompts."""

        async def handle(request: web.Request) -> web.StreamResponse:
            body = await self.body(request)
            asked = form.read(body, request)
            served = self.model(asked.prompt.model, form.kind)
            count = len(tokens.of_prompt(asked.prompt))
            if count > served.window:
                raise Refused(form.too_long(count, served))
            self.asked.append(asked)
            return await Answering(self, form, asked, request).run(self.script.answer(asked))

        return self.guarded(handle)

    def replies(self, reply: Callable[[web.Request], Awaitable[Any]]) -> Handler:
        """A path that sends the JSON that ``reply`` returns."""

        async def handle(request: web.Request) -> web.StreamResponse:
            return web.json_response(await reply(request))

        return self.guarded(handle)

    def guarded(self, handler: Handler) -> Handler:
        """Look at the key first; errors are sent in the protocol's form."""

        async def handle(request: web.Request) -> web.StreamResponse:
            self.account.requests += 1
            self._under_way += 1
            try:
                if not self.allowed(request):
                    raise Refused(Failure(401, "Incorrect API key provided.", "invalid_api_key"))
                return await handler(request)
            except Refused as refused:
                return await self.refuse(refused.failure)
            finally:
                self._under_way -= 1

        return handle

    async def refuse(self, failure: Failure) -> web.Response:
        """Send an error."""
        if failure.wait:
            await asyncio.sleep(failure.wait)
        self.account.fail(failure.status)
        headers = {} if failure.retry_after is None else {"Retry-After": f"{failure.retry_after:g}"}
        return web.json_response(self.refusal(failure), status=failure.status, headers=headers)

    async def body(self, request: web.Request) -> dict[str, Any]:
        """The JSON object that was sent. Raises ``Refused`` with 400."""
        try:
            told = json.loads(await request.read())
        except ValueError:
            told = None
        if not isinstance(told, dict):
            raise Refused(Failure(400, "We could not parse the JSON body of your request."))
        return told

    def application(self) -> web.Application:
        """What is served."""
        application = web.Application(client_max_size=64 * 1024 * 1024)
        application.add_routes(self.routes())
        return application

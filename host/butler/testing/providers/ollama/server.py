"""A server that speaks Ollama's protocol."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, ClassVar

from aiohttp import web
from attrs import frozen

from butler.testing.providers import tokens
from butler.testing.providers.account import Bill
from butler.testing.providers.asked import Asked
from butler.testing.providers.form import Refused
from butler.testing.providers.ollama.chat import Chat
from butler.testing.providers.ollama.making import Making
from butler.testing.providers.ollama.memory import Memory
from butler.testing.providers.script import Failure
from butler.testing.providers.served import Served
from butler.testing.providers.standin import StandIn


@frozen
class Local(Served):
    """A model on the machine, with what sets it apart."""

    size: int = 2 * 1024**3
    """Bytes of memory that it takes."""
    can: tuple[str, ...] = ("completion", "tools")
    """What ``/api/show`` says it can."""


class Ollama(StandIn):
    """Models are in memory for as long as they are told to; what does not fit is refused."""

    name: ClassVar[str] = "ollama"
    refuses: ClassVar[bool] = False
    models: ClassVar[tuple[Served, ...]] = (
        Local("small"),
        Local("large:70b", window=32_768, size=40 * 1024**3),
        Local("plain", can=("completion",)),
        Local("vectors", kinds=("embeddings",), size=300 * 1024**2, can=("embedding",)),
    )

    def __init__(self, *, memory: int = 16 * 1024**3, takes_adapters: bool = True, **options: Any) -> None:
        """``memory``: bytes for models; ``takes_adapters``: as servers before version 0.34.1 did."""
        super().__init__(**options)
        self.pullable: dict[str, Local] = {"tiny": Local("tiny", size=1024**3)}
        """What can be pulled, by name."""
        self.memory = Memory(self.clock, memory)
        self.making = Making(self, takes_adapters=takes_adapters)
        self.unloaded: list[str] = []
        """What was told to leave memory, in order."""

    @property
    def base_url(self) -> str:
        """What a client is told."""
        return self.url

    def routes(self) -> Iterable[web.RouteDef]:
        """All below ``/api``."""
        return [
            web.post("/api/chat", self.answers(Chat(self))),
            web.post("/api/generate", self.replies(self._load)),
            web.post("/api/embed", self.replies(self._embed)),
            web.get("/api/tags", self.replies(self._tags)),
            web.get("/api/ps", self.replies(self._ps)),
            web.get("/api/version", self.replies(self._version)),
            web.post("/api/show", self.replies(self._show)),
            *self.making.routes(),
        ]

    def allowed(self, request: web.Request) -> bool:
        """A bearer token, as a proxy before it asks for; without ``key`` it takes anybody, as Ollama itself does."""
        return not self.key or request.headers.get("Authorization") == f"Bearer {self.key}"

    def refusal(self, failure: Failure) -> Mapping[str, Any]:
        """A text, and nothing else."""
        return {"error": failure.message}

    def there(self, name: str) -> Local:
        """A model by name, ``:latest`` may be left out. Raises ``Refused`` with 404."""
        served = self.served.get(name.removesuffix(":latest"))
        if not isinstance(served, Local):
            raise Refused(Failure(404, f"model '{name}' not found"))
        return served

    def model(self, name: str, kind: str = "chat") -> Local:
        """A model that can be asked for that. Raises ``Refused``."""
        served = self.there(name)
        if kind not in served.kinds:
            raise Refused(Failure(400, f'"{name}" does not support {kind}'))
        return served

    def load(self, name: str, keep_alive: Any = None) -> Local:
        """Have a model in memory. Raises ``Refused`` where it does not fit."""
        served = self.there(name)
        self.memory.load(served.name, served.size, keep_alive)
        return served

    def charge(self, asked: Asked, bill: Bill) -> None:
        """What does not fit into the context that it was loaded with is left out, and nobody is told."""
        context = int((asked.body.get("options") or {}).get("num_ctx", 4096))
        bill.input = min(len(tokens.of_prompt(asked.prompt)), context)

    # --- paths ------------------------------------------------------------------------------------------

    async def _load(self, request: web.Request) -> Mapping[str, Any]:
        """Without a prompt: load a model, or with ``keep_alive`` 0 unload it."""
        body = await self.body(request)
        served = self.there(body["model"])
        told = {"model": body["model"], "created_at": self.now(), "response": "", "done": True}
        if body.get("keep_alive") == 0:
            self.unloaded.append(served.name)
            self.memory.unload(served.name)
            return {**told, "done_reason": "unload"}
        self.load(body["model"], body.get("keep_alive"))
        return {**told, "done_reason": "load"}

    async def _embed(self, request: web.Request) -> Mapping[str, Any]:
        body = await self.body(request)
        self.model(body["model"], "embeddings")
        self.load(body["model"], body.get("keep_alive"))
        texts = [body["input"]] if isinstance(body["input"], str) else body["input"]
        vectors, bill = self.embedded(body["model"], texts)
        return {"model": body["model"], "embeddings": vectors, "prompt_eval_count": bill.input}

    async def _tags(self, request: web.Request) -> Mapping[str, Any]:
        return {"models": [self.described(served) for served in self.served.values()]}

    async def _ps(self, request: web.Request) -> Mapping[str, Any]:
        loaded = [self.there(name) for name in self.memory.loaded]
        return {"models": [{**self.described(each), "size_vram": each.size, "context_length": each.window,
                            "expires_at": self.now()} for each in loaded]}  # fmt: skip

    async def _version(self, request: web.Request) -> Mapping[str, Any]:
        return {"version": "0.32.2" if self.making.takes_adapters else "0.40.12"}

    async def _show(self, request: web.Request) -> Mapping[str, Any]:
        served = self.there((await self.body(request))["model"])
        return {
            "modelfile": f"FROM {served.name}", "parameters": "", "template": "{{ .Prompt }}",
            "details": self.described(served)["details"], "capabilities": list(served.can),
            "model_info": {"general.architecture": "llama", "llama.context_length": served.window},
        }  # fmt: skip

    def described(self, served: Served) -> dict[str, Any]:
        """A model in a list: with a tag, always."""
        name = served.name if ":" in served.name else f"{served.name}:latest"
        size = served.size if isinstance(served, Local) else 0
        details = {"format": "gguf", "family": "llama", "families": ["llama"], "parameter_size": "1B"}
        return {"name": name, "model": name, "modified_at": self.now(), "size": size, "digest": "0" * 64,
                "details": {**details, "quantization_level": "Q4_K_M", "parent_model": ""}}  # fmt: skip

    def now(self) -> str:
        """The time, as it writes it."""
        return self.clock.now().isoformat()

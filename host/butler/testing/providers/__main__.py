"""``python -m butler.testing.providers openai --port 8001``: a stand-in to try things with by hand."""

from __future__ import annotations

import asyncio
import importlib
import pkgutil
from typing import Any

import click

import butler.testing.providers as here
from butler.testing.providers.demo import demonstrate


def protocols() -> list[str]:
    """The names of the protocols that can be served: the folders beside this file."""
    return sorted(module.name for module in pkgutil.iter_modules(here.__path__) if module.ispkg)


@click.command()
@click.argument("protocol", type=click.Choice(protocols()))
@click.option("--port", default=0, help="Where it listens on loopback (default: any free port).")
@click.option("--key", default="stand-in-key", show_default=True, help="The key that it accepts.")
@click.option("--pace", default=0.05, show_default=True, help="Seconds between the pieces of a streamed answer.")
def main(protocol: str, port: int, key: str, pace: float) -> None:
    """Serve a model that needs none: it repeats what it is asked. Ctrl-C ends it and shows what it billed."""
    server: Any = importlib.import_module(f"{here.__name__}.{protocol}").STAND_IN(port=port, key=key)
    demonstrate(server, pace)

    async def serve() -> None:
        async with server:
            click.echo(f"{protocol} on {server.base_url}, key {key}; models: {', '.join(server.served)}")
            await asyncio.Event().wait()

    try:
        asyncio.run(serve())
    except KeyboardInterrupt:
        click.echo(f"\n{len(server.account.calls)} calls: {server.account.usage}")


main()

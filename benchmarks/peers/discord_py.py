"""discord.py as its documentation has it: a client with ``on_message`` that counts; its log is off.

Run by benchmarks/discord in an environment of its own.
"""

from __future__ import annotations

import asyncio
import os
import sys
import time

import discord
import yarl


def say(*words: object) -> None:
    print(":", *words, flush=True)


def resident() -> float:
    with open("/proc/self/statm", encoding="ascii") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 2**20


class Client(discord.Client):
    seen = 0
    wanted = 0

    def __init__(self) -> None:
        super().__init__(intents=discord.Intents.all(), chunk_guilds_at_startup=False, max_messages=None)
        self.enough = asyncio.Event()

    async def on_ready(self) -> None:
        await asyncio.sleep(2)
        self.listening = asyncio.create_task(self.told())
        say("ready")

    async def on_message(self, message: discord.Message) -> None:
        self.seen += 1
        if self.seen >= self.wanted:
            self.enough.set()

    async def told(self) -> None:
        while line := await asyncio.to_thread(sys.stdin.readline):
            what, *rest = line.split()
            if what == "memory":
                say(resident())
                continue
            self.wanted += int(rest[0])
            self.enough.clear()
            wall, cpu = time.perf_counter(), time.process_time()
            await self.enough.wait()
            say(time.perf_counter() - wall, time.process_time() - cpu)


async def main(address: str, token: str) -> None:
    discord.http.Route.BASE = address
    gateway = address.replace("http", "ws", 1).partition("/api")[0] + "/gateway"
    discord.gateway.DiscordWebSocket.DEFAULT_GATEWAY = yarl.URL(gateway)
    async with Client() as client:
        await client.start(token)


asyncio.run(main(*sys.argv[1:]))

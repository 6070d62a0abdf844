"""NoneBot2 as its documentation has it: matchers made by ``on_message``, events fed to ``handle_event``.

Its log is off, which it is not by default. Run by benchmarks/peers.py in an environment of its own.
"""

from __future__ import annotations

import asyncio
import sys
import time
from typing import Any

import nonebot
from nonebot import on_message
from nonebot.adapters import Adapter, Bot, Event, Message, MessageSegment
from nonebot.log import logger
from nonebot.message import handle_event


class Segment(MessageSegment["Text"]):
    @classmethod
    def get_message_class(cls) -> type[Text]:
        return Text

    def __str__(self) -> str:
        return str(self.data["text"])

    def is_text(self) -> bool:
        return True


class Text(Message[Segment]):
    @classmethod
    def get_segment_class(cls) -> type[Segment]:
        return Segment

    @staticmethod
    def _construct(msg: str) -> Any:
        yield Segment("text", {"text": msg})


class Said(Event):
    text: str

    def get_type(self) -> str:
        return "message"

    def get_event_name(self) -> str:
        return "message"

    def get_event_description(self) -> str:
        return self.text

    def get_user_id(self) -> str:
        return "ann"

    def get_session_id(self) -> str:
        return "hall/ann"

    def get_message(self) -> Text:
        return Text(self.text)

    def is_tome(self) -> bool:
        return False


class InMemory(Adapter):
    @classmethod
    def get_name(cls) -> str:
        return "bench"

    async def _call_api(self, bot: Bot, api: str, **data: Any) -> Any:
        return None


class Voice(Bot):
    async def send(self, event: Event, message: Any, **kwargs: Any) -> Any:
        return None


class Seen:
    count = 0


def handler() -> None:
    matcher = on_message(priority=1, block=False)

    @matcher.handle()
    async def look(event: Said) -> None:
        Seen.count += 1


async def feed(bot: Bot, number: int) -> float:
    started = time.process_time()
    for _ in range(number):
        await handle_event(bot, Said(text="what a fine day it is, is it not"))
    return time.process_time() - started


async def main(handlers: int) -> None:
    nonebot.init(driver="~none", log_level="ERROR")
    logger.remove()
    driver = nonebot.get_driver()
    driver.register_adapter(InMemory)
    bot = Voice(InMemory(driver), "butler")
    for _ in range(handlers):
        handler()
    print(f"ready {nonebot.__version__}", flush=True)
    for line in sys.stdin:
        print(await feed(bot, int(line)), Seen.count, flush=True)


asyncio.run(main(int(sys.argv[1])))

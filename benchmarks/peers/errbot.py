"""errbot as its documentation has it: plugins with ``callback_message``, messages fed to its own test backend's bot.

Run by benchmarks/peers.py in an environment of its own.
"""

from __future__ import annotations

import logging
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

sys.path.pop(0)  # this file has the name of the package

from errbot.backends.base import Message
from errbot.backends.test import TestBot

PLUG = "[Core]\nName = Look{0}\nModule = look{0}\n\n[Python]\nVersion = 3\n"
CODE = """from errbot import BotPlugin


class Look{0}(BotPlugin):
    seen = 0

    def callback_message(self, message):
        self.seen += 1
"""


def write_plugins(folder: Path, number: int) -> None:
    for index in range(number):
        home = folder / f"look{index}"
        home.mkdir()
        (home / f"look{index}.plug").write_text(PLUG.format(index))
        (home / f"look{index}.py").write_text(CODE.format(index))


def feed(bot: Any, number: int) -> float:
    started = time.process_time()
    for _ in range(number):
        message = Message("what a fine day it is, is it not")
        message.frm = bot.sender
        message.to = bot.query_room("testroom")
        bot.callback_message(message)
    return time.process_time() - started


def main(plugins: int) -> None:
    from errbot.version import VERSION

    with tempfile.TemporaryDirectory() as folder:
        write_plugins(Path(folder), plugins)
        extra = {"BOT_ADMINS": ("gbin@localhost",), "CORE_PLUGINS": ("Utils",), "BOT_LOG_SENTRY": False}
        box = TestBot(extra_plugin_dir=folder, loglevel=logging.CRITICAL, extra_config=extra)
        box.start()
        active = [plugin for plugin in box.bot.plugin_manager.get_all_active_plugins() if "Look" in plugin.name]
        assert len(active) == plugins, f"{len(active)} plugins are active, expected {plugins}"
        before = sum(plugin.seen for plugin in active)  # the box has said a word to itself
        print(f"ready {VERSION}", flush=True)
        for line in sys.stdin:
            print(feed(box.bot, int(line)), sum(plugin.seen for plugin in active) - before, flush=True)
        box.stop()


main(int(sys.argv[1]))

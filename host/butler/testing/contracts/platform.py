"""What every platform keeps to: what is said arrives and is shown, once, and nothing pings by accident."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Coroutine
from contextlib import AbstractAsyncContextManager
from typing import Any

import pytest

from butler.check import Check
from butler.errors import PlatformError, Unsupported
from butler.model import Reply
from butler.testing.contracts.looking import none
from butler.testing.contracts.reasons import Contract
from butler.testing.contracts.rig import LOUD, ODD, TEXTS, Rig, Started
from butler.testing.leaks import Before

WITHIN = 30.0
"""Real seconds that anything may take."""


class PlatformContract(Contract):
    """Subclass it and say in :meth:`rig` how the platform is set up."""

    def rig(self) -> AbstractAsyncContextManager[Rig]:
        """A rig whose platform was not started."""
        raise NotImplementedError

    def run(self, work: Coroutine[Any, Any, None]) -> None:
        """How a test runs."""
        asyncio.run(asyncio.wait_for(work, WITHIN))

    def started(self, check: Callable[[Started], Coroutine[Any, Any, None]]) -> None:
        """Run a check on a rig whose platform runs."""

        async def main() -> None:
            async with self.rig() as rig:
                started = Started(rig)
                await rig.platform.start(started.receive)
                try:
                    await check(started)
                finally:
                    await rig.platform.stop()

        self.run(main())

    # --- coming and going -----------------------------------------------------------------------------

    def test_it_stops_clean_also_twice(self) -> None:
        """No task, thread or file of it is left."""

        async def main() -> None:
            async with self.rig() as rig:
                before, tasks = Before(), asyncio.all_tasks()
                await rig.platform.start(Started(rig).receive)
                await rig.platform.stop()
                await rig.platform.stop()
                none([task.get_name() for task in asyncio.all_tasks() - tasks])
                # the loop's own pool of threads is not the platform's
                none([each for each in before.left() if not each.startswith("thread asyncio_")])

        self.run(main())

    def test_it_stops_before_it_was_started(self) -> None:
        """Harmless."""

        async def main() -> None:
            async with self.rig() as rig:
                await rig.platform.stop()

        self.run(main())

    def test_it_can_be_started_again(self) -> None:
        """After a stop it listens anew."""

        async def main() -> None:
            async with self.rig() as rig:
                started = Started(rig)
                for text in ("first", "second"):
                    await rig.platform.start(started.receive)
                    await rig.hear(text)
                    await started.message(text)
                    await rig.platform.stop()

        self.run(main())

    # --- what comes in --------------------------------------------------------------------------------

    def test_what_is_said_arrives_once_in_order_with_ids_of_this_platform(self) -> None:
        """The author is whoever said it; the time is aware."""

        async def check(started: Started) -> None:
            for number in range(3):
                await started.rig.hear(f"number {number}")
            last = await started.message("number 2")
            texts = [m.text for m in started.messages if m.text.startswith("number")]
            assert texts == ["number 0", "number 1", "number 2"]
            prefix = f"{started.rig.platform.name}:"
            ids = (last.id, last.author.id, last.channel.id, last.guild.id, started.rig.platform.account)
            none([each for each in ids if not each.startswith(prefix)])
            assert last.channel.id == started.rig.channel.id
            assert last.author.id != started.rig.platform.account
            assert not last.author.bot
            assert last.at.tzinfo is not None

        self.started(check)

    # --- what goes out --------------------------------------------------------------------------------

    def test_what_is_sent_is_shown_and_found_by_its_key(self) -> None:
        """And nothing is found by another."""

        async def check(started: Started) -> None:
            sent = await started.send("good evening", "k1")
            assert [(seen.id, seen.text) for seen in await started.rig.shown()] == [(sent.id, "good evening")]
            assert sent.id.startswith(f"{started.rig.platform.name}:")
            found = await started.rig.platform.find("k1", started.rig.channel.id)
            assert found is not None
            assert found.id == sent.id
            assert await started.rig.platform.find("k2", started.rig.channel.id) is None

        self.started(check)

    def test_the_same_key_twice_is_shown_once(self) -> None:
        """Within the window, by the platform; past it, by looking for the key first."""

        async def check(started: Started) -> None:
            first = await started.send("once", "k1")
            if started.rig.platform.dedupe_window:
                assert (await started.send("once", "k1")).id == first.id
            await started.send("other", "k2")
            assert [seen.text for seen in await started.rig.shown()] == ["once", "other"]

        self.started(check)

    def test_texts_are_shown_as_they_are(self) -> None:
        """Whatever alphabet, whatever looks like markup of something else."""

        async def check(started: Started) -> None:
            texts = [text[: started.rig.platform.text_limit] for text in TEXTS]
            for number, text in enumerate(texts):
                await started.send(text, f"k{number}")
            assert [seen.text.split() for seen in await started.rig.shown()] == [text.split() for text in texts]

        self.started(check)

    def test_odd_texts_do_no_harm(self) -> None:
        """Each is shown somehow, or refused with a ``PlatformError``; what comes next is shown."""

        async def check(started: Started) -> None:
            for number, text in enumerate(ODD):
                with contextlib.suppress(PlatformError):
                    await started.send(text, f"k{number}")
                await started.send(f"after {number}", f"a{number}")
                assert [seen.text for seen in await started.rig.shown()][-1] == f"after {number}"

        self.started(check)

    def test_the_longest_text_that_it_says_it_takes_is_shown_whole(self) -> None:
        """``text_limit`` holds for the widest letters too."""

        async def check(started: Started) -> None:
            text = "咖" * (started.rig.platform.text_limit - 1) + "!"
            await started.send(text, "k1")
            assert "".join("".join(seen.text.split()) for seen in await started.rig.shown()) == text

        self.started(check)

    def test_no_text_wakes_anybody_up(self) -> None:
        """Mass mentions are inert, in edits too (PLAT-3)."""

        async def check(started: Started) -> None:
            sent = await started.send(LOUD, "k1")
            if started.rig.platform.can("edit", started.rig.channel):
                await started.do("edit", "k2", target=sent.id, reply=Reply(f"{LOUD} again"))
            none([seen for seen in await started.rig.shown() if seen.notified])

        self.started(check)

    def test_who_is_named_in_the_reply_is_woken_up(self) -> None:
        """And nobody else."""

        async def check(started: Started) -> None:
            person = started.rig.person
            if person:
                await started.send("hello", "k1", mentions=(person,))
                assert [seen.notified for seen in await started.rig.shown()] == [(person,)]

        self.started(check)

    # --- what it says it can ---------------------------------------------------------------------------

    def test_it_edits_if_it_says_so(self) -> None:
        """Else it says that it cannot."""

        async def check(started: Started) -> None:
            sent = await started.send("before", "k1")
            if await started.can("edit", target=sent.id, reply=Reply("after")):
                assert [seen.text for seen in await started.rig.shown()] == ["after"]

        self.started(check)

    def test_it_deletes_if_it_says_so(self) -> None:
        """Else it says that it cannot."""

        async def check(started: Started) -> None:
            sent = await started.send("before", "k1")
            if await started.can("delete", target=sent.id):
                assert await started.rig.shown() == []

        self.started(check)

    def test_it_reacts_if_it_says_so(self) -> None:
        """And takes it back."""

        async def check(started: Started) -> None:
            sent = await started.send("before", "k1")
            if await started.can("react", target=sent.id, data={"emoji": "👍"}):
                assert await started.rig.reactions(sent.id) == ["👍"]
                await started.can("unreact", target=sent.id, data={"emoji": "👍"})
                assert await started.rig.reactions(sent.id) == []

        self.started(check)

    def test_what_it_cannot_do_it_says(self) -> None:
        """In one line, as ``Unsupported``."""

        async def check(started: Started) -> None:
            assert not started.rig.platform.can("juggle")
            with pytest.raises(Unsupported) as caught:
                await started.do("juggle", "k1")
            assert len(str(caught.value).splitlines()) == 1

        self.started(check)

    def test_it_says_how_it_is(self) -> None:
        """For ``butler doctor``."""

        async def check(started: Started) -> None:
            checks = await started.rig.platform.health()
            assert all(isinstance(check, Check) and check.level == "ok" for check in checks)

        self.started(check)

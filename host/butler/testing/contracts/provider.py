"""What every provider keeps to: it answers in pieces, uses tools, says what it used and what went wrong (LLM-4)."""

from __future__ import annotations

import pytest

from butler.errors import ModelError
from butler.provider import Usage
from butler.testing.contracts.asking import CONVERSATION, WEATHER, Asking, prompt
from butler.testing.contracts.provider_answering import Answering
from butler.testing.contracts.provider_failing import Failing


class ProviderContract(Answering, Failing):
    """Subclass it: say in :meth:`server` what stand-in there is, and in :meth:`provider` how a provider is told of it.

    ::

        class TestMine(ProviderContract):
            def server(self) -> StandIn:
                return MyStandIn()

            def provider(self, server: StandIn, key: str) -> Provider:
                return MyProvider(self.house(), Settings(base_url=server.url, key=key))

    ``model`` and ``embedder`` name the models that it is asked for.
    """

    # --- what it knows ------------------------------------------------------------------------------------

    def test_embeddings_are_in_the_order_of_the_texts(self) -> None:
        """The same text has the same vector; or it says that it makes none."""

        async def check(asking: Asking) -> None:
            if not self.embedder:
                with pytest.raises(ModelError) as caught:
                    await asking.provider.embed(["one"], self.model)
                assert caught.value.remedy
                return
            texts = [f"text {number}" for number in range(5)] + ["text 0", ""]
            made = await asking.provider.embed(texts, self.embedder)
            assert len(made.vectors) == len(texts)
            assert made.vectors[0] == made.vectors[5] != made.vectors[1]
            assert made.usage == asking.server.account.usage
            assert (await asking.provider.embed([], self.embedder)).vectors == ()

        self.asking(check)

    def test_it_says_which_models_there_are(self) -> None:
        """All that the server has, and nothing else."""

        async def check(asking: Asking) -> None:
            assert set(await asking.provider.models()) == set(asking.server.served)

        self.asking(check)

    def test_it_says_how_it_is(self) -> None:
        """For ``butler doctor``: well, and once its server is away, not, with what to do."""

        async def check(asking: Asking) -> None:
            assert {check.level for check in await asking.provider.health()} == {"ok"}
            await asking.server.stop()
            checks = await asking.provider.health()
            assert [check.level for check in checks] == ["fail"]
            assert all(len(check.text.splitlines()) == 1 for check in checks)

        self.asking(check)

    def test_what_is_not_known_of_a_model_is_unknown(self) -> None:
        """A window to fit prompts to, and no price that nobody said (0 where all run on one's own machine)."""

        async def check(asking: Asking) -> None:
            known = asking.provider.model("some-model-that-nobody-knows")
            assert (known.name, known.input_price or None) == ("some-model-that-nobody-knows", None)
            assert known.cost(Usage(1000, 1000)) in {None, 0}
            assert known.window > 0

        self.asking(check)

    def test_tokens_are_estimated_from_above(self) -> None:
        """By the count of a text, of a prompt, and by asking; not wildly."""

        async def check(asking: Asking) -> None:
            asked = prompt(self.model, turns=CONVERSATION, tools=(WEATHER,))
            await asking.provider.complete(asked)
            bill = asking.server.account.calls[-1].usage
            for told in (asking.provider.estimate(asked), await asking.provider.measure(asked)):
                assert bill.total - bill.output <= told <= 4 * bill.total
            assert asking.provider.count("") <= 1

        self.asking(check)

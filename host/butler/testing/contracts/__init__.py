"""What every plugin, platform and provider keeps to, as suites of tests: subclass one, and pytest runs it.

::

    class TestKarma(PluginContract):
        plugin = Karma

Each test states one promise. A subclass that overrides one says why in ``reasons``.
"""

from butler.testing.contracts.platform import PlatformContract
from butler.testing.contracts.plugin import PluginContract
from butler.testing.contracts.provider import ProviderContract
from butler.testing.contracts.reasons import Contract
from butler.testing.contracts.rig import Rig, Seen

__all__ = ["Contract", "PlatformContract", "PluginContract", "ProviderContract", "Rig", "Seen"]

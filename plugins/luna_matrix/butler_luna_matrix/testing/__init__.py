"""A real Synapse on this machine, and people who talk on it: for tests of anything that lives on Matrix.

Needs ``butler-luna-matrix[testing]``. In a ``conftest.py``::

    from butler_luna_matrix.testing.fixtures import synapse

and in a test::

    async with synapse.person("ann") as ann:
        room = await ann.create_room(bot, name="Hall")
        await ann.say(room, "good morning")
        assert await ann.heard(room, 1, sender=bot) == ["good morning, ann"]

Or without pytest: ``with Synapse() as synapse: ...``.
"""

from __future__ import annotations

from butler_luna_matrix.testing.person import Person
from butler_luna_matrix.testing.synapse import Synapse

__all__ = ["Person", "Synapse"]

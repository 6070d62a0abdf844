"""What somebody is told when a model fails, and what the operator finds in the log under the same id (CORE-11)."""

from __future__ import annotations

import uuid
from typing import Any

from butler import CommandError, ModelError, OverBudget, Persona

APOLOGY = "I am sorry, I cannot think just now."


def apology(log: Any, persona: Persona | None, error: ModelError) -> CommandError:
    """One short apology with an id, in character if a persona would have spoken."""
    if isinstance(error, OverBudget):
        return CommandError(f"I must not think any more for now: {error}", remedy=error.remedy)
    number = uuid.uuid4().hex[:8]
    log.error("a question was not answered", id=number, persona=persona.name if persona else "", reason=str(error))
    text = str(persona.settings.get("apology", "")) if persona else ""
    return CommandError(f"{text or APOLOGY} (error {number})")

"""What can be settled about questions."""

from __future__ import annotations

import attrs
from butler import limit


@attrs.frozen(slots=False)
class QuestionSettings:
    """How many, and whether that is shown."""

    questions_per_hour: int = limit(10, validator=attrs.validators.ge(0))
    """How many questions personas answer one person within an hour, wherever they are asked."""
    questions_shown: bool = True
    """Whether each reply says how many are left."""

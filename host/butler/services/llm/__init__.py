"""Language models: asked here and nowhere else, within budgets, accounted, with one layer that asks again."""

from butler.services.llm.asking import Asking
from butler.services.llm.chain import Chains, Choice
from butler.services.llm.service import Models

__all__ = ["Asking", "Chains", "Choice", "Models"]

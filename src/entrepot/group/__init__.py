"""The group: the two businesses looked at as one.

The market as its owner opened it, every room's proofs run over the rows, and what programs outside are told.
"""

from entrepot.kernel import Reactions

from . import models as _models
from . import telling as _telling
from .market import Market, find_market, open_market
from .models import show_task
from .telling import TYPES
from .verify import PROOFS, Verdict, verify


def reactions(currency: str) -> Reactions:
    """What both businesses do because of each other, and what programs outside are told. `currency` is compute's."""
    return {**_telling.reactions(), **_models.reactions(currency)}


__all__ = [
    "PROOFS", "TYPES", "Market", "Verdict", "find_market", "open_market", "reactions", "show_task", "verify",
]  # fmt: skip

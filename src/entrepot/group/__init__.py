"""The group: the two businesses looked at as one.

The market as its owner opened it, every room's proofs run over the rows, and what programs outside are told.
"""

from .market import Market, find_market, open_market
from .telling import TYPES, reactions
from .verify import PROOFS, Verdict, verify

__all__ = ["PROOFS", "TYPES", "Market", "Verdict", "find_market", "open_market", "reactions", "verify"]

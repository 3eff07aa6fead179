"""The group: the two businesses looked at as one.

For now: the market as its owner opened it, and every room's proofs run over the rows.
"""

from .market import Market, find_market, open_market
from .verify import PROOFS, Verdict, verify

__all__ = ["PROOFS", "Market", "Verdict", "find_market", "open_market", "verify"]

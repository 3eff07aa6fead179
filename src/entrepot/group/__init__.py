"""The group: the two businesses looked at as one. For now its first duty: to run every room's proofs over the rows."""

from .verify import PROOFS, Verdict, verify

__all__ = ["PROOFS", "Verdict", "verify"]

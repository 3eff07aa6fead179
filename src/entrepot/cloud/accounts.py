"""The cloud's accounts on the ledger, and the codes of its transfers. All are in nano units of the home currency."""

from __future__ import annotations

from entrepot.ledger import Account

from .types import SHOP

GRANT = "cloud.grant"
STANDING = "cloud.standing"
END = "cloud.end"


def nano(currency: str) -> str:
    """The ledger's unit for thousand-millionths of a currency."""
    return f"{currency}9"


def compute(organisation: str, unit: str) -> Account:
    """What an organisation can still spend on compute."""
    return Account(organisation, "compute", unit, floor=0)


def grants(unit: str) -> Account:
    """What the platform gave away as credit, as a negative balance."""
    return Account(SHOP, "compute_grants", unit)


def earned(unit: str) -> Account:
    """What compute was paid with."""
    return Account(SHOP, "compute_earned", unit)

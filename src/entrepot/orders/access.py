"""Who owns what, and how an order is called when people speak."""

from __future__ import annotations

from entrepot.identity import Scope
from entrepot.kernel import NotFound, NotSignedIn

BUYER, MERCHANT, OPERATOR, SYSTEM = "buyer", "merchant", "operator", "system"
"""The parties to an order; the system is the clock."""
ABSENT = "There is no such order"


def owner_of(scope: Scope) -> str:
    """Whose cart and orders the caller has: a person's, a guest session's or a key's own."""
    if scope.is_public or scope.is_system:
        raise NotSignedIn("A cart belongs to a session: open one, or sign in")
    return scope.actor


def is_owner(scope: Scope, owner: str) -> bool:
    """Whether this caller placed it."""
    return scope.actor == owner


def is_seller(scope: Scope, merchant_id: str) -> bool:
    """Whether the caller acts for this merchant now."""
    return scope.organisation == merchant_id


def number_of(order_id: str) -> str:
    """A short number to say aloud. It finds nothing and proves nothing; links use the id."""
    return f"{order_id[-8:-4]}-{order_id[-4:]}"


def is_guest(owner: str) -> bool:
    """Whether it was placed without an account."""
    return owner.startswith("ses_")


def is_person(owner: str) -> bool:
    """Whether it was placed by somebody signed in."""
    return owner.startswith("usr_")


def party_of(scope: Scope, owner: str, merchant_id: str) -> str:
    """In whose name the caller acts on a seller order; NotFound when in nobody's."""
    if is_owner(scope, owner):
        return BUYER
    if is_seller(scope, merchant_id):
        return MERCHANT
    if scope.is_operator:
        return OPERATOR
    raise NotFound(ABSENT)

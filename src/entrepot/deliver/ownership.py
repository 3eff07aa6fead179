"""Whose a thing of deliver is: a merchant's own, or, for the operator, anybody's or the platform's."""

from __future__ import annotations

from entrepot.identity import Role, Scope, require_organisation
from entrepot.kernel import NotAllowed, NotFound

from .types import PLATFORM


def acting_owner(scope: Scope, organisation: str | None) -> str:
    """For whom a caller acts: a merchant for its own organisation, the operator for any, and for the platform if none.

    NotFound when a merchant names another's.
    """
    if scope.is_operator:
        return organisation or PLATFORM
    own = require_organisation(scope)
    if Role.MERCHANT not in scope.roles:
        raise NotAllowed("Only merchants send parcels")
    if organisation not in (None, own):
        raise NotFound("There is no such organisation")
    return own

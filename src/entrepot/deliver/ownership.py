"""Whose a thing of deliver is: a merchant's own, or, for the operator, the platform's."""

from __future__ import annotations

from entrepot.identity import Role, Scope, require_organisation
from entrepot.kernel import NotAllowed

from .types import PLATFORM


def acting_owner(scope: Scope) -> str:
    """For whom a caller acts: a merchant for its own organisation, the operator for the platform."""
    if scope.is_operator:
        return PLATFORM
    own = require_organisation(scope)
    if Role.MERCHANT not in scope.roles:
        raise NotAllowed("Only merchants send parcels")
    return own

"""Identity: people and the organisations they act for; sessions, keys, notices and what operators did.

Every verb of every room takes a `Scope`, which says who acts and with which rights. Secrets are kept as digests only.
"""

from .countries import COUNTRIES
from .types import (
    LANGUAGES,
    Address,
    OrganisationKind,
    Role,
    Scope,
    check_address,
    require_operator,
    require_organisation,
    require_person,
)

__all__ = [
    "COUNTRIES",
    "LANGUAGES",
    "Address",
    "OrganisationKind",
    "Role",
    "Scope",
    "check_address",
    "require_operator",
    "require_organisation",
    "require_person",
]

"""Acting for an organisation from the command line: whoever can open the home may."""

from __future__ import annotations

from entrepot import identity
from entrepot.identity import Scope
from entrepot.kernel import Conflict, NotFound, Snapshot


def acting_for(snapshot: Snapshot, organisation: str) -> Scope:
    """The program itself, acting for an organisation that is named by its id or its name.

    NotFound when there is none, Conflict when several have the name.
    """
    found = identity.find_organisations(snapshot, organisation)
    if not found:
        raise NotFound(f"There is no organisation {organisation[:80]!r}: give its id, or the very name it has")
    if len(found) > 1:
        ids = ", ".join(each.id for each in found[:5])
        raise Conflict(f"Several organisations are called {organisation[:80]!r}: give the id of one ({ids})")
    return Scope("system", found[0].id, Scope.system().roles)

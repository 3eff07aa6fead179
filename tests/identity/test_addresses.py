"""The addresses that people keep are theirs alone."""

import pytest

from entrepot import identity
from entrepot.identity import Address, SavedAddress, Scope
from entrepot.identity.addresses import KEPT_MAX
from entrepot.kernel import Conflict, Database, Invalid, NotFound, NotSignedIn

ALICE, BRUNO = Scope("usr_alice"), Scope("usr_bruno")
HOME = Address(name="Alice", line1="1 Harbour St", city="Bremen", postal_code="28195", country="DE")


def save(database: Database, scope: Scope, address: Address = HOME, address_id: str | None = None) -> SavedAddress:
    return database.write_now(lambda tx: identity.save_address(tx, scope, address, address_id))


def listed(database: Database, scope: Scope) -> list[SavedAddress]:
    return database.read_now(lambda snapshot: identity.list_addresses(snapshot, scope))


def test_an_address_is_kept_changed_and_deleted_by_its_owner(database: Database) -> None:
    saved = save(database, ALICE)
    assert listed(database, ALICE) == [saved]
    work = Address(name="Alice", line1="2 Dock Rd", city="Bremen", postal_code="28203", country="DE")
    changed = save(database, ALICE, work, saved.id)
    assert (changed.id, changed.address) == (saved.id, work)
    assert listed(database, ALICE) == [changed]
    database.write_now(lambda tx: identity.delete_address(tx, ALICE, saved.id))
    assert listed(database, ALICE) == []


def test_nobody_elses_address_is_found(database: Database) -> None:
    saved = save(database, ALICE)
    assert listed(database, BRUNO) == []
    with pytest.raises(NotFound):
        save(database, BRUNO, HOME, saved.id)
    with pytest.raises(NotFound):
        database.write_now(lambda tx: identity.delete_address(tx, BRUNO, saved.id))
    assert listed(database, ALICE) == [saved]


def test_guests_keep_none_and_nobody_keeps_too_many(database: Database) -> None:
    with pytest.raises(NotSignedIn):
        save(database, Scope.guest("ses_1"))
    for _ in range(KEPT_MAX):
        save(database, ALICE)
    with pytest.raises(Conflict):
        save(database, ALICE)


def test_an_address_where_no_parcel_could_go_is_refused(database: Database) -> None:
    with pytest.raises(Invalid):
        save(database, ALICE, Address(name="", line1="", city="", country="XX"))

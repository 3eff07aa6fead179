"""Places that goods leave from are their organisation's own."""

import msgspec
import pytest

from entrepot import deliver
from entrepot.identity import Scope
from entrepot.kernel import Database, Invalid, NotAllowed, NotSignedIn
from tests.deliver import parcels as p


def add(database: Database, scope: Scope, name: str = "Shed") -> deliver.Location:
    return database.write_now(lambda tx: deliver.add_location(tx, scope, name, p.HOME))


def listed(database: Database, scope: Scope) -> list[deliver.Location]:
    return database.read_now(lambda snapshot: deliver.list_locations(snapshot, scope))


def test_a_merchant_sees_their_own_locations_alone(database: Database) -> None:
    shed, cellar = add(database, p.BRUNO, " Shed "), add(database, p.BRUNO, "Cellar")
    other = add(database, p.CARLA)
    assert (shed.name, shed.organisation) == ("Shed", "org_bruno")
    assert {each.id for each in listed(database, p.BRUNO)} == {shed.id, cellar.id}
    assert listed(database, p.CARLA) == [other]
    found = database.read_now(lambda snapshot: deliver.locations_of(snapshot, ["org_carla", "org_none"]))
    assert found == {"org_carla": [other], "org_none": []}


def test_an_operators_locations_are_the_platforms(database: Database) -> None:
    depot = add(database, p.DANA, "Depot")
    assert (listed(database, p.DANA), listed(database, p.BRUNO)) == ([depot], [])


def test_only_merchants_and_operators_have_locations(database: Database) -> None:
    for scope, refusal in ((p.ALICE, NotAllowed), (p.CHEN, NotAllowed), (Scope.public(), NotSignedIn)):
        with pytest.raises(refusal):
            add(database, scope)


def test_a_location_needs_a_name_and_an_address(database: Database) -> None:
    with pytest.raises(Invalid):
        add(database, p.BRUNO, "  ")
    nowhere = msgspec.structs.replace(p.HOME, country="XX")
    with pytest.raises(Invalid) as refusal:
        database.write_now(lambda tx: deliver.add_location(tx, p.BRUNO, "Shed", nowhere))
    assert "country" in refusal.value.fields

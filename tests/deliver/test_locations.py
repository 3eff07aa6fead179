"""Places that goods leave from are their organisation's own."""

import msgspec
import pytest

from entrepot import deliver
from entrepot.identity import Scope
from entrepot.kernel import Database, Invalid, NotAllowed, NotFound, NotSignedIn
from tests.deliver import parcels as p


def add(database: Database, scope: Scope, name: str = "Shed", organisation: str | None = None) -> deliver.Location:
    return database.write_now(lambda tx: deliver.add_location(tx, scope, name, p.HOME, organisation))


def listed(database: Database, scope: Scope, organisation: str | None = None) -> list[deliver.Location]:
    return database.read_now(lambda snapshot: deliver.list_locations(snapshot, scope, organisation))


def test_a_merchant_sees_their_own_locations_alone(database: Database) -> None:
    shed, cellar = add(database, p.BRUNO, " Shed "), add(database, p.BRUNO, "Cellar")
    other = add(database, p.CARLA)
    assert (shed.name, shed.organisation) == ("Shed", "org_bruno")
    assert {each.id for each in listed(database, p.BRUNO)} == {shed.id, cellar.id}
    assert listed(database, p.CARLA) == [other]
    found = database.read_now(lambda snapshot: deliver.locations_of(snapshot, ["org_carla", "org_none"]))
    assert found == {"org_carla": [other], "org_none": []}


def test_an_operator_acts_for_whom_they_name(database: Database) -> None:
    location = add(database, p.DANA, organisation="org_bruno")
    assert listed(database, p.BRUNO) == listed(database, p.DANA, "org_bruno") == [location]
    assert listed(database, p.DANA) == []


def test_nobody_adds_to_another_organisation(database: Database) -> None:
    with pytest.raises(NotFound):
        add(database, p.BRUNO, organisation="org_carla")
    with pytest.raises(NotFound):
        listed(database, p.BRUNO, "org_carla")
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

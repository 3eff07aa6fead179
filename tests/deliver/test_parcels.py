"""Parcels carry what their buyer was promised, and the sandbox carrier brings them to the door."""

from contextlib import closing

import msgspec
import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.pool import NullPool

from entrepot import deliver
from entrepot.kernel import SECOND, Database, Invalid, ManualClock, NotAllowed, NotFound
from entrepot.kernel.testing import NOON, settle
from tests.deliver import parcels as p


def test_a_parcel_carries_the_promise_of_its_quote(database: Database) -> None:
    p.save(database, p.WEIGHT)
    [option] = p.quote(database, p.ask())
    parcel = p.book(database, quote_id=option.id)
    assert parcel.promised_at == option.promised_at > option.earliest_at > NOON
    assert p.book(database).promised_at is None
    assert p.breaches(database) == []


def test_a_parcel_is_booked_at_a_quote_of_its_merchant(database: Database) -> None:
    p.save(database, p.FLAT, p.CARLA)
    [option] = p.quote(database, p.ask(merchant_id="org_carla"))
    for quote_id in (option.id, "quo_none"):
        with pytest.raises(NotFound):
            p.book(database, quote_id=quote_id)


@pytest.mark.parametrize(
    "change", [{"carrier": " "}, {"tracking_no": "x" * 201}, {"address": msgspec.structs.replace(p.HOME, city="")}]
)
def test_a_parcel_needs_a_carrier_and_a_way(database: Database, change: dict[str, object]) -> None:
    booking = deliver.Booking("sor_lamp", "org_bruno", "own", None, None, p.HOME)
    with pytest.raises(Invalid):
        database.write_now(lambda tx: deliver.book(tx, msgspec.structs.replace(booking, **change)))


def test_the_sandbox_carrier_brings_a_parcel_to_the_door_step_by_step(database: Database) -> None:
    clock = database.clock
    assert isinstance(clock, ManualClock)
    kinds = deliver.tasks(deliver.Settings(sandbox_step_s=10))
    parcel = p.book(database, deliver.SANDBOX)
    assert (parcel.tracking_no or "").startswith("SBX")
    states = []
    for _ in range(5):
        settle(database, {}, kinds)
        states.append(database.read_now(lambda snapshot: deliver.get_parcel(snapshot, p.BRUNO, parcel.id)).parcel.state)
        clock.advance(10 * SECOND)
    assert states == ["booked", "handed_over", "in_transit", "out_for_delivery", "delivered"]
    assert p.events_of(database) == [
        deliver.ParcelHandedOver(parcel.id, "sor_lamp"),
        deliver.ParcelDelivered(parcel.id, "sor_lamp", NOON + 40 * SECOND),
    ]
    assert p.breaches(database) == []


def test_no_step_a_second_time_changes_anything(database: Database) -> None:
    parcel = p.book(database, deliver.SANDBOX)
    kinds = deliver.tasks(deliver.Settings(sandbox_step_s=0))
    settle(database, {}, kinds)
    tracking = database.read_now(lambda snapshot: deliver.get_parcel(snapshot, p.BRUNO, parcel.id))
    assert [scan.code for scan in tracking.scans] == [
        "label", "handed_over", "in_transit", "out_for_delivery", "delivered",
    ]  # fmt: skip
    repeated = p.record(database, tracking.scans[1], p.DANA)
    assert repeated == tracking.parcel


def test_other_carriers_wait_for_scans(database: Database) -> None:
    parcel = p.book(database, "dhl", tracking_no="JD0001")
    settle(database, {}, deliver.tasks(deliver.Settings(sandbox_step_s=0)))
    tracking = database.read_now(lambda snapshot: deliver.list_tracking(snapshot, ["sor_lamp", "sor_none"]))
    assert tracking == {"sor_lamp": [deliver.Tracking(parcel, ())], "sor_none": []}


def test_a_parcel_is_its_merchants_own(database: Database) -> None:
    parcel = p.book(database)
    assert database.read_now(lambda snapshot: deliver.list_parcels(snapshot, p.BRUNO)) == [parcel]
    assert database.read_now(lambda snapshot: deliver.list_parcels(snapshot, p.DANA)) == [parcel]
    assert database.read_now(lambda snapshot: deliver.list_parcels(snapshot, p.CARLA)) == []
    for parcel_id in (parcel.id, "pcl_none"):
        with pytest.raises(NotFound):
            database.read_now(lambda snapshot, i=parcel_id: deliver.get_parcel(snapshot, p.CARLA, i))
        with pytest.raises(NotAllowed):
            database.read_now(lambda snapshot, i=parcel_id: deliver.get_parcel(snapshot, p.ALICE, i))


@pytest.mark.parametrize(
    ("proof", "change"),
    [
        ("deliver.tracking", "UPDATE deliver_parcels SET state = 'delivered'"),
        ("deliver.tracking", "UPDATE deliver_parcels SET delivered_at = 1"),
        ("deliver.tracking", "DELETE FROM deliver_scans"),
        ("deliver.tracking", "DELETE FROM deliver_parcels"),
        ("deliver.promises", "UPDATE deliver_parcels SET promised_at = promised_at + 1"),
        ("deliver.promises", "DELETE FROM deliver_quotes"),
    ],
)
def test_a_row_changed_by_hand_is_found(database: Database, database_url: str, proof: str, change: str) -> None:
    assert [database.read_now(each.check).rows for each in deliver.PROOFS] == [0, 0, 0]
    p.save(database, p.FLAT)
    [option] = p.quote(database, p.ask())
    parcel = p.book(database, quote_id=option.id)
    p.record(database, p.scan(parcel, "in_transit"))
    assert p.breaches(database) == []
    address = database_url.replace("postgresql://", "postgresql+psycopg://")
    with closing(create_engine(address, poolclass=NullPool).connect()) as connection:
        connection.execute(text(change))
        connection.commit()
    assert any(breach.startswith(proof) for breach in p.breaches(database))

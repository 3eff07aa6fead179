"""However badly a carrier tells of a parcel, the parcel ends up where it is."""

from itertools import permutations

import pytest
from msgspec import structs

from entrepot import deliver
from entrepot.deliver import CarrierScan
from entrepot.deliver.carriers import journey, open_carriers, webhook_secret
from entrepot.deliver.carriers.sandbox import FAULTS, Step, _with
from entrepot.deliver.parcels import DriveTask
from entrepot.deliver.tasks import miss_parcels, take_step
from entrepot.deliver.tracking import fold
from entrepot.deliver.types import Scan
from entrepot.kernel import DAY, HOUR, Database, Invalid, ManualClock, NotFound, Secret
from entrepot.kernel.testing import NOON
from tests.deliver import parcels as p

ENDS = {"lost": "in_transit", "returned": "returned"}


def scans_of(steps: list[Step]) -> list[Scan]:
    return [
        Scan("pcl_1", step.code, NOON + step.happened * HOUR, step.place, step.source_id, step.corrects)
        for step in steps
    ]


@pytest.mark.parametrize("fault", FAULTS)
def test_every_fault_ends_where_the_parcel_is_in_whatever_order_it_is_told(fault: str) -> None:
    told = scans_of(_with(list(journey("pcl_1")), fault))
    states = {fold([*order, *told[:3]]) for order in permutations(dict.fromkeys(told))}
    assert [where.state for where in states] == [ENDS.get(fault, "delivered")]


def test_without_faults_a_parcel_goes_straight_to_the_door() -> None:
    codes = [step.code for step in journey("pcl_1")]
    assert codes == ["label", "handed_over", "in_transit", "out_for_delivery", "delivered"]
    assert journey("pcl_1", to_point=True)[-1].code == "at_pickup_point"
    assert journey("pcl_7", 100) == journey("pcl_7", 100)
    assert len({journey(f"pcl_{n}", 100) for n in range(200)}) == len(FAULTS)


def test_the_sandbox_drives_each_parcel_as_its_journey_says(database: Database) -> None:
    clock = database.clock
    assert isinstance(clock, ManualClock)
    ended = set()
    for _ in range(12):
        parcel = p.book(database, deliver.SANDBOX)
        steps = journey(parcel.id, 100)
        for number in range(len(steps)):
            body = DriveTask(parcel.id, number)
            database.write_now(lambda tx, body=body: take_step(tx, body, 30, 100))
            clock.advance(30_000_000)
        found = database.read_now(lambda s, parcel=parcel: deliver.find_parcel(s, parcel.id))
        assert found is not None
        assert found.state == fold(scans_of(list(steps))).state
        ended.add(found.state)
    assert len(ended) > 1
    assert p.breaches(database) == []


def test_a_webhook_moves_the_parcel_of_its_number_once(database: Database) -> None:
    parcel = p.book(database, "post", tracking_no="POST-1")
    told = CarrierScan("POST-1", "delivered", NOON - HOUR, "77", "Hamburg")
    for _ in range(2):
        heard = database.write_now(lambda tx: deliver.hear_carrier(tx, "post", told))
        assert (heard.id, heard.state) == (parcel.id, "delivered")
    wrong = CarrierScan("POST-1", "in_transit", NOON - HOUR, "78", corrects="77")
    assert database.write_now(lambda tx: deliver.hear_carrier(tx, "post", wrong)).state == "in_transit"
    names = [type(event).__name__ for event in p.events_of(database)]
    assert [name for name in names if "Delivered" in name] == ["ParcelDelivered", "ParcelNotDelivered"]
    for carrier, number in (("post", "POST-2"), ("dhl", "POST-1")):
        other = structs.replace(told, tracking_no=number)
        with pytest.raises(NotFound):
            database.write_now(lambda tx, carrier=carrier, other=other: deliver.hear_carrier(tx, carrier, other))


def test_nobody_takes_another_parcels_scans_by_writing_its_number(database: Database) -> None:
    clock = database.clock
    assert isinstance(clock, ManualClock)
    theirs = p.book(database, "post", tracking_no="POST-9")
    clock.advance(DAY)
    copied = p.book(database, "post", tracking_no="POST-9")
    told = CarrierScan("POST-9", "delivered", clock.now() - HOUR, "90")
    for _ in range(2):
        assert database.write_now(lambda tx: deliver.hear_carrier(tx, "post", told)).id == theirs.id
    after = database.read_now(lambda s: deliver.find_parcel(s, copied.id))
    assert after is not None
    assert after.state == "booked"
    # Long after, a carrier may give the number out again.
    clock.advance(200 * DAY)
    later = p.book(database, "post", tracking_no="POST-9")
    new = CarrierScan("POST-9", "in_transit", clock.now(), "91")
    assert database.write_now(lambda tx: deliver.hear_carrier(tx, "post", new)).id == later.id


def test_what_nobody_hears_of_is_lost_until_somebody_sees_it(database: Database) -> None:
    clock = database.clock
    assert isinstance(clock, ManualClock)
    parcel, waiting = p.book(database), p.book(database)
    p.record(database, p.scan(parcel, "handed_over"))
    clock.advance(30 * DAY)
    assert database.write_now(lambda tx: miss_parcels(tx, 30)) == 0
    clock.advance(1)
    assert database.write_now(lambda tx: miss_parcels(tx, 30)) == 1
    assert database.write_now(lambda tx: miss_parcels(tx, 30)) == 0
    states = {each.id: each.state for each in database.read_now(lambda s: deliver.list_parcels(s, p.BRUNO))}
    assert states == {parcel.id: "lost", waiting.id: "booked"}
    seen = deliver.Scan(parcel.id, "in_transit", clock.now() + 1, "Hamburg", "found")
    assert p.record(database, seen).state == "in_transit"
    assert [type(event).__name__ for event in p.events_of(database)].count("ParcelLost") == 1


def test_each_carrier_has_a_secret_of_its_own() -> None:
    one, other = Secret("one"), Secret("other")
    assert webhook_secret(one, "post") == webhook_secret(one, "post")
    assert len({webhook_secret(key, name).reveal() for key in (one, other) for name in ("post", "dhl")}) == 4
    carriers = open_carriers(one, deliver.TrackingOnly("post", "Post", "https://post.example/{tracking_no}"))
    assert carriers.get("post").tracking_url("A B") == "https://post.example/A%20B"
    assert carriers.get("nobody").tracking_url("1") is None
    assert carriers.find("nobody") is None
    assert [carrier.name for carrier in carriers] == ["sandbox", "own", "fleet", "post"]


def test_a_market_that_takes_real_money_has_no_carrier_that_plays() -> None:
    carriers = open_carriers(Secret("one"), sandbox=False)
    assert [carrier.name for carrier in carriers] == ["own", "fleet"]
    assert carriers.for_labels == "own"
    carriers.check("Parcel Post")
    with pytest.raises(Invalid, match="real money"):
        carriers.check(" sandbox ")

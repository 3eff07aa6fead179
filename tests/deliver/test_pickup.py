"""A place on a shelf is kept from the order to the collection, and there are never more than the shelf has."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from msgspec import structs

from entrepot import deliver, ledger
from entrepot.deliver import Known, Opening, PickupPoint, PickupPointDraft, Point, SheetTerms
from entrepot.deliver.coordinates import distance_m, read_degrees
from entrepot.deliver.pickup import overdue
from entrepot.kernel import DAY, Conflict, Database, Invalid, ManualClock, NotAllowed, NotFound, Tx, prepare_text
from tests.deliver import parcels as p

SHOP = structs.replace(p.HOME, name="Kiosk", line1="2 Market Street")
POINT = PickupPointDraft("Kiosk", SHOP, 2)
SHEET = structs.replace(p.FLAT, name="Collect", terms=SheetTerms(goes_to="pickup_point"))


def save_point(database: Database, draft: PickupPointDraft = POINT, scope: Any = p.DANA) -> PickupPoint:
    return database.write_now(lambda tx: deliver.save_point(tx, scope, draft))


def quote(database: Database) -> list[deliver.Quote]:
    return p.quote(database, structs.replace(p.ask(), postal_code="20457", city="Hamburg"))


def hold(database: Database, quoted: deliver.Quote, ref: str) -> None:
    def command(tx: Tx) -> None:
        ledger.post(tx, deliver.hold_places(tx, [(ref, quoted)]))

    database.write_now(command)


def free(database: Database, point: PickupPoint) -> int:
    return database.read_now(lambda s: deliver.free_places(s, [point.id]))[point.id]


def book(database: Database, quoted: deliver.Quote, ref: str = "sor_1") -> deliver.Parcel:
    booking = deliver.Booking(ref, "org_bruno", "post", "1", quoted.id, p.HOME)
    return database.write_now(lambda tx: deliver.book(tx, booking))


def scan(database: Database, parcel: deliver.Parcel, code: deliver.ScanCode) -> deliver.Parcel:
    clock = database.clock
    assert isinstance(clock, ManualClock)
    clock.advance(1)
    seen = deliver.Scan(parcel.id, code, clock.now(), "", f"{code} {clock.now()}")
    return p.record(database, seen, p.DANA)


def test_a_place_is_held_captured_and_given_back(database: Database) -> None:
    point = save_point(database)
    p.save(database, SHEET)
    [quoted] = quote(database)
    assert (quoted.pickup_point_id, quoted.name) == (point.id, "Collect: Kiosk")
    hold(database, quoted, "sor_1")
    assert free(database, point) == 1
    parcel = book(database, quoted)
    assert parcel.pickup_point_id == point.id
    for code, left in (("handed_over", 1), ("at_pickup_point", 1), ("at_pickup_point", 1), ("delivered", 2)):
        scan(database, parcel, code)  # type: ignore[arg-type]
        assert free(database, point) == left
    assert p.breaches(database) == []
    names = [type(event).__name__ for event in p.events_of(database)]
    assert names == ["ParcelHandedOver", "ParcelArrived", "ParcelDelivered"]


@pytest.mark.parametrize(
    "damage",
    [
        "UPDATE deliver_shelf_places SET state = 'freed'",
        "DELETE FROM deliver_shelf_places",
        "UPDATE deliver_shelf_places SET state = 'arrived'",
    ],
)
def test_the_proof_sees_a_shelf_that_does_not_add_up(database: Database, damage: str) -> None:
    save_point(database)
    p.save(database, SHEET)
    hold(database, quote(database)[0], "sor_1")
    assert p.breaches(database) == []
    database.write_now(lambda tx: tx.run(prepare_text(damage)))
    assert [each.split(":")[0] for each in p.breaches(database)] == ["deliver.shelves"]


@pytest.mark.parametrize("code", ["returning", "returned", "lost", "delivered"])
def test_a_parcel_that_goes_elsewhere_gives_its_place_back(database: Database, code: deliver.ScanCode) -> None:
    point = save_point(database)
    p.save(database, SHEET)
    [quoted] = quote(database)
    hold(database, quoted, "sor_1")
    parcel = book(database, quoted)
    scan(database, parcel, code)
    assert free(database, point) == 2
    scan(database, parcel, code)
    assert free(database, point) == 2


def test_a_full_point_is_offered_to_nobody_and_cannot_be_overbooked(database: Database) -> None:
    point = save_point(database)
    p.save(database, SHEET)
    quotes = [quote(database)[0] for _ in range(3)]
    hold(database, quotes[0], "sor_1")
    hold(database, quotes[1], "sor_2")
    with pytest.raises(ledger.Insufficient) as full:
        hold(database, quotes[2], "sor_3")
    assert deliver.is_shelf(full.value)
    with pytest.raises(deliver.Undeliverable, match="No pickup point"):
        quote(database)
    database.write_now(lambda tx: ledger.post(tx, deliver.release_places(tx, ["sor_1"])))
    database.write_now(lambda tx: ledger.post(tx, deliver.release_places(tx, ["sor_1"])))
    assert free(database, point) == 1
    hold(database, quotes[2], "sor_3")


def test_twenty_at_once_get_no_more_places_than_there_are(database: Database) -> None:
    point = save_point(database, structs.replace(POINT, capacity=7))
    p.save(database, SHEET)
    [quoted] = quote(database)

    def try_it(number: int) -> bool:
        try:
            hold(database, quoted, f"sor_{number}")
        except ledger.Insufficient:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        held = list(pool.map(try_it, range(20)))
    assert sum(held) == 7
    assert free(database, point) == 0


def test_a_parcel_without_a_place_needs_a_free_one(database: Database) -> None:
    point = save_point(database, structs.replace(POINT, capacity=1))
    p.save(database, SHEET)
    first, second = quote(database)[0], quote(database)[0]
    one, other = book(database, first, "sor_1"), book(database, second, "sor_2")
    scan(database, one, "at_pickup_point")
    assert free(database, point) == 0
    with pytest.raises(Conflict, match="full"):
        scan(database, other, "at_pickup_point")
    scan(database, one, "delivered")
    assert scan(database, other, "at_pickup_point").state == "at_pickup_point"


def test_a_shelf_grows_and_shrinks_but_not_below_what_lies_there(database: Database) -> None:
    point = save_point(database)
    p.save(database, SHEET)
    hold(database, quote(database)[0], "sor_1")
    for capacity, left in ((5, 4), (1, 0)):
        save_point(database, structs.replace(POINT, id=point.id, capacity=capacity))
        assert free(database, point) == left
    with pytest.raises(Conflict, match="taken"):
        save_point(database, structs.replace(POINT, id=point.id, capacity=0))


def test_the_nearest_points_are_offered(database: Database) -> None:
    for name, latitude in (("Far", 54_000_000), ("Near", 53_560_000), ("Nearer", 53_551_000)):
        save_point(database, structs.replace(POINT, name=name, point=Point(latitude, 10_000_000)))
    closed = structs.replace(POINT, name="Closed", point=Point(53_550_000, 10_000_000), is_open=False)
    save_point(database, closed)
    hamburg = Known("DE", "", "Hamburg", Point(53_550_000, 10_000_000))
    database.write_now(lambda tx: deliver.save_coordinates(tx, p.DANA, [hamburg]))
    p.save(database, SHEET)
    assert [each.name for each in quote(database)] == ["Collect: Nearer", "Collect: Near", "Collect: Far"]


def test_another_merchants_point_is_not_offered(database: Database) -> None:
    save_point(database, POINT, p.CARLA)
    p.save(database, SHEET)
    with pytest.raises(deliver.Undeliverable):
        quote(database)
    save_point(database, POINT, p.BRUNO)
    assert len(quote(database)) == 1


def test_a_point_is_its_owners_own(database: Database) -> None:
    point = save_point(database)
    with pytest.raises(NotFound):
        save_point(database, structs.replace(POINT, id=point.id), p.BRUNO)
    with pytest.raises(NotFound):
        database.write_now(lambda tx: deliver.renew_staff_link(tx, p.BRUNO, point.id))
    renewed = database.write_now(lambda tx: deliver.renew_staff_link(tx, p.DANA, point.id))
    assert renewed.staff_link == 2
    assert save_point(database, structs.replace(POINT, id=point.id)).staff_link == 2
    with pytest.raises(NotAllowed):
        database.write_now(lambda tx: deliver.save_coordinates(tx, p.BRUNO, []))


def test_what_lies_too_long_is_to_go_back(database: Database) -> None:
    clock = database.clock
    assert isinstance(clock, ManualClock)
    point = save_point(database)
    p.save(database, SHEET)
    [quoted] = quote(database)
    hold(database, quoted, "sor_1")
    parcel = book(database, quoted)
    scan(database, parcel, "at_pickup_point")
    clock.advance(7 * DAY)
    assert database.read_now(lambda s: overdue(s, point)) == set()
    clock.advance(1)
    assert database.read_now(lambda s: overdue(s, point)) == {parcel.id}
    scan(database, parcel, "returning")
    assert database.read_now(lambda s: overdue(s, point)) == set()


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("capacity", -1),
        ("capacity", 100_001),
        ("kept_days", 0),
        ("hours", (Opening(7, 0, 60),)),
        ("hours", (Opening(0, 60, 60),)),
        ("hours", (Opening(0, 0, 1_441),)),
    ],
)
def test_a_point_that_could_not_be_is_refused(database: Database, field: str, value: Any) -> None:
    with pytest.raises(Invalid) as refusal:
        save_point(database, structs.replace(POINT, **{field: value}))
    assert list(refusal.value.fields) == [field]


def test_distances_are_those_of_the_earth() -> None:
    berlin, hamburg = Point(52_520_000, 13_405_000), Point(53_551_000, 9_994_000)
    assert distance_m(berlin, hamburg) == pytest.approx(255_000, rel=0.01)
    assert distance_m(berlin, berlin) == 0
    assert distance_m(Point(0, 179_900_000), Point(0, -179_900_000)) == pytest.approx(22_240, rel=0.01)
    assert (read_degrees(" 53,551 ", 90), read_degrees("-0.5", 90)) == (53_551_000, -500_000)
    for text in ("", "nan", "inf", "x", "90.1", "1e400"):
        with pytest.raises(Invalid):
            read_degrees(text, 90)


def test_a_point_needs_room_for_every_parcel_of_an_order(database: Database) -> None:
    save_point(database, structs.replace(POINT, capacity=1))
    p.save(database, SHEET)
    box = deliver.BoxDraft("Carton", 300, 200, 200, 100, 10_000)
    database.write_now(lambda tx: deliver.save_box(tx, p.BRUNO, box))
    items = (deliver.Item(4_000, 290, 190, 190, quantity=2),)
    with pytest.raises(deliver.Undeliverable, match="No pickup point"):
        p.quote(database, structs.replace(p.ask(8_000), items=items))
    [one] = p.quote(database, structs.replace(p.ask(4_000), items=(structs.replace(items[0], quantity=1),)))
    assert one.parcels == 1

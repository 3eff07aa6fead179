"""A day of the fleet: planned from the parcels that are due, driven stop by stop, and planned anew on the way."""

import threading
from typing import Any

import pytest
from msgspec import structs

from entrepot import deliver
from entrepot.deliver import FLEET, Known, Point, Van, routes
from entrepot.deliver.planning import PLAN_TASK, make_plan, read_day, write_plan
from entrepot.deliver.plans import midnight_of, today
from entrepot.deliver.routes import plan_problems
from entrepot.deliver.types import Settings
from entrepot.identity import Address, Scope
from entrepot.kernel import (
    HOUR,
    MINUTE,
    Conflict,
    Database,
    Invalid,
    ManualClock,
    NotAllowed,
    NotFound,
    Workers,
    prepare_text,
)
from entrepot.kernel.testing import NOON
from tests.deliver import parcels as p

SETTINGS = Settings(route_seconds=1)
DAY = today(NOON, "UTC")
CITIES = {"Hamburg": (53_550_000, 9_990_000), "Altona": (53_555_000, 9_930_000), "Bergedorf": (53_489_000, 10_213_000)}


def coordinates(database: Database) -> None:
    known = [Known("DE", "", city, Point(*point)) for city, point in CITIES.items()]
    database.write_now(lambda tx: deliver.save_coordinates(tx, p.DANA, known))


def van(database: Database, name: str = "Van 1", **more: Any) -> Van:
    def command(tx: Any) -> Van:
        places = deliver.list_locations(tx, p.DANA)
        depot = places[0] if places else deliver.add_location(tx, p.DANA, "Depot", p.HOME)
        return deliver.save_van(tx, p.DANA, Van("", "", name, "Dora", depot.id, **more))

    return database.write_now(command)


def due(database: Database, city: str = "Altona", **more: Any) -> deliver.Parcel:
    address = Address(name="Alice", line1="1 Street", city=city, postal_code="", country="DE")
    booking = deliver.Booking("sor_1", "org_bruno", FLEET, None, None, address, **more)
    return database.write_now(lambda tx: deliver.book(tx, booking))


def work(database: Database) -> None:
    Workers(database, deliver.tasks(SETTINGS), "test").drain()


def plan(database: Database, seed: int = 1) -> deliver.RoutePlan:
    clock = database.clock
    assert isinstance(clock, ManualClock)
    clock.advance(MINUTE)
    made = database.write_now(lambda tx: deliver.plan_day(tx, p.DANA, DAY, 1, seed))
    work(database)
    return database.read_now(lambda s: deliver.get_plan(s, p.DANA, made.id))


def routes_of(database: Database, made: deliver.RoutePlan) -> list[Any]:
    return database.read_now(lambda s: deliver.routes_of(s, made.id))


def drive(database: Database, one: Van) -> deliver.DriverRoute:
    return database.read_now(lambda s: deliver.driver_route(s, one.id, one.link, DAY))


def test_a_day_is_planned_in_a_task_and_kept(database: Database) -> None:
    coordinates(database)
    one = van(database)
    parcels = [due(database, city) for city in ("Altona", "Bergedorf", "Hamburg")]
    nowhere = due(database, "Atlantis")
    made = plan(database)
    assert (made.state, made.problem) == ("ready", None)
    assert [(each.parcel_id, each.why) for each in made.left_out] == [(nowhere.id, "place")]
    [(route, stops)] = routes_of(database, made)
    assert (route.van_id, {stop.parcel_id for stop in stops}) == (one.id, {each.id for each in parcels})
    assert route.distance_m > 30_000
    midnight = midnight_of(DAY, "UTC")
    assert midnight + 8 * HOUR <= route.departs_at < stops[0].arrives_at < stops[-1].arrives_at < route.returns_at
    expected = database.read_now(lambda s: deliver.expected_at(s, [each.id for each in parcels]))
    assert expected == {stop.parcel_id: stop.arrives_at for stop in stops}


def test_every_stored_plan_passes_the_checker(database: Database) -> None:
    coordinates(database)
    van(database, capacity_g=12_000, stops_max=3, skills=("cold",))
    van(database, "Van 2", capacity_l=60, shift_start=600)
    for city in ("Altona", "Bergedorf", "Hamburg", "Altona"):
        due(database, city, weight_g=5_000)
    due(database, weight_g=40_000)
    due(database, needs=("cold",))
    row = database.write_now(lambda tx: deliver.plan_day(tx, p.DANA, DAY, 1))
    day = database.read_now(lambda s: read_day(s, row, SETTINGS))

    class Run:
        def __init__(self) -> None:
            self.database = database
            self.closing = threading.Event()

        def progress(self, done: int, total: int | None) -> None:
            assert 0 <= done <= 100

    day, made = make_plan(Run(), row, SETTINGS)  # type: ignore[arg-type]
    assert plan_problems(day.problem, made) == []
    assert len(made.left_out) >= 1  # nothing brings 40 kg without being able to
    assert list(day.problem.distances[0]) == [row[0] for row in day.problem.distances]


def test_a_driver_goes_from_stop_to_stop(database: Database) -> None:
    coordinates(database)
    one = van(database)
    for city in ("Altona", "Bergedorf"):
        due(database, city)
    plan(database)
    before = drive(database, one)
    assert before.following is not None
    first = before.following.stop.parcel_id

    def finish(parcel_id: str, outcome: deliver.Outcome, reason: str = "", link: int = one.link) -> Any:
        return database.write_now(lambda tx: deliver.finish_stop(tx, one.id, link, DAY, parcel_id, outcome, reason))

    with pytest.raises(Conflict, match="Start"):
        finish(first, "delivered")
    for _ in range(2):
        database.write_now(lambda tx: deliver.start_route(tx, one.id, one.link, DAY))
    under_way = database.read_now(lambda s: deliver.list_parcels(s, p.BRUNO))
    assert {each.state for each in under_way} == {"out_for_delivery"}
    for _ in range(2):
        assert finish(first, "delivered").state == "done"
    second = drive(database, one).following
    assert second is not None
    with pytest.raises(Invalid, match="why"):
        finish(second.stop.parcel_id, "failed", "  ")
    finish(second.stop.parcel_id, "failed", "Nobody  opened")
    assert drive(database, one).following is None
    states = {each.id: each for each in database.read_now(lambda s: deliver.list_parcels(s, p.BRUNO))}
    assert (states[first].state, states[second.stop.parcel_id].state) == ("delivered", "failed")
    assert states[second.stop.parcel_id].attempts == 1
    with pytest.raises(NotFound):
        finish("pcl_other", "delivered")
    with pytest.raises(NotFound):
        finish(first, "delivered", link=one.link + 1)
    assert p.breaches(database) == []


def test_a_started_route_stays_when_the_day_is_planned_anew(database: Database) -> None:
    coordinates(database)
    one = van(database)
    old = due(database)
    plan(database)
    database.write_now(lambda tx: deliver.start_route(tx, one.id, one.link, DAY))
    new = due(database, "Bergedorf")
    alone = plan(database, 2)
    assert (alone.state, "No van is free" in (alone.problem or "")) == ("failed", True)
    assert drive(database, one).route is not None  # a plan that failed takes nothing away
    other = van(database, "Van 2")
    again = plan(database, 3)
    found = {route.van_id: [stop.parcel_id for stop in stops] for route, stops in routes_of(database, again)}
    assert found == {one.id: [old.id], other.id: [new.id]}
    assert drive(database, one).route is not None
    third = plan(database, 4)
    assert {route.van_id for route, _ in routes_of(database, third)} == {one.id, other.id}


def test_a_route_that_starts_while_a_plan_is_made_is_not_planned_over(database: Database) -> None:
    coordinates(database)
    van(database)
    due(database)
    plan(database)
    row = database.write_now(lambda tx: deliver.plan_day(tx, p.DANA, DAY, 1))
    day = database.read_now(lambda s: read_day(s, row, SETTINGS))
    made = routes.solve(day.problem, 0.2, 1)
    before = _last_ready(database)
    started = prepare_text("UPDATE deliver_routes SET started_at = :now WHERE plan_id = :plan_id")
    database.write_now(lambda tx: tx.run(started, plan_id=before, now=tx.now))
    with pytest.raises(Conflict, match="plan the day again"):
        database.write_now(lambda tx: write_plan(tx, row, day, made))


def test_a_plan_is_asked_for_once_at_a_time_and_by_the_operator(database: Database) -> None:
    for scope in (p.BRUNO, p.ALICE):
        with pytest.raises(NotAllowed):
            database.write_now(lambda tx, scope=scope: deliver.plan_day(tx, scope, DAY, 1))
    database.write_now(lambda tx: deliver.plan_day(tx, p.DANA, DAY, 1))
    with pytest.raises(Conflict, match="being made"):
        database.write_now(lambda tx: deliver.plan_day(tx, p.DANA, DAY, 1))
    work(database)
    [failed] = database.read_now(lambda s: deliver.list_plans(s, p.DANA))
    assert failed.state == "failed"
    for day, seconds in (("tomorrow", 1), ("2026-1-5", 1), ("9999-01-01", 1), (DAY, 0), (DAY, 601)):
        with pytest.raises(Invalid):
            database.write_now(lambda tx, day=day, seconds=seconds: deliver.plan_day(tx, p.DANA, day, seconds))


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("location_id", "loc_none"),
        ("capacity_g", 0),
        ("shift_end", 480),
        ("shift_end", 1_441),
        ("stops_max", -1),
        ("skills", tuple(map(str, range(30)))),
    ],
)
def test_a_van_that_could_not_drive_is_refused(database: Database, field: str, value: Any) -> None:
    good = van(database)
    with pytest.raises(Invalid) as refusal:
        database.write_now(lambda tx: deliver.save_van(tx, p.DANA, structs.replace(good, **{field: value})))
    assert list(refusal.value.fields) == [field]


def test_vans_are_the_operators(database: Database) -> None:
    good = van(database)
    with pytest.raises(NotAllowed):
        database.read_now(lambda s: deliver.list_vans(s, p.BRUNO))
    with pytest.raises(NotAllowed):
        database.write_now(lambda tx: deliver.save_van(tx, p.BRUNO, good))
    database.write_now(lambda tx: deliver.renew_driver_link(tx, p.DANA, good.id))
    with pytest.raises(NotFound, match="no longer"):
        drive(database, good)
    database.write_now(lambda tx: deliver.delete_van(tx, p.DANA, good.id))
    with pytest.raises(NotFound):
        drive(database, good)


def test_a_merchant_cannot_scan_what_the_fleet_brings(database: Database) -> None:
    parcel = due(database)
    with pytest.raises(NotAllowed):
        p.record(database, p.scan(parcel, "delivered"))
    assert p.record(database, p.scan(parcel, "delivered"), Scope.system()).state == "delivered"


def test_a_day_begins_at_midnight_there() -> None:
    assert midnight_of("2026-01-05", "UTC") - midnight_of("2026-01-05", "Asia/Shanghai") == 8 * HOUR
    assert today(midnight_of("2026-01-05", "Asia/Shanghai"), "Asia/Shanghai") == "2026-01-05"
    assert PLAN_TASK == "deliver.plan"


def _last_ready(database: Database) -> str:
    plans = database.read_now(lambda s: deliver.list_plans(s, p.DANA))
    return next(each.id for each in plans if each.state == "ready")


def test_a_van_that_left_meanwhile_gets_no_second_route(database: Database) -> None:
    coordinates(database)
    one = van(database)
    old = due(database)
    plan(database)
    p.record(database, p.scan(old, "delivered"), Scope.system())
    due(database, "Bergedorf")
    row = database.write_now(lambda tx: deliver.plan_day(tx, p.DANA, DAY, 1))
    day = database.read_now(lambda s: read_day(s, row, SETTINGS))
    made = routes.solve(day.problem, 0.2, 1)
    assert [route.vehicle_id for route in made.routes] == [one.id]
    started = prepare_text("UPDATE deliver_routes SET started_at = :now")
    database.write_now(lambda tx: tx.run(started, now=tx.now))
    with pytest.raises(Conflict, match="plan the day again"):
        database.write_now(lambda tx: write_plan(tx, row, day, made))

"""Scans come late, twice and out of order: one state, and each fact announced once."""

import itertools
import threading
from collections.abc import Callable
from random import Random
from typing import get_args

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from entrepot import deliver
from entrepot.identity import Scope
from entrepot.kernel import HOUR, MINUTE, Conflict, Database, Invalid, NotAllowed, NotFound, NotSignedIn
from entrepot.kernel.testing import NOON
from tests.deliver import parcels as p
from tests.proof import count

SCANS = st.lists(
    st.builds(
        deliver.Scan,
        st.just("pcl_1"),
        st.sampled_from(get_args(deliver.ScanCode)),
        st.integers(0, 2),
        st.just(""),
        st.text("abcdef", min_size=1, max_size=3),
    ),
    unique_by=lambda scan: scan.source_id,
    max_size=7,
)


@settings(max_examples=count(200, 2_000))
@given(SCANS, st.randoms(use_true_random=False))
def test_every_order_and_repetition_of_scans_gives_one_state(scans: list[deliver.Scan], random: Random) -> None:
    shuffled = scans + [random.choice(scans) for _ in range(random.randrange(4)) if scans]
    random.shuffle(shuffled)
    assert deliver.fold(shuffled) == deliver.fold(scans)


def test_of_two_scans_at_one_moment_the_one_further_along_tells() -> None:
    for earlier, later in itertools.combinations(WAY, 2):
        scans = [deliver.Scan("pcl_1", code, 0, "", source) for code, source in ((earlier, "z"), (later, "a"))]  # type: ignore[arg-type]
        assert deliver.fold(scans) == deliver.fold(reversed(scans))
        assert deliver.fold(scans).state == later


@given(SCANS)
def test_a_state_follows_from_its_scans(scans: list[deliver.Scan]) -> None:
    told = deliver.fold(scans)
    codes = {scan.code for scan in scans}
    assert (told.state == "delivered") == (told.delivered_at is not None) == ("delivered" in codes)
    assert (told.state == "booked") == (told.handed_over_at is None) or "label" in codes
    assert (told.handed_over_at is None) == (codes <= {"label"})
    if "delivered" not in codes:
        assert (told.state == "returned") == ("returned" in codes)


def test_the_latest_scan_tells_where_a_parcel_is(database: Database) -> None:
    parcel = p.book(database)
    for code, hours, state in (
        ("label", 9, "booked"),
        ("in_transit", 6, "in_transit"),
        ("handed_over", 8, "in_transit"),
        ("failed", 4, "failed"),
        ("out_for_delivery", 3, "out_for_delivery"),
        ("delivered", 1, "delivered"),
        ("failed", 0, "delivered"),
    ):
        seen = p.record(database, p.scan(parcel, code, hours))  # type: ignore[arg-type]
        assert seen.state == state
    assert seen.handed_over_at == NOON - 8 * HOUR
    assert p.breaches(database) == []


WAY = ("label", "handed_over", "in_transit", "out_for_delivery", "delivered")


def test_any_order_of_arrival_announces_each_fact_once(database: Database) -> None:
    booked = []
    for number, order in enumerate(itertools.permutations(WAY)):
        if number % count(6, 1):
            continue
        parcel = p.book(database)
        booked.append(parcel)
        for code in (*order, order[0], *order):
            last = p.record(database, p.scan(parcel, code, 5 - WAY.index(code)))  # type: ignore[arg-type]
        assert (last.state, last.delivered_at, last.handed_over_at) == ("delivered", NOON - HOUR, NOON - 4 * HOUR)
    events = p.events_of(database)
    for parcel in booked:
        assert events.count(deliver.ParcelHandedOver(parcel.id, "sor_lamp")) == 1
        assert events.count(deliver.ParcelDelivered(parcel.id, "sor_lamp", NOON - HOUR)) == 1
    assert len(events) == 2 * len(booked)
    assert p.breaches(database) == []


def test_scans_at_once_announce_each_fact_once(database: Database, report_count: Callable[[str, int], None]) -> None:
    rounds = count(5, 100)
    for _ in range(rounds):
        parcel = p.book(database)
        scans = [p.scan(parcel, code, 5 - place) for place, code in enumerate(WAY)] * 2  # type: ignore[arg-type]
        threads = [threading.Thread(target=p.record, args=(database, scan)) for scan in scans]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        [tracking] = database.read_now(lambda snapshot: deliver.list_tracking(snapshot, ["sor_lamp"]))["sor_lamp"][-1:]
        assert len(tracking.scans) == len(WAY)
    assert len(p.events_of(database)) == 2 * rounds
    assert p.breaches(database) == []
    report_count("ten scans at once", rounds)


def test_another_scan_under_the_same_number_is_refused(database: Database) -> None:
    parcel = p.book(database)
    p.record(database, p.scan(parcel, "handed_over", 2, "scan 1"))
    with pytest.raises(Conflict):
        p.record(database, p.scan(parcel, "delivered", 2, "scan 1"))
    assert p.record(database, p.scan(parcel, "handed_over", 2, "scan 1")).state == "handed_over"


@pytest.mark.parametrize(
    "change", [{"at": NOON + 6 * MINUTE}, {"at": NOON - 25 * HOUR}, {"source_id": ""}, {"source_id": "x" * 201}]
)
def test_a_scan_that_cannot_be_of_this_parcel_is_refused(database: Database, change: dict[str, object]) -> None:
    parcel = p.book(database)
    with pytest.raises(Invalid):
        p.record(database, msgspec.structs.replace(p.scan(parcel, "delivered"), **change))


def test_scans_come_from_the_merchant_the_operator_and_the_carrier_itself(database: Database) -> None:
    own, driven = p.book(database), p.book(database, "sandbox")
    for number, scope in enumerate((p.BRUNO, p.DANA, Scope.system())):
        assert p.record(database, p.scan(own, "in_transit", number), scope).state == "in_transit"
    with pytest.raises(NotAllowed, match="reports its own"):
        p.record(database, p.scan(driven, "delivered"))
    assert p.record(database, p.scan(driven, "in_transit"), p.DANA).state == "in_transit"
    for parcel in (own, msgspec.structs.replace(own, id="pcl_none")):
        with pytest.raises(NotFound):
            p.record(database, p.scan(parcel, "delivered"), p.CARLA)
        for scope, refusal in ((p.ALICE, NotAllowed), (p.CHEN, NotAllowed), (Scope.public(), NotSignedIn)):
            with pytest.raises(refusal):
                p.record(database, p.scan(parcel, "delivered"), scope)

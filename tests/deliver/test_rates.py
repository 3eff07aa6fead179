"""What a sheet asks: by zone, by parcel, by volume, with what comes on top. Edges are exact."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from entrepot import deliver
from entrepot.deliver import Box, Item, SheetTerms, Surcharge, Zone, ZoneRate
from entrepot.deliver.packing import Packed
from entrepot.deliver.rates import counted_g, price_by
from entrepot.deliver.sheets import check_sheet
from entrepot.kernel import Database, Invalid, NotFound
from tests.deliver import parcels as p

ISLANDS = Zone("zon_islands", "org_bruno", "Islands", ("DE:25992-25999", "DE:18565"))
NORTH = Zone("zon_north", "org_bruno", "North", ("DE:2*",))
ZONES = {zone.id: zone for zone in (ISLANDS, NORTH)}


def sheet(draft: deliver.RateSheetDraft = p.WEIGHT, **terms: Any) -> deliver.RateSheet:
    return check_sheet(structs.replace(draft, terms=SheetTerms(**terms)), "rat_1", "org_bruno")


def ask(weight_g: int | None = 800, postal_code: str = "10115", **more: Any) -> deliver.QuoteRequest:
    return structs.replace(p.ask(weight_g), postal_code=postal_code, **more)


def parcel(weight_g: int | None = 800, *sides: int) -> Packed:
    return Packed(weight_g, tuple(sorted(sides, reverse=True)), sides[0] * sides[1] * sides[2])  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("postal_code", "amount_minor"),
    [("10115", 3_90), ("20457", 4_50), ("25991", 4_50), ("25992", 12_00), ("25999", 12_00), ("18565", 12_00)],
)
def test_the_closest_zone_decides(postal_code: str, amount_minor: int) -> None:
    rates = (ZoneRate(NORTH.id, ((5_000, 4_50),)), ZoneRate(ISLANDS.id, ((5_000, 12_00),)))
    for order in (rates, rates[::-1]):
        assert price_by(sheet(zones=order), ask(postal_code=postal_code), ZONES) == amount_minor


def test_a_zone_without_steps_is_not_served() -> None:
    closed = sheet(zones=(ZoneRate(ISLANDS.id),))
    assert price_by(closed, ask(postal_code="18565"), ZONES) is None
    assert price_by(closed, ask(postal_code="18564"), ZONES) == 3_90


def test_a_zone_has_days_of_its_own(database: Database) -> None:
    zone = database.write_now(lambda tx: deliver.save_zone(tx, p.BRUNO, "Islands", ISLANDS.places))
    terms = SheetTerms(zones=(ZoneRate(zone.id, ((5_000, 12_00),), 4, 9),))
    p.save(database, structs.replace(p.WEIGHT, terms=terms))
    [far] = p.quote(database, ask(postal_code="18565"))
    [near] = p.quote(database, ask())
    assert ((far.days_min, far.days_max), (near.days_min, near.days_max)) == ((4, 9), (1, 3))
    assert far.promised_at > near.promised_at


def test_a_zone_is_its_merchants_own(database: Database) -> None:
    zone = database.write_now(lambda tx: deliver.save_zone(tx, p.BRUNO, "Islands", ISLANDS.places))
    with pytest.raises(NotFound):
        database.write_now(lambda tx: deliver.save_zone(tx, p.CARLA, "Mine", ("DE",), zone.id))
    with pytest.raises(NotFound):
        database.write_now(lambda tx: deliver.delete_zone(tx, p.CARLA, zone.id))
    with pytest.raises(Invalid, match="zone"):
        p.save(database, structs.replace(p.FLAT, terms=SheetTerms(zones=(ZoneRate(zone.id),))), p.CARLA)
    assert database.read_now(lambda s: deliver.list_zones(s, p.CARLA)) == []


def test_a_deleted_zone_takes_its_rates_along(database: Database) -> None:
    zone = database.write_now(lambda tx: deliver.save_zone(tx, p.BRUNO, "Islands", ISLANDS.places))
    p.save(database, structs.replace(p.FLAT, terms=SheetTerms(zones=(ZoneRate(zone.id, ((0, 1),)),))))
    database.write_now(lambda tx: deliver.delete_zone(tx, p.BRUNO, zone.id))
    [left] = database.read_now(lambda s: deliver.list_rate_sheets(s, p.BRUNO))
    assert left.terms.zones == ()


@pytest.mark.parametrize(
    ("sides", "counted"), [((500, 400, 300), 12_000), ((500, 400, 301), 12_040), ((10, 10, 10), 800), ((1, 1, 1), 800)]
)
def test_a_large_parcel_counts_by_its_volume(sides: tuple[int, int, int], counted: int) -> None:
    assert counted_g(sheet(divisor_cm3_per_kg=5_000), parcel(800, *sides)) == counted


def test_a_volume_is_rounded_up() -> None:
    divided = sheet(divisor_cm3_per_kg=6_000)
    assert counted_g(divided, parcel(0, 60, 10, 10)) == 1
    assert counted_g(divided, parcel(0, 61, 10, 10)) == 2
    assert counted_g(divided, parcel(None, 600, 100, 100)) is None


def test_each_parcel_and_each_kilogram_begun_costs_its_part() -> None:
    priced = sheet(per_parcel_minor=1_00, per_kg_minor=50)
    assert price_by(priced, ask(), parcels=[parcel(1_000, 1, 1, 1)]) == 3_90 + 1_00 + 50
    assert price_by(priced, ask(), parcels=[parcel(1_001, 1, 1, 1)]) == 6_90 + 1_00 + 1_00
    assert price_by(priced, ask(), parcels=[parcel(1_000, 1, 1, 1)] * 3) == 3 * (3_90 + 1_00 + 50)
    flat = sheet(p.FLAT, per_parcel_minor=1_00)
    assert price_by(flat, ask(), parcels=[parcel(1_000, 1, 1, 1)] * 3) == 4_90 + 3_00


@pytest.mark.parametrize(("longest", "more"), [(1_200, 0), (1_201, 9_00)])
def test_a_bulky_parcel_costs_more(longest: int, more: int) -> None:
    bulky = Surcharge("Bulky", 9_00, over_longest_mm=1_200)
    assert price_by(sheet(surcharges=(bulky,)), ask(), parcels=[parcel(800, 10, longest, 10)]) == 3_90 + more


def test_girth_weight_and_remote_places_cost_more() -> None:
    girth = sheet(surcharges=(Surcharge("Girth", 5_00, over_girth_mm=3_000),))
    assert price_by(girth, ask(), parcels=[parcel(800, 1_000, 500, 500)]) == 3_90
    assert price_by(girth, ask(), parcels=[parcel(800, 1_001, 500, 500)]) == 8_90
    heavy = sheet(surcharges=(Surcharge("Heavy", 5_00, over_g=800),))
    assert (price_by(heavy, ask(800)), price_by(heavy, ask(801))) == (3_90, 8_90)
    flat = sheet(p.FLAT, surcharges=(Surcharge("Heavy", 5_00, over_g=800),))
    assert price_by(flat, ask(None)) == 4_90  # nobody said what it weighs
    remote = sheet(surcharges=(Surcharge("Remote", 5_00, places=("DE:18565",)),))
    assert (price_by(remote, ask(postal_code="18565")), price_by(remote, ask())) == (8_90, 3_90)


@pytest.mark.parametrize(
    ("terms", "fits"),
    [
        ({"longest_mm_max": 1_000}, True),
        ({"longest_mm_max": 999}, False),
        ({"girth_mm_max": 1_800}, True),
        ({"girth_mm_max": 1_799}, False),
        ({"parcel_g_max": 800}, True),
        ({"parcel_g_max": 799}, False),
    ],
)
def test_what_is_too_large_is_not_taken(terms: dict[str, int], fits: bool) -> None:
    price = price_by(sheet(**terms), ask(), parcels=[parcel(800, 200, 1_000, 200)])
    assert (price is not None) == fits


def test_what_nobody_weighed_is_never_nothing() -> None:
    unknown = (Item(None, 10, 10, 10),)
    assert price_by(sheet(), ask(None, items=unknown)) is None
    assert price_by(sheet(), ask(0, items=unknown)) is None
    assert price_by(sheet(p.FLAT), ask(None, items=unknown)) == 4_90
    assert price_by(sheet(p.FLAT, per_kg_minor=1), ask(None, items=unknown)) is None


STEPS = st.lists(st.tuples(st.integers(1, 9_000), st.integers(0, 900)), min_size=1, max_size=5).map(
    lambda rows: tuple(
        (sum(weight for weight, _ in rows[: n + 1]), sum(amount for _, amount in rows[: n + 1]))
        for n in range(len(rows))
    )
)
AMOUNT = st.integers(0, 500)


@given(STEPS, AMOUNT, AMOUNT, st.integers(0, 50_000), st.integers(0, 50_000), st.integers(1, 300), st.integers(1, 300))
def test_more_weight_and_larger_sides_never_cost_less(
    steps: Any, per_parcel: int, per_kg: int, one_g: int, other_g: int, one_mm: int, other_mm: int
) -> None:
    priced = sheet(
        structs.replace(p.WEIGHT, steps=steps), per_parcel_minor=per_parcel, per_kg_minor=per_kg,
        divisor_cm3_per_kg=5_000, surcharges=(Surcharge("Bulky", 7, over_longest_mm=150),),
    )  # fmt: skip
    light, heavy = sorted((one_g, other_g))
    small, large = sorted((one_mm, other_mm))
    less = price_by(priced, ask(), parcels=[parcel(light, small, 200, 90)])
    more = price_by(priced, ask(), parcels=[parcel(heavy, large, 200, 90)])
    if more is not None:
        assert less is not None
        assert less <= more


@given(STEPS, st.integers(1, 20_000), st.integers(0, 20_000), st.integers(0, 20_000), AMOUNT)
def test_a_larger_subtotal_never_makes_delivery_dearer(
    steps: Any, free_over: int, one: int, other: int, weight_g: int
) -> None:
    draft = structs.replace(p.WEIGHT, steps=steps, free_over_minor=free_over)
    small, large = (price_by(sheet(draft), ask(weight_g, subtotal_minor=each)) for each in sorted((one, other)))
    if large is not None:
        assert small is not None
        assert small >= large


BOXED = Box("box_1", "org_bruno", "Carton", 300, 200, 200, 100, 10_000)


def test_goods_are_priced_parcel_by_parcel_with_the_merchants_boxes(database: Database) -> None:
    p.save(database, p.WEIGHT)
    items = (Item(4_000, 290, 190, 190, quantity=3),)
    [loose] = p.quote(database, ask(12_000, items=items))
    assert (loose.amount_minor, loose.parcels) == (15_00, 1)
    database.write_now(lambda tx: deliver.save_box(tx, p.BRUNO, deliver.BoxDraft("Carton", 300, 200, 200, 100, 10_000)))
    [boxed] = p.quote(database, ask(12_000, items=items))
    assert (boxed.amount_minor, boxed.parcels) == (3 * 6_90, 3)


def test_the_platforms_boxes_stand_in_for_a_merchants(database: Database) -> None:
    p.save(database, p.WEIGHT)
    database.write_now(lambda tx: deliver.save_box(tx, p.DANA, deliver.BoxDraft("Carton", 300, 200, 200, 100, 10_000)))
    [boxed] = p.quote(database, ask(12_000, items=(Item(4_000, 290, 190, 190, quantity=3),)))
    assert boxed.parcels == 3


@pytest.mark.parametrize(
    ("terms", "field"),
    [
        ({"divisor_cm3_per_kg": 0}, "divisor_cm3_per_kg"),
        ({"per_kg_minor": -1}, "per_kg_minor"),
        ({"per_parcel_minor": -1}, "per_parcel_minor"),
        ({"longest_mm_max": 0}, "longest_mm_max"),
        ({"zones": (ZoneRate("zon_1"), ZoneRate("zon_1"))}, "zones"),
        ({"zones": (ZoneRate("zon_1", ((5, 1), (5, 2))),)}, "zones"),
        ({"zones": (ZoneRate("zon_1", ((5, 1),), 3, 2),)}, "zones"),
        ({"surcharges": (Surcharge("", 1, over_g=1),)}, "surcharges"),
        ({"surcharges": (Surcharge("Bulky", -1, over_g=1),)}, "surcharges"),
        ({"surcharges": (Surcharge("Bulky", 1),)}, "surcharges"),
        ({"surcharges": (Surcharge("Remote", 1, places=("Sylt",)),)}, "surcharges"),
    ],
)
def test_terms_that_could_not_price_a_delivery_are_refused(terms: dict[str, Any], field: str) -> None:
    with pytest.raises(Invalid) as refusal:
        sheet(**terms)
    assert list(refusal.value.fields) == [field]


def test_an_estimate_is_the_cheapest_quote_to_a_door(database: Database) -> None:
    p.save(database, p.FLAT)
    p.save(database, p.WEIGHT)
    wants = [
        deliver.Want("org_bruno", 800, None, 20_00, "EUR", "DE"),
        deliver.Want("org_bruno", None, None, 20_00, "EUR", "DE"),
        deliver.Want("org_bruno", 800, (10, 10, 10), 60_00, "EUR", "DE"),
        deliver.Want("org_bruno", 800, None, 20_00, "USD", "DE"),
        deliver.Want("org_carla", 800, None, 20_00, "EUR", "DE"),
    ]
    found = database.read_now(lambda s: deliver.estimate(s, wants))
    assert [each and (each.amount_minor, each.name, each.by_platform) for each in found] == [
        (3_90, "By weight", False), (4_90, "Post", False), (0, "Post", False), None, None,
    ]  # fmt: skip
    assert database.read_now(lambda s: deliver.estimate(s, [])) == []


def test_a_quote_says_whose_sheet_priced_it(database: Database) -> None:
    p.save(database, p.FLAT)
    p.save(database, p.WEIGHT, p.DANA)
    bruno, carla = p.quote(database, p.ask(), p.ask(merchant_id="org_carla"))
    assert (bruno.by_platform, carla.by_platform) == (False, True)
    taken = database.write_now(lambda tx: deliver.take_quotes(tx, p.ALICE.actor, [bruno.id, carla.id]))
    assert taken == [bruno, carla]


def test_a_merchant_may_offer_the_platforms_sheets_beside_its_own(database: Database) -> None:
    p.save(database, p.FLAT)
    p.save(database, p.WEIGHT, p.DANA)
    database.write_now(lambda tx: deliver.save_handling(tx, p.BRUNO, deliver.Handling(with_platform=True)))
    assert [(each.name, each.by_platform) for each in p.quote(database, p.ask())] == [
        ("By weight", True), ("Post", False),
    ]  # fmt: skip

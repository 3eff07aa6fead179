"""Stock: units in the ledger, absolute counts posted as differences, never sold twice."""

from concurrent.futures import ThreadPoolExecutor

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from entrepot import catalog, deliver, ledger
from entrepot.identity import Address, Scope
from entrepot.kernel import Database, Invalid, NotFound, Refused
from entrepot.kernel.sql import prepare_text
from tests.catalog.shop import ADDRESS, Shop, draft, events, open_shop, rows_in, variant


def send(shop: Shop, pieces: dict[str, int], parcel: str = "parcel") -> None:
    wanted = [catalog.Pieces(line_id, number, number) for line_id, number in pieces.items()]
    shop.database.write_now(lambda tx: ledger.post(tx, catalog.send_pieces(tx, wanted, parcel)))


def hold(shop: Shop, line: str, offer_id: str, quantity: int) -> None:
    request = catalog.StockRequest(line, offer_id, quantity)
    shop.database.write_now(lambda tx: ledger.post(tx, catalog.hold_stock(tx, [request], None)))


def left(shop: Shop, offer_id: str) -> int | None:
    return shop.database.read_now(lambda s: catalog.available(s, [offer_id]))[offer_id]


def test_a_count_is_absolute_and_posts_the_difference(shop: Shop) -> None:
    shop.save(draft("lamp", quantity=10))
    before = rows_in(shop.database, "ledger_transfers")
    shop.save(draft("lamp", quantity=7))
    assert rows_in(shop.database, "ledger_transfers") == before + 1
    assert left(shop, shop.offer("lamp").id) == 7
    shop.save(draft("lamp", quantity=0))
    assert left(shop, shop.offer("lamp").id) == 0
    assert not shop.product("lamp").sellable


def test_a_changed_count_is_announced(shop: Shop) -> None:
    shop.save(draft("lamp", quantity=10))
    told = len(events(shop.database))
    shop.save(draft("lamp", quantity=7))
    offer, product = shop.offer("lamp").id, shop.product("lamp").id
    assert events(shop.database, told) == [("catalog.StockChanged", {"offer_ids": [offer], "product_ids": [product]})]


def test_what_is_held_stays_when_fewer_are_counted(shop: Shop) -> None:
    shop.save(draft("lamp", quantity=10))
    offer = shop.offer("lamp").id
    hold(shop, "oln_1", offer, 4)
    assert left(shop, offer) == 6
    shop.save(draft("lamp", quantity=2))
    assert left(shop, offer) == 0
    shop.database.write_now(lambda tx: ledger.post(tx, catalog.release_stock(tx, ["oln_1"])))
    assert left(shop, offer) == 4


def test_an_old_file_read_again_does_not_bring_back_what_was_sold(shop: Shop) -> None:
    shop.save(draft("lamp", quantity=10))
    offer = shop.offer("lamp").id
    hold(shop, "oln_1", offer, 4)
    send(shop, {"oln_1": 4})
    shop.save(draft("lamp", quantity=10))
    assert left(shop, offer) == 6
    shop.save(draft("lamp", quantity=10, price_minor=5000))
    assert left(shop, offer) == 6
    shop.save(draft("lamp", quantity=6, price_minor=5000))
    assert left(shop, offer) == 6
    shop.save(draft("lamp", quantity=8, price_minor=5000))
    assert left(shop, offer) == 8


def test_sending_and_releasing_twice_is_once(shop: Shop) -> None:
    shop.save(draft("lamp", quantity=10))
    offer = shop.offer("lamp").id
    hold(shop, "oln_1", offer, 3)
    hold(shop, "oln_2", offer, 2)
    send(shop, {"oln_1": 3})
    for _ in range(2):
        shop.database.write_now(lambda tx: ledger.post(tx, catalog.release_stock(tx, ["oln_2"])))
        assert left(shop, offer) == 7
    shop.database.write_now(lambda tx: ledger.post(tx, catalog.release_stock(tx, ["oln_1"])))
    assert left(shop, offer) == 7
    send(shop, {"oln_1": 3, "oln_2": 2}, "another parcel")
    assert left(shop, offer) == 7


def test_uncounted_offers_are_always_there(shop: Shop) -> None:
    shop.save(draft("lamp", quantity="uncounted"))
    offer = shop.offer("lamp").id
    hold(shop, "oln_1", offer, 1_000)
    assert left(shop, offer) is None
    assert shop.database.read_now(lambda s: catalog.available(s, ["off_none"])) == {}


def test_sold_out_names_each_line_and_what_is_left(shop: Shop) -> None:
    shop.save(draft("lamp", quantity=5), draft("vase", quantity=0))
    lamp, vase = shop.offer("lamp").id, shop.offer("vase").id
    wanted = [
        catalog.StockRequest("l1", lamp, 4),
        catalog.StockRequest("l2", lamp, 3),
        catalog.StockRequest("l3", vase, 1),
    ]
    with pytest.raises(catalog.SoldOut) as refusal:
        shop.database.write_now(lambda tx: catalog.hold_stock(tx, wanted, None))
    assert refusal.value.lines == {"l2": 1, "l3": 0}
    assert left(shop, lamp) == 5
    with pytest.raises(NotFound):
        hold(shop, "l4", "off_none", 1)


def test_a_line_is_taken_from_the_fullest_place_and_from_several_when_it_must(shop: Shop) -> None:
    second = shop.database.write_now(lambda tx: deliver.add_location(tx, shop.scope, "Barn", ADDRESS)).id
    shop.save(draft("lamp", quantity=2))
    offer = shop.offer("lamp").id
    shop.database.write_now(lambda tx: catalog.set_stock(tx, shop.scope, offer, second, 5))
    assert left(shop, offer) == 7
    hold(shop, "l1", offer, 3)
    hold(shop, "l2", offer, 4)
    assert left(shop, offer) == 0
    send(shop, {"l1": 3, "l2": 4})
    assert left(shop, offer) == 0
    assert rows_in(shop.database, "catalog_stock_holds") == 3


def test_of_places_that_have_all_of_it_the_one_on_this_side_of_the_border_sends_then_the_nearest(shop: Shop) -> None:
    def place(name: str, country: str, city: str, count: int) -> str:
        where = msgspec.structs.replace(ADDRESS, country=country, city=city, postal_code="69001")
        made = shop.database.write_now(lambda tx: deliver.add_location(tx, shop.scope, name, where)).id
        shop.database.write_now(lambda tx: catalog.set_stock(tx, shop.scope, offer, made, count))
        return made

    shop.save(draft("lamp", quantity=0))
    offer = shop.offer("lamp").id
    places = {
        "Lyon": place("Fullest, abroad", "FR", "Lyon", 90), "Berlin": place("Full, far", "DE", "Berlin", 50),
        "Hamburg": place("Near", "DE", "Hamburg", 5),
    }  # fmt: skip
    points = {"Berlin": (52_520_000, 13_405_000), "Hamburg": (53_551_100, 9_993_700), "Kiel": (54_323_300, 10_122_800)}
    known = [deliver.Known("DE", "", city, deliver.Point(*point)) for city, point in points.items()]
    shop.database.write_now(lambda tx: deliver.save_coordinates(tx, Scope.system(), known))
    kiel = msgspec.structs.replace(ADDRESS, country="DE", city="Kiel", postal_code="")
    lyon = msgspec.structs.replace(ADDRESS, country="FR", city="Lyon", postal_code="")

    def sender(line: str, quantity: int, to: Address | None) -> str:
        wanted = catalog.StockRequest(line, offer, quantity)
        shop.database.write_now(lambda tx: ledger.post(tx, catalog.hold_stock(tx, [wanted], None, to)))
        read = prepare_text("SELECT location_id FROM catalog_stock_holds WHERE line_id = :line")
        [row] = shop.database.read_now(lambda s: s.all(read, line=line))
        return next(city for city, made in places.items() if made == row[0])

    assert sender("l1", 2, kiel) == "Hamburg"
    assert sender("l2", 20, kiel) == "Berlin"  # the near one has too little: one parcel goes before the way
    assert sender("l3", 60, kiel) == "Lyon"
    assert sender("l4", 1, lyon) == "Lyon"
    assert sender("l5", 1, None) == "Berlin"  # nobody says where it goes: the fullest


def test_stock_is_set_by_hand_only_for_ones_own_offer_at_ones_own_place(shop: Shop) -> None:
    other = open_shop(shop.database, "Other")
    shop.save(draft("lamp", quantity=2))
    offer = shop.offer("lamp").id

    def put(scope: object, place: str, count: int | None) -> catalog.OfferView:
        return shop.database.write_now(lambda tx: catalog.set_stock(tx, scope, offer, place, count))  # type: ignore[arg-type]

    assert put(shop.scope, shop.location_id, 9).available == 9
    assert put(shop.scope, shop.location_id, None).available is None
    assert put(shop.scope, shop.location_id, 4).available == 4
    with pytest.raises(NotFound):
        put(other.scope, other.location_id, 1)
    with pytest.raises(NotFound):
        put(shop.scope, other.location_id, 1)
    with pytest.raises(Invalid):
        put(shop.scope, shop.location_id, -1)


def test_a_count_by_hand_stays_until_the_feed_says_something_new(shop: Shop) -> None:
    shop.save(draft("lamp", quantity=10))
    offer = shop.offer("lamp").id
    shop.database.write_now(lambda tx: catalog.set_stock(tx, shop.scope, offer, shop.location_id, 7))
    shop.save(draft("lamp", quantity=10, price_minor=5000))
    assert left(shop, offer) == 7
    shop.save(draft("lamp", quantity=9, price_minor=5000))
    assert left(shop, offer) == 9


def test_forty_buyers_of_ten_get_ten(shop: Shop) -> None:
    shop.save(draft("lamp", quantity=10))
    offer = shop.offer("lamp").id

    def buy(number: int) -> bool:
        try:
            hold(shop, f"oln_{number}", offer, 1)
        except catalog.SoldOut:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(buy, range(40))) == 10
    assert left(shop, offer) == 0


@pytest.mark.proof
def test_any_life_of_an_offer_keeps_its_books(database: Database) -> None:
    """Counts, holds, shipments and releases in any order, against a model of three numbers."""
    steps = st.lists(
        st.one_of(
            st.tuples(st.just("count"), st.integers(0, 6)),
            st.tuples(st.just("hold"), st.integers(1, 4)),
            st.tuples(st.just("ship"), st.integers(0, 5)),
            st.tuples(st.just("release"), st.integers(0, 5)),
        ),
        max_size=15,
    )

    @given(steps=steps)
    def check(steps: list[tuple[str, int]]) -> None:
        shop = open_shop(database)
        shop.save(draft("lamp", quantity=0))
        offer = shop.offer("lamp").id
        on_hand, fed, held = 0, 0, dict[str, int]()
        lines: list[str] = []
        for kind, number in steps:
            if kind == "count":
                shop.save(draft("lamp", quantity=number))
                if number != fed:
                    on_hand, fed = max(number, sum(held.values())), number
            elif kind == "hold":
                line = f"{shop.id}-{len(lines)}"
                try:
                    hold(shop, line, offer, number)
                    held[line] = number
                    lines.append(line)
                except Refused:
                    assert number > on_hand - sum(held.values())
            elif number < len(lines):
                line = lines[number]
                if kind == "release":
                    shop.database.write_now(lambda tx, line=line: ledger.post(tx, catalog.release_stock(tx, [line])))
                    held.pop(line, None)
                elif line in held:
                    send(shop, {line: held[line]}, line)
                    on_hand -= held.pop(line)
            assert left(shop, offer) == on_hand - sum(held.values())

    check()


def test_several_variants_have_stock_of_their_own(shop: Shop) -> None:
    shop.save(
        draft(
            "lamp",
            variants=(variant("s", options={"Size": "S"}, quantity=1), variant("m", quantity=2, options={"Size": "M"})),
        )
    )
    assert {offer.external_id: offer.available for offer in shop.product("lamp").offers} == {"s": 1, "m": 2}


def test_an_order_is_held_at_as_few_places_as_can_be(shop: Shop) -> None:
    barn = shop.database.write_now(lambda tx: deliver.add_location(tx, shop.scope, "Barn", ADDRESS)).id
    shop.save(draft("lamp", quantity=9), draft("vase", quantity=0))
    lamp, vase = shop.offer("lamp").id, shop.offer("vase").id
    for offer, quantity in ((lamp, 2), (vase, 1)):
        shop.database.write_now(
            lambda tx, offer=offer, quantity=quantity: catalog.set_stock(tx, shop.scope, offer, barn, quantity)
        )
    requests = [catalog.StockRequest("l1", lamp, 2), catalog.StockRequest("l2", vase, 1)]
    plan = shop.database.write_now(lambda tx: catalog.hold_stock(tx, requests, None))
    assert {step.debit.owner for step in plan if isinstance(step, ledger.Hold)} == {barn}

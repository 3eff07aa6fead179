"""Stock at several places: moves between them, the history at each, the notice when it runs low."""

from __future__ import annotations

from typing import Any

import pytest

from entrepot import catalog, deliver, ledger
from entrepot.catalog import StockRequest
from entrepot.catalog.events import StockChanged
from entrepot.catalog.rules import TASKS
from entrepot.catalog.shelves import tell_low_stock
from entrepot.kernel import Conflict, Database, Invalid, NotFound, from_json, prepare_text
from entrepot.kernel.testing import settle
from tests.catalog.shop import ADDRESS, Shop, draft, open_shop


@pytest.fixture
def berlin(shop: Shop) -> str:
    """A second place."""
    return shop.database.write_now(lambda tx: deliver.add_location(tx, shop.scope, "Berlin", ADDRESS)).id


def _lying(shop: Shop, external_id: str = "lamp") -> dict[str, int]:
    offer_id = shop.offer(external_id).id
    return shop.database.read_now(lambda s: catalog.on_hand_of(s, [offer_id]))[offer_id]


def _move(shop: Shop, offer_id: str, *args: Any) -> None:
    shop.database.write_now(lambda tx: catalog.move_stock(tx, shop.scope, offer_id, *args))


def _hold(shop: Shop, line_id: str, offer_id: str, quantity: int) -> None:
    request = StockRequest(line_id, offer_id, quantity)
    shop.database.write_now(lambda tx: ledger.post(tx, catalog.hold_stock(tx, [request], None)))


def test_a_draft_says_how_many_lie_at_each_place_by_name_or_id(shop: Shop, berlin: str) -> None:
    shop.save(draft("lamp", quantity=None, stock={"workshop": 3, berlin: 4}), location_id=None)
    assert _lying(shop) == {shop.location_id: 3, berlin: 4}
    assert shop.offer("lamp").available == 7
    shop.save(draft("lamp", quantity=None, stock={"BERLIN": 5}), location_id=None)
    assert _lying(shop) == {shop.location_id: 0, berlin: 5}
    assert shop.save(draft("lamp", quantity=None, stock={"BERLIN": 5}), location_id=None).unchanged == 1
    for bad in ({"Munich": 1}, {"Berlin": 1, berlin: 2}):
        with pytest.raises(Invalid):
            shop.save(draft("lamp", quantity=None, stock=bad), location_id=None)
    assert _lying(shop) == {shop.location_id: 0, berlin: 5}


def test_pieces_move_between_places_and_none_is_lost(shop: Shop, berlin: str, database: Database) -> None:
    shop.save(draft("lamp", quantity=10))
    offer_id = shop.offer("lamp").id
    _hold(shop, "lin_1", offer_id, 4)
    _move(shop, offer_id, shop.location_id, berlin, 6)
    assert _lying(shop) == {shop.location_id: 4, berlin: 6}
    assert shop.offer("lamp").available == 6
    with pytest.raises(Conflict, match="Only 0 pieces"):
        _move(shop, offer_id, shop.location_id, berlin, 1)
    for bad in ((berlin, berlin, 1), (berlin, shop.location_id, 0), (berlin, shop.location_id, -1)):
        with pytest.raises(Invalid):
            _move(shop, offer_id, *bad)
    other = open_shop(database, "Other")
    with pytest.raises(NotFound):
        _move(shop, offer_id, berlin, other.location_id, 1)
    with pytest.raises(NotFound):
        database.write_now(lambda tx: catalog.move_stock(tx, other.scope, offer_id, berlin, other.location_id, 1))
    assert _lying(shop) == {shop.location_id: 4, berlin: 6}


def test_the_history_at_a_place_adds_up_to_what_lies_there_and_is_free(shop: Shop, berlin: str) -> None:
    shop.save(draft("lamp", quantity=10))
    offer_id, here = shop.offer("lamp").id, shop.location_id
    _hold(shop, "lin_1", offer_id, 4)
    _hold(shop, "lin_2", offer_id, 2)
    leaving = [catalog.Pieces("lin_1", 4, 4)]
    shop.database.write_now(lambda tx: ledger.post(tx, catalog.send_pieces(tx, leaving, "parcel")))
    shop.database.write_now(lambda tx: ledger.post(tx, catalog.release_stock(tx, ["lin_2"])))
    _move(shop, offer_id, here, berlin, 1)
    shop.database.write_now(ledger.seal)
    shop.database.write_now(lambda tx: catalog.set_stock(tx, shop.scope, offer_id, here, 9))

    def page(before: str | None, most: int) -> list[catalog.Movement]:
        return shop.database.read_now(lambda s: catalog.list_movements(s, shop.scope, offer_id, here, before, most))

    found = page(None, 50)
    assert [each.reason for each in found] == ["counted", "moved", "released", "sent", "held", "held", "counted"]
    assert sum(each.on_hand for each in found) == _lying(shop)[here] == 9
    assert sum(each.free for each in found) == 9
    walked: list[catalog.Movement] = []
    while some := page(walked[-1].id if walked else None, 2):
        walked += some
    assert walked == found


def test_low_stock_is_told_once_for_each_time_it_runs_low(shop: Shop) -> None:
    shop.save(draft("lamp", quantity=10, low_stock_at=3))
    offer_id = shop.offer("lamp").id

    def told(on_hand: int) -> list[dict[str, str]]:
        def command(tx: Any) -> None:
            catalog.set_stock(tx, shop.scope, offer_id, shop.location_id, on_hand)
            tell_low_stock(tx, StockChanged((offer_id,), (shop.product("lamp").id,)))

        shop.database.write_now(command)
        rows = shop.database.read_now(lambda s: s.all(_NOTICES, to=shop.id))
        return [from_json(row[0]) for row in rows]

    assert told(4) == []
    assert [each["left"] for each in told(3)] == ["3"]
    assert len(told(1)) == len(told(2)) == 1
    assert len(told(4)) == 1
    assert sorted(each["left"] for each in told(0)) == ["0", "3"]
    assert [each[0] for each in shop.database.read_now(lambda s: catalog.list_low_stock(s, shop.scope))] == [offer_id]


_NOTICES = prepare_text(
    "SELECT params FROM identity_notices WHERE kind = 'catalog.low_stock' AND owner = :to ORDER BY id"
)


def test_a_number_that_is_named_below_what_is_left_is_told_at_once(shop: Shop) -> None:
    shop.save(draft("lamp", quantity=2))
    offer = shop.offer("lamp").id
    for number, told in ((5, 1), (5, 1), (1, 1), (4, 2)):
        change = catalog.OfferChange(low_stock_at=number)
        shop.database.write_now(lambda tx, change=change: catalog.update_offer(tx, shop.scope, offer, change))
        settle(shop.database, catalog.reactions(), TASKS)
        assert len(shop.database.read_now(lambda s: s.all(_NOTICES, to=shop.id))) == told

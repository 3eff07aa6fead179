"""The lives of listings: what buyers see at each moment, and what lets go of a GTIN."""

from __future__ import annotations

from typing import Any

import pytest

from entrepot import catalog
from entrepot.catalog.sales import TASKS, open_scheduled, switch_prices
from entrepot.kernel import DAY, HOUR, Conflict, Database, Invalid, ManualClock, NotFound, Workers, to_rfc3339
from tests.catalog.shop import Shop, draft, events, open_shop

GTIN = "4006381333931"


def _listing(shop: Shop, external_id: str = "lamp") -> catalog.Listing:
    found = shop.database.read_now(lambda s: catalog.list_listings(s, shop.scope, external_id))
    return next(each for each in found if each.external_id == external_id)


def _set(shop: Shop, status: Any, at: int | None = None, external_id: str = "lamp") -> int:
    id_ = _listing(shop, external_id).id
    return shop.database.write_now(lambda tx: catalog.set_listing_status(tx, shop.scope, [id_], status, at))


def _seen(shop: Shop, external_id: str = "lamp") -> bool:
    """Whether buyers find it, on its page, in lists, in the index and in carts, which must agree."""
    found = _listing(shop, external_id)
    offer_id = found.offers[0].id
    cards = shop.database.read_now(lambda s: catalog.list_cards(s, [found.product_id]))
    documents = shop.database.read_now(lambda s: catalog.documents_of(s, [found.product_id]))
    in_cart = shop.database.read_now(lambda s: catalog.offers_for_cart(s, [offer_id]))[offer_id].sellable
    try:
        shop.database.read_now(lambda s: catalog.get_product(s, found.product_id))
        on_page = True
    except NotFound:
        on_page = False
    answers = {bool(cards), bool(documents), in_cart, on_page, found.visible}
    assert len(answers) == 1, (cards, documents, in_cart, on_page, found.visible)
    return answers.pop()


def _pass(database: Database, time: int) -> None:
    clock = database.clock
    assert isinstance(clock, ManualClock)
    clock.advance(time)
    Workers(database, TASKS, "test").drain()


def test_every_read_says_the_same_in_every_status(shop: Shop) -> None:
    shop.save(draft("lamp", published=False))
    assert (_listing(shop).status, _seen(shop)) == ("draft", False)
    for status, is_seen in (("published", True), ("hidden", False), ("published", True), ("delisted", False)):
        assert _set(shop, status) == 1
        assert (_listing(shop).status, _seen(shop)) == (status, is_seen)
        assert _set(shop, status) == 0
    assert _set(shop, "published") == 1
    assert _seen(shop)


def test_a_scheduled_listing_is_opened_at_its_time_and_announced(shop: Shop) -> None:
    now = shop.database.clock.now()
    shop.save(draft("lamp", publish_at=to_rfc3339(now + DAY)))
    assert (_listing(shop).status, _listing(shop).publish_at, _seen(shop)) == ("scheduled", now + DAY, False)
    told = len(events(shop.database))
    _pass(shop.database, DAY - 1)
    assert not _seen(shop)
    _pass(shop.database, 1)
    assert (_listing(shop).status, _seen(shop)) == ("published", True)
    assert [name for name, _ in events(shop.database, told)] == ["catalog.ProductsListed"]


def test_schedules_that_passed_while_nothing_ran_are_caught_up(shop: Shop) -> None:
    now = shop.database.clock.now()
    shop.save(*(draft(f"l-{n}", publish_at=to_rfc3339(now + n * HOUR)) for n in range(1, 6)))
    assert isinstance(shop.database.clock, ManualClock)
    shop.database.clock.advance(3 * HOUR)
    assert shop.database.write_now(open_scheduled) == 3
    assert [_seen(shop, f"l-{n}") for n in range(1, 6)] == [True, True, True, False, False]
    _pass(shop.database, 2 * HOUR)
    assert _seen(shop, "l-5")


def test_what_was_changed_by_hand_stays_until_the_feed_says_something_new(shop: Shop) -> None:
    later = to_rfc3339(shop.database.clock.now() + DAY)
    shop.save(draft("lamp", publish_at=later))
    _set(shop, "published")
    shop.save(draft("lamp", publish_at=later, price_minor=4_800))
    assert _seen(shop)
    shop.save(draft("lamp", price_minor=4_800, published=False))
    assert _listing(shop).status == "hidden"
    _set(shop, "delisted")
    shop.save(draft("lamp", price_minor=4_700, published=False))
    assert (_listing(shop).status, _seen(shop)) == ("delisted", False)


def test_statuses_that_make_no_sense_are_refused(shop: Shop, database: Database) -> None:
    shop.save(draft("lamp"))
    now = database.clock.now()
    for status, at in (("draft", None), ("scheduled", None), ("scheduled", now), ("published", now + DAY)):
        with pytest.raises(Invalid):
            _set(shop, status, at)
    other = open_shop(database, "Other")
    id_ = _listing(shop).id
    with pytest.raises(NotFound):
        database.write_now(lambda tx: catalog.set_listing_status(tx, other.scope, [id_], "hidden"))
    assert _seen(shop)


def test_a_draft_is_not_hidden_but_stays_a_draft(shop: Shop) -> None:
    shop.save(draft("lamp", published=False))
    assert _set(shop, "hidden") == 0
    assert _listing(shop).status == "draft"


def test_delisting_lets_go_of_the_gtin_where_nobody_else_sells_it(shop: Shop, database: Database) -> None:
    shop.save(draft("lamp", gtin=GTIN))
    _set(shop, "delisted")
    other = open_shop(database, "Other")
    other.save(draft("their-lamp", gtin=GTIN, title="A lamp of theirs"))
    assert other.product("their-lamp").id != _listing(shop).product_id
    assert _set(shop, "published") == 1
    third = open_shop(database, "Third")
    third.save(draft("third", gtin=GTIN))
    assert third.product("third").id == other.product("their-lamp").id


def test_a_product_that_is_shown_again_has_its_gtin_again(shop: Shop, database: Database) -> None:
    shop.save(draft("lamp", gtin=GTIN))
    product_id = _listing(shop).product_id
    _set(shop, "delisted")
    database.write_now(lambda tx: catalog.publish_product(tx, shop.scope, product_id))
    assert (_listing(shop).status, _seen(shop)) == ("published", True)
    other = open_shop(database, "Other")
    other.save(draft("their-lamp", gtin=GTIN))
    assert other.product("their-lamp").id == product_id


def test_delisting_keeps_the_gtin_where_others_sell_it(shop: Shop, database: Database) -> None:
    shop.save(draft("lamp", gtin=GTIN))
    other = open_shop(database, "Other")
    other.save(draft("theirs", gtin=GTIN))
    _set(shop, "delisted")
    third = open_shop(database, "Third")
    third.save(draft("third", gtin=GTIN))
    assert third.product("third").id == other.product("theirs").id == _listing(shop).product_id


def test_the_price_follows_a_sale_in_every_read_even_when_no_task_ran(shop: Shop) -> None:
    now = shop.database.clock.now()
    sale = catalog.SaleDraft(3_900, to_rfc3339(now + HOUR), to_rfc3339(now + 2 * HOUR))
    shop.save(draft("lamp", price_minor=4_900, sale=sale, prices={"EUR": 4_500}))
    offer_id = shop.offer("lamp").id
    clock = shop.database.clock
    assert isinstance(clock, ManualClock)
    for price, euros in ((4_900, 4_500), (3_900, 3_582), (4_900, 4_500)):
        view = shop.offer("lamp")
        in_cart = shop.database.read_now(lambda s: catalog.offers_for_cart(s, [offer_id]))[offer_id]
        [card] = shop.database.read_now(lambda s: catalog.list_cards(s, [shop.product("lamp").id]))
        assert {view.price_minor, in_cart.price_minor, card.price_minor} == {price}
        assert view.prices == in_cart.prices == {"EUR": euros}
        assert view.was_minor == (4_900 if price == 3_900 else None)
        clock.advance(HOUR)
    told = len(events(shop.database))
    assert shop.database.write_now(switch_prices) == 1
    assert [name for name, _ in events(shop.database, told)] == ["catalog.OffersChanged"]
    assert shop.database.write_now(switch_prices) == 0


def test_the_task_of_a_border_runs_at_the_border_and_says_the_lowest_price_before(shop: Shop) -> None:
    now = shop.database.clock.now()
    sale = catalog.SaleDraft(3_900, to_rfc3339(now + DAY), to_rfc3339(now + 2 * DAY))
    shop.save(draft("lamp", price_minor=4_900, sale=sale))
    told = len(events(shop.database))
    _pass(shop.database, DAY)
    assert [name for name, _ in events(shop.database, told)] == ["catalog.OffersChanged"]
    assert (shop.offer("lamp").price_minor, shop.offer("lamp").lowest_30d_minor) == (3_900, 4_900)
    _pass(shop.database, DAY)
    assert (shop.offer("lamp").price_minor, shop.offer("lamp").lowest_30d_minor) == (4_900, None)
    assert len(events(shop.database, told)) == 2


def test_a_sale_by_hand_is_checked_and_taken_away(shop: Shop) -> None:
    shop.save(draft("lamp", price_minor=4_900))
    offer_id = shop.offer("lamp").id

    def change(**values: Any) -> catalog.OfferView:
        to = catalog.OfferChange(**values)
        _pass(shop.database, HOUR)
        return shop.database.write_now(lambda tx: catalog.update_offer(tx, shop.scope, offer_id, to))

    assert change(sale=catalog.Sale(4_000)).price_minor == 4_000
    assert change(price_minor=5_000).price_minor == 4_000
    assert change(price_minor=3_500).price_minor == 3_500, "a sale that is none any more ends"
    assert change(price_minor=5_000).price_minor == 5_000
    assert change(sale=catalog.Sale(4_000)).lowest_30d_minor == 3_500
    assert change(sale=None).lowest_30d_minor is None
    for bad in (catalog.Sale(5_000), catalog.Sale(0), catalog.Sale(4_000, 20, 10)):
        with pytest.raises(Invalid):
            change(sale=bad)
    with pytest.raises((Invalid, Conflict)):
        change(prices={"USD": 5})

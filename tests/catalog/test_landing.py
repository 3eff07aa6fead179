"""The offer proposed first: the lowest price with delivery, in the market's currency; then the soonest, the oldest."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from entrepot import catalog, deliver, pay
from entrepot.catalog.landing import in_order, why_first
from entrepot.kernel import SECOND, Database, ManualClock
from tests.catalog.shop import SYSTEM, Shop, draft, open_shop

GTIN = "4006381333931"


def _sheet(shop: Shop, amount_minor: int, days: tuple[int, int] = (2, 4), currency: str = "USD") -> None:
    sheet = deliver.RateSheetDraft(
        "Post", "flat", ("*",), currency, ((1_000_000, amount_minor),), days_min=days[0], days_max=days[1]
    )
    shop.database.write_now(lambda tx: deliver.save_rate_sheet(tx, shop.scope, sheet))


@pytest.fixture
def sellers(database: Database) -> tuple[Shop, Shop, Shop]:
    """Three who sell the same, the first the oldest."""
    shops = []
    for name in ("First", "Second", "Third"):
        assert isinstance(database.clock, ManualClock)
        database.clock.advance(SECOND)
        shops.append(open_shop(database, name))
    return shops[0], shops[1], shops[2]


def _sell(shop: Shop, price_minor: int, currency: str = "USD", quantity: int = 5) -> None:
    assert isinstance(shop.database.clock, ManualClock)
    shop.database.clock.advance(SECOND)
    shop.save(draft("lamp", gtin=GTIN, price_minor=price_minor, weight_g=900, currency=currency, quantity=quantity))


def _first(shop: Shop) -> tuple[str, str]:
    view = shop.product("lamp")
    names = [offer.merchant_name for offer in view.offers if offer.id == view.featured_offer_id]
    [card] = shop.database.read_now(lambda s: catalog.list_cards(s, [view.id]))
    assert card.offer_id == (view.featured_offer_id or card.offer_id)
    [document] = shop.database.read_now(lambda s: catalog.documents_of(s, [view.id]))
    assert document.offer_id == card.offer_id
    return (names[0] if names else "", view.featured_why)


def test_delivery_counts_and_then_time_and_then_age(sellers: tuple[Shop, Shop, Shop]) -> None:
    one, two, three = sellers
    _sheet(one, 900)
    _sheet(two, 100)
    _sheet(three, 0, (1, 2))
    _sell(one, 4_000)
    assert _first(one) == ("First", "only_seller")
    _sell(two, 4_500)
    assert _first(one) == ("Second", "lowest_with_delivery")
    _sell(three, 4_600)
    assert _first(one) == ("Third", "sooner")
    _sell(three, 4_601)
    assert _first(one) == ("Second", "lowest_with_delivery")
    _sell(two, 4_800)
    _sell(three, 4_900)
    view = one.product("lamp")
    assert {offer.merchant_name: offer.landed_minor for offer in view.offers} == {
        "First": 4_900, "Second": 4_900, "Third": 4_900
    }  # fmt: skip
    assert view.offers[0].delivery_minor == 0
    _sell(three, 4_901)
    assert _first(one) == ("First", "first_to_list")
    assert one.database.read_now(lambda s: [x for p in catalog.PROOFS for x in p.check(s).breaches]) == []


def test_what_is_sold_out_or_not_delivered_is_not_proposed(sellers: tuple[Shop, Shop, Shop]) -> None:
    one, two, _ = sellers
    _sheet(one, 100)
    _sell(one, 5_000)
    _sell(two, 1_000)
    assert _first(one) == ("First", "delivers")
    _sell(one, 5_000, quantity=0)
    assert _first(one) == ("Second", "only_seller")
    _sell(two, 1_000, quantity=0)
    assert _first(one) == ("", "")


def test_other_currencies_compare_by_the_rate_of_today(sellers: tuple[Shop, Shop, Shop]) -> None:
    one, two, _ = sellers
    database = one.database
    _sheet(one, 0)
    _sheet(two, 0, currency="EUR")
    _sell(one, 5_000)
    _sell(two, 4_500, "EUR")
    assert _first(one)[0] == "First", "without a rate it comes behind"
    now = database.clock.now()
    for rate, name in (("0.95", "Second"), ("0.80", "First")):
        assert isinstance(database.clock, ManualClock)
        database.clock.advance(SECOND)
        rates = [pay.ExchangeRate("EUR", rate, database.clock.now(), "test")]
        database.write_now(lambda tx, r=rates: pay.save_rates(tx, SYSTEM, r))
        assert _first(one)[0] == name
    assert database.clock.now() > now


@st.composite
def offers(draw: st.DrawFn) -> list[catalog.OfferView]:
    """Offers of a product as they may be."""

    def one(n: int) -> catalog.OfferView:
        landed = draw(st.none() | st.integers(1, 4))
        return catalog.OfferView(
            f"off_{n}", "var_1", f"org_{draw(st.integers(0, 2))}", "", "", "", draw(st.integers(1, 4)), None,
            draw(st.sampled_from(["USD", "EUR"])), None, "active", draw(st.booleans()), None, draw(st.integers(0, 2)),
            landed_minor=landed, days_max=draw(st.integers(1, 2)) if landed else None,
        )  # fmt: skip

    return [one(n) for n in range(draw(st.integers(1, 6)))]


@given(offers())
def test_no_seller_is_passed_over_who_costs_less_with_delivery(given_offers: list[catalog.OfferView]) -> None:
    ordered = in_order(given_offers)
    assert in_order(list(reversed(given_offers))) == ordered
    first = ordered[0]
    selling = [offer for offer in given_offers if offer.sellable]
    assert first.sellable == bool(selling)
    assert bool(why_first(ordered)) == bool(selling)
    if len({offer.merchant_id for offer in selling}) > 1 and any(offer.landed_minor for offer in selling):
        best = min((offer.landed_minor, offer.days_max, offer.created_at) for offer in selling if offer.landed_minor)
        assert (first.landed_minor, first.days_max, first.created_at) == best

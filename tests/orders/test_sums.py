"""Random orders in currencies of 0, 2 and 3 decimals: against a plain model of prices, and what is always true."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from entrepot.orders.fees import FeeRule
from entrepot.orders.promotions.applying import Delivery
from entrepot.orders.promotions.terms import Promotion, Terms
from entrepot.orders.sums import PricedPart, Sums, Want, price_order
from entrepot.orders.sums import Terms as OrderTerms
from entrepot.pay import TaxArea, TaxRate
from tests.orders import plain_prices as plain
from tests.proof import count

CURRENCIES = ("JPY", "USD", "KWD")
MERCHANTS = ("org_a", "org_b", "org_c")
CATEGORIES = (None, "food", "food/sweets", "books", "books/maps/old")
PRODUCTS = tuple(f"prd_{number}" for number in range(5))
AMOUNTS = st.one_of(st.integers(0, 30), st.integers(0, 50_000), st.integers(0, 10**9))


@st.composite
def wants_of(draw: st.DrawFn) -> list[Want]:
    return draw(
        st.lists(
            st.builds(
                Want,
                merchant_id=st.sampled_from(MERCHANTS),
                product_id=st.sampled_from(PRODUCTS),
                category=st.sampled_from(CATEGORIES),
                tax_category=st.sampled_from((None, "food", "odd")),
                quantity=st.integers(1, 12),
                price_minor=AMOUNTS,
                collections=st.sets(st.sampled_from(("col_1", "col_2"))).map(frozenset),
            ),
            min_size=1,
            max_size=6,
        )
    )


@st.composite
def promotions_of(draw: st.DrawFn, currency: str, most: int = 5) -> list[Promotion]:
    number = draw(st.integers(0, most))
    found = []
    for at in range(number):
        owner = draw(st.sampled_from(("platform", *MERCHANTS)))
        kind: Any = draw(st.sampled_from(("percentage", "amount", "buy_x_get_y", "free_shipping")))
        terms = Terms(
            bps=draw(st.sampled_from((1, 333, 1_000, 2_500, 9_999, 10_000))),
            amounts={currency: draw(AMOUNTS)} if kind == "amount" else {},
            amount_max={currency: draw(AMOUNTS)} if draw(st.booleans()) else {},
            buy_quantity=draw(st.integers(1, 3)),
            get_quantity=draw(st.integers(1, 2)),
            products=tuple(draw(st.sets(st.sampled_from(PRODUCTS), max_size=2))),
            categories=tuple(draw(st.sets(st.sampled_from(("food", "books", "books/maps")), max_size=1))),
            collections=tuple(draw(st.sets(st.sampled_from(("col_1", "col_2")), max_size=1))),
            merchants=tuple(draw(st.sets(st.sampled_from(MERCHANTS), max_size=2))) if owner == "platform" else (),
            group=draw(st.sampled_from(("", "", "sale"))),
            priority=draw(st.integers(0, 2)),
            combines=draw(st.sampled_from((True, True, False))),
            seller_bps=draw(st.sampled_from((0, 1, 5_000, 10_000))) if owner == "platform" else 10_000,
        )
        found.append(Promotion(f"prm_{at}", owner, f"P{at}", kind, None, "active", terms, 0, None, at))
    return found


@st.composite
def areas(draw: st.DrawFn) -> TaxArea:
    included = draw(st.integers(0, 1))
    rates = draw(
        st.dictionaries(
            st.sampled_from(("", "food", "books", "books/maps", "shipping")),
            st.sampled_from((0, 50_000, 70_000, 88_750, 190_000, 1_000_000)),
            max_size=4,
        )
    )
    return TaxArea(
        {
            key: TaxRate(f"tax_{key}", "DE", "", key, f"VAT {key}", ppm, included, 0, None, draw(st.integers(0, 1)))
            for key, ppm in rates.items()
        }
    )


@st.composite
def fees_of(draw: st.DrawFn, currency: str) -> tuple[FeeRule, ...]:
    return tuple(
        draw(
            st.lists(
                st.builds(
                    FeeRule,
                    id=st.uuids().map(str),
                    name=st.sampled_from(("Card", "Books", "Special")),
                    kind=st.sampled_from(("commission", "extra")),
                    merchant_id=st.sampled_from(("", *MERCHANTS)),
                    category=st.sampled_from(("", "food", "books")),
                    bps=st.integers(0, 10_000),
                    fixed=st.just({}) | st.fixed_dictionaries({currency: st.integers(0, 500)}),
                    valid_from=st.just(0),
                    valid_to=st.none(),
                ),
                max_size=3,
            )
        )
    )


@st.composite
def orders_of(draw: st.DrawFn, most: int = 5) -> tuple[list[Want], list[Delivery], OrderTerms]:
    currency = draw(st.sampled_from(CURRENCIES))
    wants = draw(wants_of())
    sellers = list(dict.fromkeys(want.merchant_id for want in wants))
    brings = [Delivery(seller, draw(AMOUNTS), draw(st.booleans())) for seller in sellers]
    terms = OrderTerms(
        currency=currency,
        area=draw(areas()),
        rounding=draw(st.sampled_from(("line", "order"))),
        promotions=tuple(draw(promotions_of(currency, most))),
        fees=draw(fees_of(currency)),
        commission_bps={seller: draw(st.integers(0, 10_000)) for seller in sellers},
        reverse=draw(st.frozensets(st.sampled_from(sellers))),
    )
    return wants, brings, terms


def legs_of_line(line: Any, included: bool) -> tuple[int, int, int, int, int]:
    """Paid, subsidy, seller, commission, tax of a line, from its frozen figures."""
    tax = line.tax.tax_minor
    paid = line.goods_minor - line.discount_minor + (0 if included else tax)
    seller = line.goods_minor - line.seller_discount_minor - (tax if included else 0) - line.commission_minor
    return paid, line.platform_discount_minor, seller, line.commission_minor, tax


@given(orders_of())
@settings(max_examples=count(75, 1200), deadline=None)
def test_every_line_and_delivery_keeps_the_invariant_and_nothing_is_below_zero(
    order: tuple[list[Want], list[Delivery], OrderTerms],
) -> None:
    wants, brings, terms = order
    sums = price_order(wants, brings, terms)
    assert sums.total_minor == sum(part.total_minor for part in sums.parts)
    assert sorted(place for part in sums.parts for place in part.places) == list(range(len(wants)))
    for part in sums.parts:
        paid = 0
        for line in part.lines:
            figures = legs_of_line(line, part.tax_included)
            assert min(figures) >= 0
            assert figures[0] + figures[1] == sum(figures[2:])
            paid += figures[0]
        assert part.total_minor == paid + _shipping_paid(part)
        assert sum(each.tax_minor for each in part.taxes) == part.tax_minor


def _shipping_paid(part: PricedPart) -> int:
    """What the buyer pays for a delivery, when its legs are in order."""
    seller_off = sum(each.seller_minor for each in part.shipping_discounts)
    platform_off = sum(each.platform_minor for each in part.shipping_discounts)
    tax = part.shipping_tax.tax_minor
    net = part.delivery.amount_minor - seller_off - (tax if part.tax_included else 0)
    paid = part.delivery.amount_minor - seller_off - platform_off + (0 if part.tax_included else tax)
    assert min(net, paid, seller_off, platform_off, tax) >= 0
    assert paid + platform_off == net + tax
    assert not (part.delivery.by_platform and seller_off), "a merchant never lowers what the platform's carrier gets"
    return paid


@given(orders_of())
@settings(max_examples=count(62, 1000), deadline=None)
def test_the_buyer_has_the_best_that_the_rules_allow_and_every_figure_is_the_plain_models(
    order: tuple[list[Want], list[Delivery], OrderTerms],
) -> None:
    wants, brings, terms = order
    sums = price_order(wants, brings, terms)
    off = sums.discount_minor + sums.shipping_discount_minor
    assert off == plain.best_total(list(terms.promotions), wants, brings, terms.currency)
    expected = plain.take_off(list(sums.used), wants, brings, terms.currency)
    assert expected["total"] == off
    for part, bring in zip(sums.parts, brings, strict=True):
        assert part.merchant_id == bring.merchant_id
        for place, line in zip(part.places, part.lines, strict=True):
            assert [(each.promotion_id, each.seller_minor, each.platform_minor) for each in line.discounts] == (
                expected["lines"][place]
            )
    found = [[(each[0], each[2], each[3]) for each in part.shipping_discounts] for part in sums.parts]
    assert found == expected["shipping"]


@given(orders_of(most=2))
@settings(max_examples=count(62, 1000), deadline=None)
def test_taxes_are_the_exact_ones_rounded_once(order: tuple[list[Want], list[Delivery], OrderTerms]) -> None:
    wants, brings, terms = order
    for part in price_order(wants, brings, terms).parts:
        area = terms.area_of(part.merchant_id)
        exact: dict[str, Fraction] = {}
        taken: dict[str, int] = {}
        for place, line in zip(part.places, part.lines, strict=True):
            rate = _rate_of(wants[place], area)
            if rate is None:
                assert line.tax.tax_minor == 0
                continue
            tax = plain.tax_in(line.goods_minor - line.seller_discount_minor, rate.ppm, area.included)
            assert tax == 0 or not (rate.reverse and part.merchant_id in terms.reverse)
            if terms.rounding == "line":
                assert line.tax.tax_minor == plain.half_up(tax)
            assert (line.tax.name, line.tax.ppm) == (rate.name, rate.ppm)
            exact[rate.id] = exact.get(rate.id, Fraction(0)) + tax
            taken[rate.id] = taken.get(rate.id, 0) + line.tax.tax_minor
        if terms.rounding == "order":
            assert taken == {key: plain.half_up(tax) for key, tax in exact.items()}


def _rate_of(want: Want, area: TaxArea) -> TaxRate | None:
    """The tax category's rate, the nearest category's, or the general one: by trying every key."""
    if want.tax_category in area.rates:
        return area.rates[str(want.tax_category)]
    fitting = [key for key in area.rates if key != "shipping" and plain.within(want.category, key)]
    return area.rates[max(fitting, key=len)] if fitting else None


@given(orders_of(most=1))
@settings(max_examples=count(37, 600), deadline=None)
def test_a_delivery_is_taxed_by_its_own_rate_or_as_the_goods_are(
    order: tuple[list[Want], list[Delivery], OrderTerms],
) -> None:
    wants, brings, terms = order
    for part in price_order(wants, brings, terms).parts:
        area = terms.area_of(part.merchant_id)
        base = part.delivery.amount_minor - sum(each.seller_minor for each in part.shipping_discounts)
        rates = {_rate_of(wants[place], area) for place in part.places}
        if "shipping" in area.rates:
            rates = {area.rates["shipping"]}
        ppms = [rate.ppm if rate else 0 for rate in rates]
        lowest, highest = (plain.tax_in(base, ppm, area.included) for ppm in (min(ppms), max(ppms)))
        # Each rate is rounded once for its share of the delivery, even where two have the same figure.
        assert lowest - len(rates) <= part.shipping_tax.tax_minor <= highest + len(rates)
        if len(rates) == 1:
            assert part.shipping_tax.tax_minor == plain.half_up(lowest)


@pytest.mark.parametrize("currency", CURRENCIES)
@pytest.mark.parametrize("owner", ["org_a", "platform"])
def test_a_whole_discount_leaves_nothing_to_pay_where_prices_include_the_tax(owner: str, currency: str) -> None:
    area = TaxArea({"": TaxRate("tax_1", "DE", "", "", "VAT", 190_000, 1, 0, None)})
    sums = _whole_discount(owner, currency, area)
    assert (sums.total_minor, sums.items_minor) == (0, 3 * 1_001)
    assert sums.tax_minor == (0 if owner == "org_a" else 479 + 78)
    assert sums.parts[0].subsidy_minor == (0 if owner == "org_a" else 3_003 + 490)


def test_a_seller_pays_no_tax_on_what_it_gives_away_and_the_platforms_gift_is_taxed_on_top() -> None:
    area = TaxArea({"": TaxRate("tax_1", "US", "", "", "Sales tax", 88_750, 0, 0, None)})
    assert _whole_discount("org_a", "USD", area).total_minor == 0
    sums = _whole_discount("platform", "USD", area)
    assert sums.total_minor == sums.tax_minor == plain.half_up(plain.tax_in(3_003, 88_750, False)) + 43


def _whole_discount(owner: str, currency: str, area: TaxArea) -> Sums:
    everything = Promotion("prm_1", owner, "All", "percentage", None, "active", Terms(bps=10_000), 0, None, 1)
    free = Promotion("prm_2", owner, "Free", "free_shipping", None, "active", Terms(), 0, None, 2)
    if owner == "platform":
        terms = Terms(bps=10_000, seller_bps=0)
        everything = Promotion("prm_1", owner, "All", "percentage", None, "active", terms, 0, None, 1)
        free = Promotion("prm_2", owner, "Free", "free_shipping", None, "active", Terms(seller_bps=0), 0, None, 2)
    wants = [Want("org_a", "prd_1", None, None, 3, 1_001)]
    terms = OrderTerms(currency, area, "line", (everything, free), (), {"org_a": 1_000})
    return price_order(wants, [Delivery("org_a", 490, False)], terms)


@given(wants=wants_of(), bps=st.integers(0, 10_000))
@settings(max_examples=count(37, 600), deadline=None)
def test_the_agreed_commission_is_the_nearest_share_of_a_merchants_goods(wants: list[Want], bps: int) -> None:
    sellers = list(dict.fromkeys(want.merchant_id for want in wants))
    terms = OrderTerms("USD", commission_bps=dict.fromkeys(sellers, bps))
    for part in price_order(wants, [Delivery(seller, 0, False) for seller in sellers], terms).parts:
        taken = sum(line.commission_minor for line in part.lines)
        assert taken == plain.even(Fraction(part.items_minor * bps, 10_000))
        assert all(abs(line.commission_minor * 10_000 - line.goods_minor * bps) < 10_000 for line in part.lines)

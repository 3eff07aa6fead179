"""A business of another country buys without tax and accounts for it itself: what it pays, what stands on its invoice,
and who is never taken for one."""

from collections.abc import Mapping

import pytest
from msgspec.structs import replace

from entrepot import orders, pay
from entrepot.identity import Address
from entrepot.kernel import Conflict, Invalid
from entrepot.orders import LegalDetails
from entrepot.orders.reverse_charge import delivery_without, price_without
from tests.orders.market import BULB, CUP, EMAIL, HOME, LAMP, Market, wish_for

GERMAN, AUSTRIAN = "DE136695976", "ATU13585627"
OFFICE = replace(HOME, name="Alice Adler GmbH")


def tax(market: Market, *rates: Mapping[str, object]) -> None:
    """Have these rates, included and reversing unless they say otherwise."""
    drafts = [pay.TaxRateDraft(**{"name": "VAT", "reverse": True, **rate}) for rate in rates]  # type: ignore[arg-type]
    market.do(pay.save_tax_rates, market.cast.dana, drafts)


@pytest.fixture
def taxed(market: Market) -> Market:
    """Germany and Austria reverse among themselves. Bruno's lamps come from Austria, Bea's cups from Germany."""
    tax(market, {"country": "DE", "percent": "19"}, {"country": "AT", "percent": "20"})
    market.do(orders.save_legal_details, market.cast.bruno, LegalDetails("Bruno", "", AUSTRIAN, "", "", "AT"))
    market.do(orders.save_legal_details, market.bea, LegalDetails("Bea", "", GERMAN, "", "", "DE"))
    return market


def quote(
    market: Market, tax_id: str = GERMAN, address: Address = OFFICE, billing: Address | None = None
) -> orders.Checkout:
    return market.do(orders.quote_cart, market.cast.alice, address, EMAIL, 30, billing, tax_id)


def test_a_business_of_another_country_pays_the_price_without_its_tax(taxed: Market) -> None:
    taxed.fill(taxed.cast.alice, {LAMP: 2})
    gross = taxed.checkout(taxed.cast.alice)
    assert (gross.items_minor, gross.tax_minor) == (9_998, 1_596 + 78)
    net = quote(taxed)
    [group] = net.groups
    # 4,999 holds 798.16 of tax at 19 %, the delivery's 490 holds 78.24: each piece is rounded once.
    assert (net.items_minor, net.shipping_minor, net.tax_minor, net.total_minor) == (8_402, 412, 0, 8_814)
    assert (group.reverse_charge, group.lines[0].price_minor, net.tax_id) == (True, 4_201, GERMAN)
    assert [(each.name, each.percent, each.base_minor, each.tax_minor) for each in net.taxes] == [
        ("VAT", "0", 8_814, 0)
    ]
    placed = taxed.do(orders.place, taxed.cast.alice, wish_for(net))
    taxed.settle()
    order = taxed.order(taxed.cast.alice, placed.order_id)
    assert (order.total_minor, order.tax_minor, order.tax_id) == (8_814, 0, GERMAN)
    assert order.sellers[0].reverse_charge
    assert taxed.breaches() == []


def test_only_the_merchant_of_another_country_sells_without_tax(taxed: Market) -> None:
    taxed.fill(taxed.cast.alice, {LAMP: 1, CUP: 1})
    found = quote(taxed)
    by_name = {group.reverse_charge: group for group in found.groups}
    assert by_name[True].lines[0].price_minor == 4_201
    assert by_name[False].lines[0].price_minor == 1_201
    assert (by_name[True].tax_minor, by_name[False].tax_minor) == (0, 192 + 78)
    assert found.total_minor == 4_201 + 412 + 1_201 + 490
    taxed.do(orders.place, taxed.cast.alice, wish_for(found))
    taxed.settle()
    assert taxed.breaches() == []


def test_where_tax_comes_on_top_nothing_comes(market: Market) -> None:
    tax(
        market,
        {"country": "DE", "percent": "19", "included": False},
        {"country": "AT", "percent": "20", "included": False},
    )
    market.do(orders.save_legal_details, market.cast.bruno, LegalDetails("Bruno", "", AUSTRIAN, "", "", "AT"))
    market.fill(market.cast.alice, {LAMP: 1})
    assert market.checkout(market.cast.alice).total_minor == 4_999 + 950 + 490 + 93
    found = quote(market)
    assert (found.items_minor, found.shipping_minor, found.tax_minor, found.total_minor) == (4_999, 490, 0, 5_489)


def nobody_says(market: Market) -> None:
    """Bruno never said where he is."""
    market.do(orders.save_legal_details, market.cast.bruno, LegalDetails("Bruno"))


def is_no_business(market: Market) -> None:
    """Bruno has no number that his country would know."""
    market.do(orders.save_legal_details, market.cast.bruno, LegalDetails("Bruno", country="AT"))


def is_at_home(market: Market) -> None:
    """Bruno sells from where the buyer is."""
    market.do(orders.save_legal_details, market.cast.bruno, LegalDetails("Bruno", "", GERMAN, "", "", "DE"))


def is_outside(market: Market) -> None:
    """Bruno sells from a country that does not take part."""
    details = LegalDetails("Bruno", "", "CHE107787577MWST", "", "", "CH")
    market.do(orders.save_legal_details, market.cast.bruno, details)


def reverses_nothing(market: Market) -> None:
    """Germany's rate does not reverse."""
    [rate_id] = [each.id for each in market.see(pay.list_tax_rates, market.cast.dana) if each.country == "DE"]
    tax(market, {"country": "DE", "percent": "19", "reverse": False, "id": rate_id})


@pytest.mark.parametrize("change", [nobody_says, is_no_business, is_at_home, is_outside, reverses_nothing])
def test_tax_is_paid_unless_everything_is_proved(taxed: Market, change: object) -> None:
    change(taxed)  # type: ignore[operator]
    taxed.fill(taxed.cast.alice, {LAMP: 1})
    found = quote(taxed)
    assert (found.items_minor, found.tax_minor, found.tax_id) == (4_999, 798 + 78, GERMAN)
    assert not found.groups[0].reverse_charge


def test_a_number_of_elsewhere_is_kept_for_the_invoice_and_frees_of_nothing(taxed: Market) -> None:
    seat = Address(name="Alice", line1="Ring 1", city="Wien", postal_code="1010", country="AT")
    taxed.fill(taxed.cast.alice, {LAMP: 1})
    found = quote(taxed, AUSTRIAN, billing=seat)
    assert (found.tax_minor, found.tax_id) == (798 + 78, AUSTRIAN)


@pytest.mark.parametrize("wrong", ["DE136695977", "ATU13585627", "12", "<b>", "DE\0136695976", "9" * 40])
def test_what_is_no_number_of_that_country_is_refused_beside_its_field(taxed: Market, wrong: str) -> None:
    taxed.fill(taxed.cast.alice, {LAMP: 1})
    with pytest.raises(Invalid) as refusal:
        quote(taxed, wrong)
    assert "tax_id" in refusal.value.fields


def test_a_number_that_nobody_can_check_frees_of_nothing(market: Market) -> None:
    tax(market, {"country": "JP", "percent": "10"}, {"country": "AT", "percent": "20"})
    market.do(orders.save_legal_details, market.cast.bruno, LegalDetails("Bruno", "", AUSTRIAN, "", "", "AT"))
    market.fill(market.cast.alice, {LAMP: 1})
    found = quote(market, "T1234567890123", replace(HOME, country="JP", region="Tokyo", postal_code="100-0001"))
    assert (found.tax_id, found.groups[0].reverse_charge) == ("T1234567890123", False)
    assert found.tax_minor > 0


def test_what_changes_before_it_is_placed_is_refused(taxed: Market) -> None:
    taxed.fill(taxed.cast.alice, {LAMP: 1})
    found = quote(taxed)
    nobody_says(taxed)
    with pytest.raises(Conflict) as refusal:
        taxed.do(orders.place, taxed.cast.alice, wish_for(found))
    assert "49.99" in refusal.value.sentence


def test_the_invoice_says_who_accounts_for_the_tax(taxed: Market) -> None:
    seat = replace(OFFICE, name="Adler Holding", line1="9 Bank Street")
    taxed.fill(taxed.cast.alice, {LAMP: 2})
    placed = taxed.do(orders.place, taxed.cast.alice, wish_for(quote(taxed, billing=seat)))
    taxed.settle()
    [seller] = taxed.order(taxed.cast.alice, placed.order_id).sellers
    taxed.do(orders.ship, taxed.cast.bruno, seller.id, orders.Shipment("own", "T1"))
    taxed.settle()
    wish = orders.RefundWish(pieces={seller.lines[0].id: 1})
    taxed.do(orders.refund, taxed.cast.bruno, seller.id, wish, "It came broken")
    taxed.settle()
    note, invoice = taxed.see(orders.list_invoices, taxed.cast.bruno)
    for each in (note, invoice):
        assert (each.body.reverse_charge, each.body.buyer_tax_id, each.body.seller.tax_id) == (True, GERMAN, AUSTRIAN)
        assert each.body.buyer == seat
        assert [(row.name, row.ppm, row.tax_minor) for row in each.body.taxes] == [("VAT", 0, 0)]
    assert (invoice.total_minor, note.total_minor) == (8_814, 4_201)
    assert taxed.breaches() == []


def test_a_whole_life_leaves_no_tax_anywhere(taxed: Market) -> None:
    taxed.fill(taxed.cast.alice, {LAMP: 1, BULB: 3})
    placed = taxed.do(orders.place, taxed.cast.alice, wish_for(quote(taxed)))
    taxed.settle()
    [seller] = taxed.order(taxed.cast.alice, placed.order_id).sellers
    taxed.do(orders.ship, taxed.cast.bruno, seller.id, orders.Shipment("own", "T1"))
    taxed.settle()
    taxed.do(orders.confirm_receipt, taxed.cast.alice, seller.id)
    taxed.settle()
    shown = taxed.see(orders.get_seller_order, taxed.cast.dana, seller.id)
    assert shown.legs is not None
    assert shown.legs.tax_minor == 0
    assert taxed.breaches() == []


def rate(category: str, ppm: int, reverse: bool) -> pay.TaxRate:
    return pay.TaxRate(f"tax_{category}", "DE", "", category, "VAT", ppm, 1, 0, None, int(reverse))


def test_goods_and_deliveries_lose_only_the_tax_that_reverses() -> None:
    area = pay.TaxArea({"": rate("", 190_000, True), "food": rate("food", 70_000, False)})
    assert price_without(1_190, area, None, None) == 1_000
    assert price_without(1_070, area, "food", None) == 1_070
    wants = [orders.sums.Want("org_1", "prd_1", None, category, 1, 1_000) for category in (None, "food")]
    # Half of the delivery goes with the lamp, half with the food, whose tax stays in it.
    assert delivery_without(238, area, wants) == 238 - 19
    assert delivery_without(238, pay.TaxArea(), wants) == 238

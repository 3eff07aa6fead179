"""One purchase, from search to payout, in a market that runs: each step by the verb that a person's click would call.

Told step by step, with its figures, so that whoever reads sees where the money is at every moment.
"""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from entrepot import catalog, deliver, orders, pay
from entrepot.app import Entrepot
from entrepot.deliver import Scan
from entrepot.discovery import Hit, SearchRequest
from entrepot.identity import Address, Role, Scope
from entrepot.kernel import NotFound, Tx, format_money
from entrepot.orders import Checkout, OrderView, Place, SellerOrderView, Shipment

from .market import CURRENCY, new_person

QUERY = "desk lamp"
HOME = Address(
    name="Walter Quay", line1="12 Harbour Road", line2="", city="Boston", region="MA", postal_code="02110",
    country="US", phone="",
)  # fmt: skip
CARRIER = "own"
SCANS: tuple[deliver.ScanCode, ...] = ("handed_over", "in_transit", "out_for_delivery", "delivered")


class Step(msgspec.Struct, frozen=True):
    """What was done, and the figures that it left."""

    title: str
    figures: tuple[str, ...]


def walk(entrepot: Entrepot) -> Iterator[Step]:
    """Buy, send, deliver, confirm and pay out; a step is given as soon as it is done."""
    entrepot.settle()
    database = entrepot.database
    buyer = Scope(database.write_now(lambda tx: new_person(tx, "Walter", f"walter-{tx.new_id('usr')}@harbour.example")))
    hit, step = _search(entrepot, buyer)
    yield step
    checkout, step = _fill_cart(entrepot, buyer, hit)
    yield step
    order, step = _pay(entrepot, buyer, checkout)
    yield step
    seller = order.sellers[0]
    merchant = Scope("system", seller.merchant_id, frozenset({Role.MERCHANT}))
    yield _send(entrepot, buyer, merchant, seller)
    yield _confirm(entrepot, buyer, seller)
    yield _pay_out(entrepot, merchant, seller)


def _search(entrepot: Entrepot, buyer: Scope) -> tuple[Hit, Step]:
    request = SearchRequest(q=QUERY, filters={"in_stock": ("true",)}, limit=3)
    entrepot.searcher.search(buyer, request)  # the first one loads the model; what is shown is what shoppers wait for
    page = entrepot.searcher.search(buyer, request)
    if not page.hits:
        page = entrepot.searcher.search(buyer, msgspec.structs.replace(request, q=""))
    if not page.hits:
        raise NotFound("There is nothing for sale in this market: a purchase needs something to buy")
    lines = [f"{hit.title}, {_amount(hit.price or 0, hit.currency)}, {hit.merchant}" for hit in page.hits]
    return page.hits[0], Step(f"Search “{QUERY}”: {page.total:,} results in {page.took_ms:.1f} ms", tuple(lines))


def _fill_cart(entrepot: Entrepot, buyer: Scope, hit: Hit) -> tuple[Checkout, Step]:
    database = entrepot.database
    product = database.read_now(lambda snapshot: catalog.get_product(snapshot, hit.id))
    assert product.featured_offer_id is not None
    offer_id = product.featured_offer_id
    database.write_now(lambda tx: orders.set_line(tx, buyer, offer_id, 1))
    checkout = database.write_now(lambda tx: orders.quote_cart(tx, buyer, HOME, "walter@harbour.example"))
    lines = (
        f"Goods {_amount(checkout.items_minor)}, delivery {_amount(checkout.shipping_minor)}",
        f"To pay {_amount(checkout.total_minor)}",
    )
    return checkout, Step(f"Put “{product.title}” in the cart and ask for delivery", lines)


def _pay(entrepot: Entrepot, buyer: Scope, checkout: Checkout) -> tuple[OrderView, Step]:
    wish = Place(checkout.quote_ids, "tok_ok", checkout.total_minor)
    placed = entrepot.database.write_now(lambda tx: orders.place(tx, buyer, wish, entrepot.settings.orders))
    entrepot.settle()
    order = _order(entrepot, buyer, placed.order_id)
    return order, Step(f"Place order {order.number}: {order.status}", (_custody(order.sellers[0]),))


def _send(entrepot: Entrepot, buyer: Scope, merchant: Scope, seller: SellerOrderView) -> Step:
    shipment = Shipment(CARRIER, f"WALK-{seller.number}")
    entrepot.database.write_now(lambda tx: orders.ship(tx, merchant, seller.id, shipment))
    parcel = _order(entrepot, buyer, seller.order_id).sellers[0].parcels[0].parcel
    for code in SCANS:
        entrepot.database.write_now(lambda tx, code=code: _scan(tx, merchant, parcel.id, code))  # type: ignore[misc]
        entrepot.settle()
    sent = _order(entrepot, buyer, seller.order_id).sellers[0]
    scans = ", ".join(scan.code.replace("_", " ") for scan in sent.parcels[0].scans)
    return Step(f"{seller.merchant_name} sends it: {sent.status}", (f"Scans: {scans}", _custody(sent)))


def _scan(tx: Tx, merchant: Scope, parcel_id: str, code: deliver.ScanCode) -> None:
    deliver.record_scan(tx, merchant, Scan(parcel_id, code, tx.now, "", tx.new_id("scn")))


def _confirm(entrepot: Entrepot, buyer: Scope, seller: SellerOrderView) -> Step:
    entrepot.database.write_now(lambda tx: orders.confirm_receipt(tx, buyer, seller.id))
    entrepot.settle()
    done = entrepot.database.read_now(lambda snapshot: orders.get_seller_order(snapshot, Scope.system(), seller.id))
    assert done.legs is not None
    legs = (
        f"Paid {_amount(done.total_minor)}"
        f" = merchant {_amount(done.legs.seller_minor)}"
        f" + commission {_amount(done.legs.commission_minor)}"
        f" + carrier {_amount(done.legs.carrier_minor)}"
        f" + tax {_amount(done.legs.tax_minor)}"
    )
    return Step(f"The buyer confirms: {done.status}", (legs,))


def _pay_out(entrepot: Entrepot, merchant: Scope, seller: SellerOrderView) -> Step:
    minimum = entrepot.settings.pay.payout_min_minor
    entrepot.database.write_now(lambda tx: pay.request_payouts(tx, Scope.system(), minimum))
    entrepot.settle()
    payouts = entrepot.database.read_now(lambda snapshot: pay.list_payouts(snapshot, merchant, most=1))
    if not payouts:
        return Step("Pay out", (f"{seller.merchant_name} waits until {_amount(minimum)} are due",))
    payout = payouts[0]
    statement = entrepot.database.read_now(lambda snapshot: pay.get_statement(snapshot, merchant, payout.id))
    total = sum(line.amount_minor for line in statement.lines)
    lines = f"Statement of {len(statement.lines)} lines, which sum to {_amount(total)}"
    return Step(f"Pay out to {seller.merchant_name}: {_amount(payout.amount_minor)}, {payout.state}", (lines,))


def _order(entrepot: Entrepot, buyer: Scope, order_id: str) -> OrderView:
    return entrepot.database.read_now(lambda snapshot: orders.get_order(snapshot, buyer, order_id))


def _custody(seller: SellerOrderView) -> str:
    return f"{_amount(seller.custody.amount_minor)} held by: {seller.custody.holder}"


def _amount(minor: int, currency: str = CURRENCY) -> str:
    return format_money(minor, currency)

"""Invoices and credit notes: numbered without gaps, frozen, once for each sale and refund, for whom they concern."""

import threading

import pytest

from entrepot import orders
from entrepot.kernel import Invalid, NotFound
from entrepot.orders import LegalDetails
from entrepot.orders.invoices import InvoiceLine, tax_table
from tests.orders.market import Market


def sold(market: Market, quantity: int = 1) -> str:
    """Alice buys lamps of Bruno's and he sends them; returns the seller order."""
    name = next(each for each in market.offers)
    placed = market.buy(market.cast.alice, {name: quantity})
    market.settle()
    [seller] = market.order(market.cast.alice, placed.order_id).sellers
    market.do(orders.ship, market.merchant_of(name), seller.id, orders.Shipment("own", "T1"))
    market.settle()
    return seller.id


def documents(market: Market) -> list[orders.Invoice]:
    name = next(each for each in market.offers)
    return market.see(orders.list_invoices, market.merchant_of(name))


def test_a_sale_has_one_invoice_that_adds_up(market: Market) -> None:
    seller_id = sold(market, 2)
    [invoice] = documents(market)
    assert (invoice.kind, invoice.number, invoice.seller_order_id) == ("invoice", 1, seller_id)
    seller = market.see(orders.get_seller_order, market.cast.dana, seller_id)
    assert invoice.order_number == seller.number
    assert invoice.total_minor == seller.total_minor == sum(line.total_minor for line in invoice.body.lines)
    assert invoice.total_minor == sum(row.gross_minor for row in invoice.body.taxes)
    assert all(row.net_minor + row.tax_minor == row.gross_minor for row in invoice.body.taxes)
    market.settle()
    assert len(documents(market)) == 1


def test_numbers_have_no_gaps_whatever_happens_at_once(market: Market) -> None:
    for _ in range(4):
        sold(market)
    threads = [threading.Thread(target=market.settle) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(each.number for each in documents(market)) == [1, 2, 3, 4]
    assert len({each.label for each in documents(market)}) == 4


def test_a_refund_has_a_credit_note_about_its_invoice(market: Market) -> None:
    seller_id = sold(market, 2)
    seller = market.see(orders.get_seller_order, market.cast.dana, seller_id)
    line = seller.lines[0]
    name = next(each for each in market.offers)
    wish = orders.RefundWish(pieces={line.id: 1})
    market.do(orders.refund, market.merchant_of(name), seller_id, wish, "It came broken")
    market.settle()
    note, invoice = documents(market)
    assert (note.kind, note.number, note.body.of_number) == ("credit_note", 2, invoice.label)
    assert (note.body.lines[0].quantity, note.body.reason) == (1, "It came broken")
    assert 0 < note.total_minor < invoice.total_minor
    assert market.breaches() == []


def test_what_was_issued_stays_as_it_was(market: Market) -> None:
    sold(market)
    name = next(each for each in market.offers)
    details = LegalDetails("Bruno Lamps Ltd", "1 Dock Road\n20457 Hamburg", "DE123456789")
    market.do(orders.save_legal_details, market.merchant_of(name), details)
    sold(market)
    newer, older = documents(market)
    assert newer.body.seller == details
    assert older.body.seller.name != details.name
    with pytest.raises(Invalid):
        market.do(orders.save_legal_details, market.merchant_of(name), LegalDetails())


def test_documents_are_seen_by_whom_they_concern(market: Market) -> None:
    sold(market)
    [invoice] = documents(market)
    for scope in (market.cast.alice, market.cast.dana):
        assert market.see(orders.get_invoice, scope, invoice.id) == invoice
        assert market.see(orders.invoices_of_order, scope, invoice.order_id) == [invoice]
    stranger = next(scope for scope in (market.merchant_of(n) for n in market.offers)
                    if scope.organisation != invoice.merchant_id)  # fmt: skip
    assert market.see(orders.invoices_of_order, stranger, invoice.order_id) == []
    for wrong in (invoice.id, "inv_none"):
        with pytest.raises(NotFound):
            market.see(orders.get_invoice, stranger, wrong)


def test_the_table_of_taxes_sums_to_the_lines() -> None:
    lines = [
        InvoiceLine("a", "", 1, 119, 0, 119, "VAT", 190_000, 19),
        InvoiceLine("b", "", 1, 107, 0, 107, "VAT", 70_000, 7),
        InvoiceLine("c", "", 1, 238, 0, 238, "VAT", 190_000, 38),
    ]  # fmt: skip
    rows = tax_table(lines)
    assert [(row.ppm, row.net_minor, row.tax_minor, row.gross_minor) for row in rows] == [
        (190_000, 300, 57, 357), (70_000, 100, 7, 107),
    ]  # fmt: skip

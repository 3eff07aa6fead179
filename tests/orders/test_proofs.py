"""Each proof finds what was changed by hand, and says over nothing that there is nothing."""

import pytest

from entrepot import orders
from entrepot.kernel import Database
from entrepot.kernel.sql import prepare_text
from tests.orders.market import CUP, LAMP, PLATE, Market

TAMPERED = {
    "UPDATE orders_seller_orders SET items_minor = items_minor + 1, seller_minor = seller_minor + 1": {
        "orders.invariant", "orders.totals", "orders.escrow",
    },
    "UPDATE orders_lines SET quantity = quantity + 1": {"orders.invariant", "orders.stock"},
    "UPDATE orders_lines SET price_minor = price_minor - 1": {"orders.invariant"},
    "DELETE FROM orders_lines": {"orders.invariant"},
    "UPDATE orders_orders SET total_minor = total_minor - 1": {"orders.totals"},
    "UPDATE orders_seller_orders SET status = 'completed'": {"orders.escrow", "orders.shared"},
    "UPDATE orders_seller_orders SET status = 'cancelled'": {"orders.stock"},
    "UPDATE orders_lines SET sent = 1": {"orders.stock"},
    "UPDATE orders_lines SET cancelled = 1": {"orders.stock"},
    "UPDATE orders_seller_orders SET dispute_id = 'dsp_none'": {"orders.disputes"},
    "UPDATE ledger_accounts SET balance = balance + 1 WHERE kind = 'escrow'": {"orders.escrow"},
    # A unit moved from one leg to another: the sum stays.
    "UPDATE orders_seller_orders SET seller_minor = seller_minor + 1, commission_minor = commission_minor - 1": {
        "orders.invariant",
    },
}  # fmt: skip


def failing(market: Market) -> set[str]:
    return {proof.name for proof in orders.PROOFS if market.see(proof.check).breaches}


@pytest.mark.parametrize("statement", TAMPERED)
def test_what_was_changed_by_hand_is_found(market: Market, statement: str) -> None:
    market.buy(market.cast.alice, {LAMP: 2, CUP: 1, PLATE: 1})
    market.settle()
    assert failing(market) == set()
    market.do(lambda tx: tx.run(prepare_text(statement)))
    assert failing(market) == TAMPERED[statement]


AFTERWARDS = {
    "UPDATE orders_refund_parts SET seller_minor = seller_minor + 1": {"orders.refunds", "orders.escrow"},
    "UPDATE orders_refund_parts SET pieces = 9": {"orders.refunds"},
    "UPDATE orders_refunds SET paid_minor = paid_minor + 1": {"orders.refunds"},
    "UPDATE orders_parcel_lines SET quantity = quantity + 1": {"orders.stock"},
    "UPDATE orders_disputes SET decided_at = 1": {"orders.disputes"},
    "UPDATE pay_freezes SET released_at = 1": {"orders.disputes"},
}


@pytest.mark.parametrize("statement", AFTERWARDS)
def test_what_was_changed_by_hand_after_the_sale_is_found(market: Market, statement: str) -> None:
    placed = market.buy(market.cast.alice, {LAMP: 3})
    market.settle()
    (seller_id,) = placed.seller_order_ids
    (line,) = market.see(orders.get_seller_order, market.cast.alice, seller_id).lines
    shipment = orders.Shipment("Quick Post", "1", {line.id: 2})
    market.do(orders.ship, market.cast.bruno, seller_id, shipment)
    market.do(orders.cancel, market.cast.bruno, seller_id, "None left", {line.id: 1})
    market.arrive(seller_id)
    market.do(orders.open_dispute, market.cast.alice, seller_id, orders.DisputeKind.NOT_AS_DESCRIBED, "Dark", 1_000)
    assert failing(market) == set()
    market.do(lambda tx: tx.run(prepare_text(statement)))
    assert failing(market) == AFTERWARDS[statement]


def test_legs_that_do_not_sum_cannot_even_be_stored(market: Market) -> None:
    market.buy(market.cast.alice, {LAMP: 2})
    statement = prepare_text("UPDATE orders_seller_orders SET commission_minor = commission_minor + 1")
    with pytest.raises(Exception, match=r"(?i)check constraint"):
        market.do(lambda tx: tx.run(statement))


def test_a_proof_over_nothing_counts_nothing(database: Database) -> None:
    findings = [database.read_now(proof.check) for proof in orders.PROOFS]
    assert [(finding.rows, list(finding.breaches)) for finding in findings] == [(0, [])] * len(orders.PROOFS)


def test_proofs_count_what_they_looked_at(market: Market) -> None:
    market.buy(market.cast.alice, {LAMP: 2, CUP: 1})
    counts = {proof.name: market.see(proof.check).rows for proof in orders.PROOFS}
    assert counts == {
        "orders.invariant": 2, "orders.totals": 1, "orders.escrow": 2, "orders.refunds": 2, "orders.shared": 2,
        "orders.disputes": 0, "orders.promotions": 0,
        "orders.stock": 2,
    }  # fmt: skip

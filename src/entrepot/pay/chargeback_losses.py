"""Who bore a chargeback that was lost: what they gave up comes back to them, or is taken again, when the bank says so.

The refunds that bore it stand as they were made. What happens later is booked beside them: to the platform, the carrier
and the tax office by transfers, to the merchant by an entry of their statement.
"""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy import bindparam, select

from entrepot import ledger
from entrepot.identity import Notice, notify
from entrepot.kernel import Prepared, Tx, derive_id, format_money, prepare

from . import accounts, notices, tables
from .entries import book_debt, book_entry


class Borne(NamedTuple):
    """A refund that bore a chargeback, by who gave it up."""

    id: str
    seller_order_id: str
    merchant_id: str
    seller_minor: int
    commission_minor: int
    carrier_minor: int
    tax_minor: int


def loss_undone(tx: Tx, chargeback_id: str, currency: str, reversal: int) -> ledger.Plan:
    """Give everybody who bore it their part back; the plan to post. Each `reversal` has a number of its own."""
    source, code = accounts.chargebacks(currency), accounts.CHARGEBACK_RECOVERED
    plan = ledger.Plan()
    for refund in tx.all(_borne_by, chargeback_id=chargeback_id):
        plan += ledger.Plan(
            tuple(
                ledger.Move(_name(refund, code, what, reversal), source, account, part_minor, code, chargeback_id)
                for what, account, part_minor in _others(refund, currency)
            )
        )
        if refund.seller_minor:
            plan += book_entry(tx, refund.merchant_id, currency, refund.seller_minor, code, chargeback_id, source)
            _tell(tx, refund, currency, notices.CHARGEBACK_RECOVERED)
    return plan


def loss_again(tx: Tx, chargeback_id: str, currency: str, reversal: int) -> ledger.Plan:
    """Take from everybody what was given back to them; the plan to post. What is not due to a merchant any more is
    owed, and later sales pay it."""
    target, code = accounts.chargebacks(currency), accounts.CHARGEBACK_LOST_AGAIN
    plan = ledger.Plan()
    due: dict[str, list[Borne]] = {}
    for refund in tx.all(_borne_by, chargeback_id=chargeback_id):
        plan += ledger.Plan(
            tuple(
                ledger.Move(_name(refund, code, what, reversal), account, target, part_minor, code, chargeback_id)
                for what, account, part_minor in _others(refund, currency)
            )
        )
        if refund.seller_minor:
            due.setdefault(refund.merchant_id, []).append(refund)
            _tell(tx, refund, currency, notices.CHARGEBACK_LOST_AGAIN)
    for merchant_id, refunds in due.items():  # at once: one plan cannot find the same money twice
        owed_minor = sum(refund.seller_minor for refund in refunds)
        plan += book_debt(tx, merchant_id, currency, owed_minor, code, chargeback_id, target)
    return plan


def _others(refund: Borne, currency: str) -> list[tuple[str, ledger.Account, int]]:
    parts = (
        ("commission", accounts.commission(currency), refund.commission_minor),
        ("carrier", accounts.carrier_payable(currency), refund.carrier_minor),
        ("tax", accounts.tax_payable(currency), refund.tax_minor),
    )
    return [part for part in parts if part[2]]


def _name(refund: Borne, code: str, what: str, reversal: int) -> str:
    return derive_id("trf", refund.id, code, what, str(reversal))


def _tell(tx: Tx, refund: Borne, currency: str, kind: str) -> None:
    params = {"amount": format_money(refund.seller_minor, currency), "order": refund.seller_order_id}
    notify(tx, Notice(refund.merchant_id, kind, params, link=f"/merchant/orders/{refund.seller_order_id}"))


_f, _l = tables.refunds.c, tables.legs.c
_borne_by: Prepared[Borne] = prepare(
    select(
        _f.id, _f.seller_order_id, _l.merchant_id, _f.seller_minor, _f.commission_minor, _f.carrier_minor, _f.tax_minor
    )
    .join_from(
        tables.refunds, tables.legs,
        (_l.payment_id == _f.payment_id) & (_l.seller_order_id == _f.seller_order_id),
    )
    .where(_f.charged_back == 1, _f.processor_ref == bindparam("chargeback_id"))
    .order_by(_f.id),
    Borne,
)  # fmt: skip

"""Chargebacks: the buyer's bank takes a charge back, the processor takes the money from us, and a decision follows.

The processor has the money from the moment a chargeback is opened, so it leaves our account with it at once, towards an
account of what is in dispute. Won, it comes back; lost, it stays, and whoever bears it gives it up there: what a loss
costs whom is decided above, by those who know orders. A loss that a second look undoes (arbitration, a second
presentment) is `recovered`: the money comes back, and everybody who bore a part of it has that part back.
"""

from __future__ import annotations

from typing import Any, Literal, NamedTuple

import msgspec
from sqlalchemy import bindparam, insert, select, update

from entrepot import ledger
from entrepot.identity import Notice, Scope, find_platform, notify, require_operator
from entrepot.kernel import Conflict, NotFound, Prepared, Snapshot, Tx, derive_id, format_money, prepare

from . import accounts, notices, rows, tables
from .entries import book_entry
from .events import ChargebackClosed, ChargebackOpened
from .processors import Chargeback
from .types import Payment, Settings


class Borne(NamedTuple):
    """A refund that bore a chargeback, by who gave it up."""

    id: str
    seller_order_id: str
    merchant_id: str
    seller_minor: int
    commission_minor: int
    carrier_minor: int
    tax_minor: int


ChargebackState = Literal["opened", "won", "lost", "recovered"]


class ChargebackRow(msgspec.Struct, frozen=True):
    """A chargeback as it stands; `evidence_by` is when the bank stops to listen."""

    id: str
    processor: str
    processor_ref: str
    payment_id: str
    currency: str
    amount_minor: int
    state: ChargebackState
    reason: str
    evidence_by: int | None
    opened_at: int
    closed_at: int | None


def list_chargebacks(snapshot: Snapshot, scope: Scope, most: int = 200) -> list[ChargebackRow]:
    """Chargebacks, those that are open first, then the newest; for the operator."""
    require_operator(scope)
    return snapshot.all(_listed, most=most)


def chargebacks_of(snapshot: Snapshot, payment_id: str) -> list[ChargebackRow]:
    """The chargebacks of a payment; for rooms that have checked whose it is."""
    return snapshot.all(_of_payment, payment_id=payment_id)


def get_chargeback(snapshot: Snapshot, chargeback_id: str) -> ChargebackRow:
    """A chargeback, for rooms above; NotFound when there is none."""
    row = snapshot.one(_by_id, id=chargeback_id)
    if row is None:
        raise NotFound("There is no such chargeback")
    return row


def report_chargeback(tx: Tx, processor: str, told: Chargeback) -> ChargebackRow:
    """Record what a bank does about a charge; posts what moved. Told again, or late, nothing happens.

    A chargeback whose end is told before its beginning is opened and closed at once.
    """
    payment = rows.lock_payment(tx, told.charge.key or _payment_of(tx, processor, told))
    if processor != payment.processor:
        raise Conflict(f"{processor} tells of a chargeback of {payment.id}, which {payment.processor} had taken")
    if told.currency != payment.currency or not 0 < told.amount_minor <= payment.amount_minor:
        raise Conflict(f"{processor} takes {told.amount_minor} {told.currency} back of the payment {payment.id}")
    row = tx.one(_by_ref, processor=processor, processor_ref=told.processor_ref)
    if row is None:
        row = _open(tx, payment, told)
    elif (row.payment_id, row.amount_minor) != (payment.id, told.amount_minor):
        raise Conflict(f"{processor} tells otherwise of the chargeback {row.processor_ref} than before")
    if told.state != "opened" and row.state == "opened":
        row = _close(tx, row, payment.ref, won=told.state == "won")
    elif told.state == "won" and row.state == "lost":
        row = _recover(tx, row)
    return row


def chargeback_fee(settings: Settings, row: ChargebackRow) -> int:
    """What a merchant owes for a chargeback that was lost, in minor units, by the operator's settings."""
    if settings.chargeback_fee_from != "merchant":
        return 0
    return settings.chargeback_fees.get(row.processor, {}).get(row.currency, 0)


def _payment_of(tx: Tx, processor: str, told: Chargeback) -> str:
    """The payment that the processor knows by its own name only."""
    payment = tx.one(rows.payment_by_processor_ref, processor=processor, processor_ref=told.charge.processor_ref)
    if payment is None:
        raise NotFound(f"{processor} tells of a chargeback of a charge that is not ours")
    return payment.id


def _open(tx: Tx, payment: Payment, told: Chargeback) -> ChargebackRow:
    processor, ref = payment.processor, payment.ref
    row = ChargebackRow(
        tx.new_id("cbk"), processor, told.processor_ref, payment.id, told.currency, told.amount_minor, "opened",
        told.reason[:200], told.evidence_by, tx.now, None,
    )  # fmt: skip
    tx.run(_insert, **msgspec.structs.asdict(row))
    ledger.post(tx, _plan(row, "opened"))
    platform = find_platform(tx)
    if platform is not None:
        params = {
            "amount": format_money(row.amount_minor, row.currency), "processor": processor,
            "payment": row.payment_id, "reason": row.reason or "?",
        }  # fmt: skip
        notify(tx, Notice(platform.id, notices.CHARGEBACK, params, link="/operator/payouts"))
    tx.announce(ChargebackOpened(row.id, row.payment_id, ref, row.amount_minor))
    return row


def _close(tx: Tx, row: ChargebackRow, ref: str, *, won: bool) -> ChargebackRow:
    state: ChargebackState = "won" if won else "lost"
    tx.run(_end, id_=row.id, before_="opened", state_=state, now_=tx.now)
    if won:
        ledger.post(tx, _plan(row, "won"))
    tx.announce(ChargebackClosed(row.id, row.payment_id, ref, won))
    return msgspec.structs.replace(row, state=state, closed_at=tx.now)


def _recover(tx: Tx, row: ChargebackRow) -> ChargebackRow:
    """The bank has changed its mind after the loss was shared out: the money is back, and goes to those who bore it."""
    tx.run(_end, id_=row.id, before_="lost", state_="recovered", now_=tx.now)
    plan = _plan(row, "won")
    for refund in tx.all(borne_by, chargeback_id=row.id):
        plan += _give_back(tx, row, refund)
    ledger.post(tx, plan)
    return msgspec.structs.replace(row, state="recovered", closed_at=tx.now)


def _give_back(tx: Tx, row: ChargebackRow, refund: Borne) -> ledger.Plan:
    """Their parts to the platform, the carrier and the tax office; the merchant's as an entry of its statement."""
    currency, source = row.currency, accounts.chargebacks(row.currency)
    parts = (
        ("commission", accounts.commission(currency), refund.commission_minor),
        ("carrier", accounts.carrier_payable(currency), refund.carrier_minor),
        ("tax", accounts.tax_payable(currency), refund.tax_minor),
    )
    code = accounts.CHARGEBACK_RECOVERED
    plan = ledger.Plan(
        tuple(
            ledger.Move(derive_id("trf", refund.id, code, what), source, target, amount_minor, code, row.id)
            for what, target, amount_minor in parts
            if amount_minor
        )
    )
    if refund.seller_minor:
        plan += book_entry(tx, refund.merchant_id, currency, refund.seller_minor, code, row.id, source)
        params = {"amount": format_money(refund.seller_minor, currency), "order": refund.seller_order_id}
        link = f"/merchant/orders/{refund.seller_order_id}"
        notify(tx, Notice(refund.merchant_id, notices.CHARGEBACK_RECOVERED, params, link=link))
    return plan


def _plan(row: ChargebackRow, what: Literal["opened", "won"]) -> ledger.Plan:
    ours, theirs = accounts.chargebacks(row.currency), accounts.processor(row.processor, row.currency)
    debit, credit = (ours, theirs) if what == "opened" else (theirs, ours)
    return ledger.Plan.of(
        ledger.Move(
            derive_id("trf", row.id, what), debit, credit, row.amount_minor, f"pay.chargeback.{what}", row.payment_id
        )
    )


_b = tables.chargebacks.c
_by_id: Prepared[ChargebackRow] = prepare(select(*_b).where(_b.id == bindparam("id")), ChargebackRow)
_by_ref: Prepared[ChargebackRow] = prepare(
    select(*_b).where(_b.processor == bindparam("processor"), _b.processor_ref == bindparam("processor_ref")),
    ChargebackRow,
)
_of_payment: Prepared[ChargebackRow] = prepare(
    select(*_b).where(_b.payment_id == bindparam("payment_id")).order_by(_b.id), ChargebackRow
)
_listed: Prepared[ChargebackRow] = prepare(
    select(*_b).order_by(_b.closed_at.isnot(None), _b.id.desc()).limit(bindparam("most")), ChargebackRow
)
_f, _l = tables.refunds.c, tables.legs.c
borne_by: Prepared[Borne] = prepare(
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
_insert: Prepared[Any] = prepare(
    insert(tables.chargebacks).values({column.name: bindparam(column.name) for column in tables.chargebacks.columns})
)
_end: Prepared[Any] = prepare(
    update(tables.chargebacks)
    .where(_b.id == bindparam("id_"), _b.state == bindparam("before_"))
    .values(state=bindparam("state_"), closed_at=bindparam("now_"))
)

"""Chargebacks: the buyer's bank takes a charge back, the processor takes the money from us, and a decision follows.

The processor has the money from the moment a chargeback is opened, so it leaves our account with it at once, towards an
account of what is in dispute. Won, it comes back; lost, it stays, and whoever bears it gives it up there: what a loss
costs whom is decided above, by those who know orders.

    opened ─► won ─► opened, or lost at once: the next round, a chargeback of its own under the same name
      └─────► lost ◄─► recovered: a second look undoes the loss, or brings it back (`reversals`)

A bank may look again (pre-arbitration, arbitration), so no end is the last one. What counts is the last thing that the
processor said by its own clock: a webhook that comes late, or again, changes nothing.
"""

from __future__ import annotations

from typing import Any, Literal

import msgspec
from sqlalchemy import bindparam, insert, select, update

from entrepot import ledger
from entrepot.identity import Notice, Scope, find_platform, notify, require_operator
from entrepot.kernel import Conflict, NotFound, Prepared, Snapshot, Tx, derive_id, format_money, prepare

from . import accounts, notices, rows, tables
from .chargeback_losses import loss_again, loss_undone
from .events import ChargebackClosed, ChargebackOpened
from .processors import Chargeback
from .types import Payment, Settings

ChargebackState = Literal["opened", "won", "lost", "recovered"]


class ChargebackRow(msgspec.Struct, frozen=True):
    """A chargeback as it stands; `evidence_by` is when the bank stops to listen.

    `round` counts how often it came under this name, `reversals` how often the bank has changed its mind after it was
    lost, and `said_at` is when the processor last said something of it.
    """

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
    round: int = 1
    reversals: int = 0
    said_at: int | None = None


def list_chargebacks(snapshot: Snapshot, scope: Scope, most: int = 200) -> list[ChargebackRow]:
    """Chargebacks, those that are open first, then the newest; for the operator."""
    require_operator(scope)
    waiting = snapshot.all(_waiting, most=most)
    return [*waiting, *(snapshot.all(_closed, most=most - len(waiting)) if len(waiting) < most else ())]


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
    opened = ledger.Plan()
    if row is None:
        row, opened = _open(tx, payment, told, 1)
    elif row.payment_id != payment.id:
        raise Conflict(f"{processor} tells of the chargeback {row.processor_ref} of another payment than before")
    elif _is_old(row, told):
        return row
    elif row.state == "won" and _comes_again(row, told):
        row, opened = _open(tx, payment, told, row.round + 1)
    elif row.amount_minor != told.amount_minor:
        raise Conflict(f"{processor} tells otherwise of the chargeback {row.processor_ref} than before")
    state = "lost" if row.state == "recovered" and _comes_again(row, told) else told.state
    row, closed = _go_on(tx, msgspec.structs.replace(row, said_at=told.said_at), payment.ref, state)
    ledger.post(tx, opened + closed)
    return _store(tx, row)


def _is_old(row: ChargebackRow, told: Chargeback) -> bool:
    return row.said_at is not None and told.said_at is not None and told.said_at < row.said_at


def _comes_again(row: ChargebackRow, told: Chargeback) -> bool:
    """Whether one that was won goes on: the money is gone again. That it is open has to be said later than that, for
    it was open before, too."""
    later = row.said_at is not None and told.said_at is not None and told.said_at > row.said_at
    return told.state == "lost" or (told.state == "opened" and later)


def _go_on(tx: Tx, row: ChargebackRow, ref: str, state: ChargebackState) -> tuple[ChargebackRow, ledger.Plan]:
    match row.state, state:
        case "opened", ("won" | "lost"):
            tx.announce(ChargebackClosed(row.id, row.payment_id, ref, state == "won"))
            closed = msgspec.structs.replace(row, state=state, closed_at=tx.now)
            return closed, _plan(row, "won") if state == "won" else ledger.Plan()
        case ("lost", "won") | ("recovered", "lost"):
            return _reverse(tx, row, ref)
    return row, ledger.Plan()


def _reverse(tx: Tx, row: ChargebackRow, ref: str) -> tuple[ChargebackRow, ledger.Plan]:
    """The bank has changed its mind after the loss was shared out: the money comes back to those who bore it, or is
    taken from them again."""
    again, number = row.state == "recovered", row.reversals + 1
    if again:
        plan = loss_again(tx, row.id, row.currency, number)
        tx.announce(ChargebackOpened(row.id, row.payment_id, ref, row.amount_minor))
    else:
        plan = loss_undone(tx, row.id, row.currency, number)
    tx.announce(ChargebackClosed(row.id, row.payment_id, ref, not again))
    state: ChargebackState = "lost" if again else "recovered"
    row = msgspec.structs.replace(row, state=state, reversals=number, closed_at=tx.now)
    return row, _plan(row, "opened" if again else "won") + plan


def tell_of_decision(tx: Tx, chargeback_id: str) -> None:
    """Announce the decision of a closed chargeback again, for whoever could do nothing about it when it was made."""
    row = get_chargeback(tx, chargeback_id)
    ref = rows.read_payment(tx, row.payment_id).ref
    tx.announce(ChargebackClosed(row.id, row.payment_id, ref, row.state != "lost"))


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


def _open(tx: Tx, payment: Payment, told: Chargeback, number: int) -> tuple[ChargebackRow, ledger.Plan]:
    processor, ref = payment.processor, payment.ref
    row = ChargebackRow(
        tx.new_id("cbk"), processor, told.processor_ref, payment.id, told.currency, told.amount_minor, "opened",
        told.reason[:200], told.evidence_by, tx.now, None, number, 0, told.said_at,
    )  # fmt: skip
    tx.run(_insert, **msgspec.structs.asdict(row))
    platform = find_platform(tx)
    if platform is not None:
        params = {
            "amount": format_money(row.amount_minor, row.currency), "processor": processor,
            "payment": row.payment_id, "reason": row.reason or "?",
        }  # fmt: skip
        notify(tx, Notice(platform.id, notices.CHARGEBACK, params, link="/operator/payouts"))
    tx.announce(ChargebackOpened(row.id, row.payment_id, ref, row.amount_minor))
    return row, _plan(row, "opened")


def _store(tx: Tx, row: ChargebackRow) -> ChargebackRow:
    tx.run(
        _change, id_=row.id, state_=row.state, closed_at_=row.closed_at, said_at_=row.said_at, reversals_=row.reversals
    )
    return row


def _plan(row: ChargebackRow, what: Literal["opened", "won"]) -> ledger.Plan:
    ours, theirs = accounts.chargebacks(row.currency), accounts.processor(row.processor, row.currency)
    debit, credit = (ours, theirs) if what == "opened" else (theirs, ours)
    name = derive_id("trf", row.id, what, str(row.reversals))
    return ledger.Plan.of(ledger.Move(name, debit, credit, row.amount_minor, f"pay.chargeback.{what}", row.payment_id))


_b = tables.chargebacks.c
_by_id: Prepared[ChargebackRow] = prepare(select(*_b).where(_b.id == bindparam("id")), ChargebackRow)
_by_ref: Prepared[ChargebackRow] = prepare(
    select(*_b)
    .where(_b.processor == bindparam("processor"), _b.processor_ref == bindparam("processor_ref"))
    .order_by(_b.round.desc())
    .limit(1),
    ChargebackRow,
)
_newest = select(*_b).order_by(_b.id.desc()).limit(bindparam("most"))
_waiting: Prepared[ChargebackRow] = prepare(_newest.where(_b.closed_at.is_(None)), ChargebackRow)
_closed: Prepared[ChargebackRow] = prepare(_newest.where(_b.closed_at.is_not(None)), ChargebackRow)
_insert: Prepared[Any] = prepare(
    insert(tables.chargebacks).values({column.name: bindparam(column.name) for column in tables.chargebacks.columns})
)
_CHANGING = ("state", "closed_at", "said_at", "reversals")
_change: Prepared[Any] = prepare(
    update(tables.chargebacks)
    .where(_b.id == bindparam("id_"))
    .values({name: bindparam(f"{name}_") for name in _CHANGING})
)

"""What happens to the money of compute by itself: reactions to payments, monthly invoices, netting, alerts."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import msgspec
import structlog

from entrepot import ledger, pay
from entrepot.identity import Notice, notify
from entrepot.kernel import Database, Lane, Reactions, Refused, TaskKind, TaskRun, Tx, format_money

from . import notices
from .alerts import tell_alerts
from .billing import list_netted
from .customers import limits_of
from .events import CreditPaid, InvoiceIssued
from .grants import grant_round
from .invoices import read_invoice
from .issuing import TASK, MakeInvoice, issue_in_slices, list_due, month_of
from .netting import net
from .showing import show_day
from .topups import (
    PREFIX,
    credit_topup,
    dispute_topup,
    fail_topup,
    give_up_stale,
    list_stale_topups,
    read_topup,
    resolve_topup,
)
from .types import Settings

BILLING, ALERTS = "cloud.billing", "cloud.alerts"

log = structlog.get_logger(__name__)


class BillingRound(msgspec.Struct, frozen=True):
    """Invoice the months that are over, and net what merchants have to pay."""


class AlertRound(msgspec.Struct, frozen=True):
    """Tell whose budget or credit has come to a threshold, and end what was granted until now."""


class Money:
    """This room's reactions to what happens to payments. Those of orders are not its own."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    def captured(self, tx: Tx, event: pay.PaymentCaptured) -> None:
        """The money of a top-up has come."""
        if event.ref.startswith(PREFIX):
            credit_topup(tx, event.ref, self._settings)

    def authorised(self, tx: Tx, event: pay.PaymentAuthorised) -> None:
        """The money of a top-up is set aside: credit is given at once, so all of it is taken at once."""
        if event.ref.startswith(PREFIX):
            topup = read_topup(tx, event.ref)
            pay.capture_part(tx, event.payment_id, topup.id, topup.amount_minor, final=True)

    def part_captured(self, tx: Tx, event: pay.PartCaptured) -> None:
        """What was set aside for a top-up is taken."""
        if event.seller_order_id.startswith(PREFIX):
            credit_topup(tx, event.seller_order_id, self._settings)

    def capture_failed(self, tx: Tx, event: pay.CaptureFailed) -> None:
        """What was set aside for a top-up could not be taken: it is let go, and nobody waits for it."""
        if event.seller_order_id.startswith(PREFIX):
            fail_topup(tx, event.seller_order_id, event.reason)
            ledger.post(tx, pay.release_part(tx, event.payment_id, event.seller_order_id))
            self._tell_failed(tx, event.seller_order_id, event.reason)

    def declined(self, tx: Tx, event: pay.PaymentDeclined) -> None:
        """The money of a top-up will not come."""
        if event.ref.startswith(PREFIX):
            fail_topup(tx, event.ref, event.reason)
            self._tell_failed(tx, event.ref, event.reason)

    def charged_back(self, tx: Tx, event: pay.ChargebackOpened) -> None:
        """A bank takes the money of a top-up back, and has not given it back again by now."""
        if event.ref.startswith(PREFIX) and pay.get_chargeback(tx, event.chargeback_id).state in ("opened", "lost"):
            dispute_topup(tx, event.ref, self._settings)

    def chargeback_decided(self, tx: Tx, event: pay.ChargebackClosed) -> None:
        """The bank has decided."""
        if event.ref.startswith(PREFIX):
            resolve_topup(tx, event.ref, event.won, self._settings)

    def credit_paid(self, tx: Tx, event: CreditPaid) -> None:
        """Tell that credit is there."""
        topup = read_topup(tx, event.topup_id)
        params = {"amount": format_money(topup.credit_minor, topup.currency)}
        notify(tx, Notice(event.organisation, notices.CREDIT_PAID, params, link="/cloud/credit"))

    def invoice_issued(self, tx: Tx, event: InvoiceIssued) -> None:
        """Tell of an invoice, and by when it is to be paid."""
        invoice = read_invoice(tx, event.invoice_id)
        params = {"number": invoice.label, "amount": format_money(invoice.total_minor, invoice.currency)}
        kind = notices.INVOICE_ISSUED
        if invoice.open_minor:
            kind = notices.INVOICE_DUE
            params |= {"due": format_money(invoice.open_minor, invoice.currency), "day": show_day(invoice.due_by)}
        notify(tx, Notice(event.organisation, kind, params, link=f"/cloud/invoices/{invoice.id}"))

    def _tell_failed(self, tx: Tx, topup_id: str, reason: str) -> None:
        topup = read_topup(tx, topup_id)
        params = {"amount": format_money(topup.amount_minor, topup.currency), "reason": reason}
        notify(tx, Notice(topup.organisation, notices.CREDIT_FAILED, params, link="/cloud/credit"))


def reactions(settings: Settings) -> Reactions:
    """Every reaction of this room."""
    money = Money(settings)
    return {
        pay.PaymentCaptured: (money.captured,),
        pay.PaymentAuthorised: (money.authorised,),
        pay.PartCaptured: (money.part_captured,),
        pay.CaptureFailed: (money.capture_failed,),
        pay.PaymentDeclined: (money.declined,),
        pay.ChargebackOpened: (money.charged_back,),
        pay.ChargebackClosed: (money.chargeback_decided,),
        CreditPaid: (money.credit_paid,),
        InvoiceIssued: (money.invoice_issued,),
    }


def billing_tasks(
    settings: Settings,
) -> tuple[TaskKind[BillingRound], TaskKind[AlertRound], TaskKind[MakeInvoice]]:
    """The rounds as tasks, and what makes an invoice with much on it."""

    def bill(run: TaskRun, _: BillingRound) -> None:
        bill_round(run.database, settings)

    def alert(run: TaskRun, _: AlertRound) -> None:
        tell_alerts(run.database, settings.currency)
        grant_round(run.database, settings)

    def make(run: TaskRun, body: MakeInvoice) -> None:
        issue_in_slices(run.database, body.organisation, settings, 0)

    return (
        TaskKind(BILLING, BillingRound, bill, slow=True),
        TaskKind(ALERTS, AlertRound, alert),
        TaskKind(TASK, MakeInvoice, make, slow=True),
    )


def bill_round(database: Database, settings: Settings) -> int:
    """Invoice every organisation's months that are over, net what is due, and wait no longer for money that does not
    come; returns how many invoices were issued. A transaction each, so that what is wrong with one keeps no other from
    being billed.
    """
    until = month_of(database.clock.now())
    issued, limits = 0, limits_of(settings)
    for organisation in database.read_now(lambda s: list_due(s, until)):
        issued += _issue(database, organisation, settings, until)
    for organisation in database.read_now(list_netted):
        _try(database, partial(net, organisation=organisation, currency=settings.currency, limits=limits), organisation)
    for topup_id in database.read_now(list_stale_topups):
        _try(database, partial(give_up_stale, topup_id=topup_id), topup_id)
    return issued


def _issue(database: Database, organisation: str, settings: Settings, until: int) -> int:
    """The invoice that was begun for an organisation, if one was, and that of its months that are over."""
    count = 0
    try:
        while organisation in database.read_now(lambda s: list_due(s, until)):
            issued = issue_in_slices(database, organisation, settings, until)
            count += issued is not None
    except Refused as refusal:
        log.warning("billing waits for its next round", subject=organisation, reason=refusal.sentence)
    return count


def _try(database: Database, command: Callable[[Tx], object], subject: str) -> bool:
    try:
        return bool(database.write_now(command, Lane.BULK))
    except Refused as refusal:
        log.warning("billing waits for its next round", subject=subject, reason=refusal.sentence)
        return False

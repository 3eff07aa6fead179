"""Top-ups: an organisation pays for credit by one of the market's processors, and may spend it once the money is there.

Asking again with the same key pays once: the key is the request's (`kernel.once`), the payment's, and the credit's.
Whatever brings the word of the money, and however often, the row of the top-up is what claims it.
"""

from __future__ import annotations

from typing import Any, Literal

import msgspec
from sqlalchemy import bindparam, insert, select, update

from entrepot import ledger, pay
from entrepot.identity import Scope, require_organisation
from entrepot.kernel import (
    DAY,
    Conflict,
    Invalid,
    NotAllowed,
    NotFound,
    Prepared,
    Snapshot,
    Tx,
    format_money,
    prepare,
)

from . import accounts, tables
from .amounts import nano_per_minor
from .customers import limits_of, lock_customer
from .events import CreditPaid
from .invoices import list_open_invoices
from .receipts import receive
from .taxing import tax_of_customer
from .types import Settings

PREFIX = "top_"
AT_THE_DOOR = "manual:delivery"
GIVEN_UP_AFTER = 14 * DAY
"""So long a transfer may take before the top-up is given up. Money that comes later goes back by itself."""
_ABOVE_ALL = "top_~"

TopupState = Literal["requested", "paid", "failed", "disputed"]


class Topup(msgspec.Struct, frozen=True):
    """Money paid, or being paid, for credit; `tax_minor` of it is set aside for the tax on what will be used, and
    `refunded_minor` went back since. `reason` says why it failed."""

    id: str
    organisation: str
    actor: str
    currency: str
    amount_minor: int
    tax_minor: int
    tax_ppm: int
    refunded_minor: int
    payment_id: str
    state: TopupState
    reason: str | None
    created_at: int
    finished_at: int | None

    @property
    def credit_minor(self) -> int:
        """What it gives to spend, or pays of what is due."""
        return self.amount_minor - self.tax_minor


def top_up(tx: Tx, scope: Scope, amount_minor: int, method: str, settings: Settings) -> Topup:
    """Pay for so much credit for the caller's organisation, and the tax that will be due on it. The processor is asked
    after the commit, and the credit is there once it has the money.

    Whoever repeats this with the same key must get the first one's answer: the edge runs it in `kernel.once`.
    """
    organisation = require_organisation(scope)
    if scope.is_operator:
        raise NotAllowed("The market's own compute is not bought: act for another organisation")
    _check(amount_minor, method, settings)
    topup_id, currency = tx.new_id("top"), settings.currency
    tax = tax_of_customer(tx, organisation)
    tax_minor = tax.on(amount_minor - min(amount_minor, _due(tx, organisation, currency)))
    leg = pay.PaymentLeg(topup_id, amount_minor + tax_minor, organisation)
    payment, plan = pay.start_payment(tx, pay.StartPayment(topup_id, currency, (leg,), method, scope.actor))
    topup = Topup(
        topup_id, organisation, scope.actor, currency, amount_minor + tax_minor, tax_minor, tax.ppm, 0, payment.id,
        "requested", None, tx.now, None,
    )  # fmt: skip
    tx.run(_insert, **msgspec.structs.asdict(topup))
    ledger.post(tx, plan)
    return topup


def get_topup(snapshot: Snapshot, scope: Scope, topup_id: str) -> Topup:
    """A top-up of the caller's organisation; the operator sees every one."""
    found = snapshot.one(_one, id=topup_id)
    if found is None or not (scope.is_operator or found.organisation == scope.organisation):
        raise NotFound("There is no such top-up")
    return found


def read_topup(snapshot: Snapshot, topup_id: str) -> Topup:
    """A top-up, whoever asks; NotFound when there is none."""
    return get_topup(snapshot, Scope.system(), topup_id)


def find_topup_action(snapshot: Snapshot, scope: Scope, topup_id: str) -> pay.Action | None:
    """What somebody has to do before the money can come: a page to open, a transfer to make."""
    topup = get_topup(snapshot, scope, topup_id)
    return pay.find_action(snapshot, Scope(topup.actor), topup.id) if topup.state == "requested" else None


def list_topups(snapshot: Snapshot, scope: Scope, *, before: str | None = None, most: int = 50) -> list[Topup]:
    """The top-ups of the caller's organisation, newest first."""
    return snapshot.all(_of, organisation=require_organisation(scope), before=before or _ABOVE_ALL, most=most)


def cancel_topup(tx: Tx, scope: Scope, topup_id: str) -> None:
    """Give up a top-up whose money has not come. Conflict when it has."""
    _give_up(tx, get_topup(tx, scope, topup_id).id, "Given up")


def credit_topup(tx: Tx, topup_id: str, settings: Settings) -> None:
    """The money of a top-up has come: what is due is paid by it, and all of it is credit."""
    topup = _lock_with_customer(tx, topup_id, settings)
    if topup.state != "requested":
        return
    legs = pay.SettlementLegs(
        topup.id, topup.organisation, topup.currency, 0, 0, 0, 0, prepaid_minor=topup.amount_minor
    )
    plan = pay.settle(tx, legs)
    tax = pay.TaxDue("taxed", "", topup.tax_ppm)
    ledger.post(tx, plan + receive(tx, topup.organisation, topup.currency, topup.amount_minor, topup.id, tax))
    _finish(tx, topup, "paid")
    tx.announce(CreditPaid(topup.id, topup.organisation))


def fail_topup(tx: Tx, topup_id: str, reason: str) -> None:
    """No money came."""
    topup = _lock(tx, topup_id)
    if topup.state == "requested":
        _finish(tx, topup, "failed", reason)


def dispute_topup(tx: Tx, topup_id: str, settings: Settings) -> None:
    """A bank takes the money back: what of it is not used yet is kept apart until that is decided, so that nobody
    spends money that is gone."""
    topup = _lock_with_customer(tx, topup_id, settings)
    if topup.state != "paid":
        return
    ledger.post(tx, _apart(tx, topup))
    _finish(tx, topup, "disputed")


def resolve_topup(tx: Tx, topup_id: str, won: bool, settings: Settings) -> None:
    """The bank has decided. Won, what was kept apart is credit again; lost, it is gone, and the market has the loss."""
    topup = _lock_with_customer(tx, topup_id, settings)
    if topup.state != "disputed" or not won:
        return
    kept = accounts.disputed(topup.id, topup.currency), accounts.disputed_tax(topup.id, topup.currency)
    found = ledger.balances_of(tx, kept)
    ledger.post(tx, _swap(tx, topup, *(found[each.id].available for each in kept), back=True))
    _finish(tx, topup, "paid")


def lock_refundable(tx: Tx, organisation: str, currency: str) -> list[Topup]:
    """The top-ups of which something can go back, newest first, kept from others until the commit."""
    return tx.all(_left, organisation=organisation, currency=currency)


def note_refund(tx: Tx, topup: Topup, part_minor: int) -> None:
    """So much more of a top-up has gone back."""
    tx.run(_refund, id_=topup.id, refunded_=topup.refunded_minor + part_minor)


def list_stale_topups(snapshot: Snapshot) -> list[str]:
    """Those whose money has not come for so long that it is not waited for."""
    return [row.id for row in snapshot.all(_stale, before=snapshot.now - GIVEN_UP_AFTER)]


def give_up_stale(tx: Tx, topup_id: str) -> None:
    """Wait for its money no longer; one that was paid meanwhile stays as it is."""
    try:
        _give_up(tx, topup_id, "The money did not come in time")
    except Conflict:
        return  # it came first: the reaction to that fact is on its way


def _give_up(tx: Tx, topup_id: str, reason: str) -> None:
    topup = _lock(tx, topup_id)
    if topup.state != "requested":
        raise Conflict("This top-up has ended already")
    ledger.post(tx, pay.abandon_payment(tx, topup.payment_id))
    _finish(tx, topup, "failed", reason)


def _due(snapshot: Snapshot, organisation: str, currency: str) -> int:
    """What an organisation owes for invoices: money that comes pays that first, and its tax is in it."""
    return sum(each.open_minor for each in list_open_invoices(snapshot, organisation) if each.currency == currency)


def _apart(tx: Tx, topup: Topup) -> ledger.Plan:
    organisation, currency = topup.organisation, topup.currency
    credit, prepaid, aside = (
        accounts.compute(organisation, accounts.nano(currency)), pay.accounts.prepaid(organisation, currency),
        accounts.tax_aside(organisation, currency),
    )  # fmt: skip
    found = ledger.balances_of(tx, [credit, prepaid, aside])
    spendable_minor = found[credit.id].available // nano_per_minor(currency)
    amount_minor = min(topup.credit_minor, spendable_minor, found[prepaid.id].available)
    tax_minor = min(pay.tax_of(max(amount_minor, 0), topup.tax_ppm, False), found[aside.id].available)
    return _swap(tx, topup, amount_minor, tax_minor, back=False) if amount_minor > 0 else ledger.Plan()


def _swap(tx: Tx, topup: Topup, amount_minor: int, tax_minor: int, *, back: bool) -> ledger.Plan:
    """What was paid between the organisation and what is kept apart, and the same of what it may spend, and of what was
    set aside for the tax. A bank may ask twice, so each time has names of its own; the top-up's state says whether."""
    organisation, currency, code = topup.organisation, topup.currency, accounts.DISPUTED
    unit = accounts.nano(currency)
    money = (pay.accounts.prepaid(organisation, currency), accounts.disputed(topup.id, currency))
    tax = (accounts.tax_aside(organisation, currency), accounts.disputed_tax(topup.id, currency))
    credit = (accounts.compute(organisation, unit), accounts.prepaid(unit))
    steps = [
        ledger.Move(
            tx.new_id("trf"), *(pair[::-1] if back else pair), amount, code, topup.id,
        )
        for pair, amount in (
            (money, amount_minor), (tax, tax_minor), (credit, amount_minor * nano_per_minor(currency))
        )
        if amount
    ]  # fmt: skip
    return ledger.Plan(tuple(steps))


def _lock_with_customer(tx: Tx, topup_id: str, settings: Settings) -> Topup:
    """The organisation's row first, as everybody takes them in this order; then the top-up's."""
    lock_customer(tx, read_topup(tx, topup_id).organisation, limits_of(settings))
    return _lock(tx, topup_id)


def _lock(tx: Tx, topup_id: str) -> Topup:
    topup = tx.one(_locked, id=topup_id)
    if topup is None:
        raise NotFound("There is no such top-up")
    return topup


def _finish(tx: Tx, topup: Topup, state: TopupState, reason: str | None = None) -> None:
    tx.run(_end, id_=topup.id, state_=state, reason_=reason, now_=tx.now)


def _check(amount_minor: int, method: str, settings: Settings) -> None:
    least, most = settings.topup_min_minor, settings.topup_max_minor
    if not least <= amount_minor <= most:
        between = f"{format_money(least, settings.currency)} to {format_money(most, settings.currency)}"
        raise Invalid(f"Credit is bought for {between} at a time", fields={"amount": between})
    if method == AT_THE_DOOR:
        raise Invalid("Credit is not delivered to a door: choose another way to pay", fields={"method": "another way"})


_t = tables.topups.c
_columns = select(*(_t[name] for name in Topup.__struct_fields__))
_one: Prepared[Topup] = prepare(_columns.where(_t.id == bindparam("id")), Topup)
_locked: Prepared[Topup] = prepare(_columns.where(_t.id == bindparam("id")).with_for_update(), Topup)
_of: Prepared[Topup] = prepare(
    _columns.where(_t.organisation == bindparam("organisation"), _t.id < bindparam("before"))
    .order_by(_t.id.desc())
    .limit(bindparam("most")),
    Topup,
)
_stale: Prepared[Any] = prepare(
    select(_t.id).where(_t.state == "requested", _t.created_at < bindparam("before")).order_by(_t.id).limit(500)
)
_insert: Prepared[Any] = prepare(
    insert(tables.topups).values({column.name: bindparam(column.name) for column in tables.topups.columns})
)
_refund: Prepared[Any] = prepare(
    update(tables.topups).where(_t.id == bindparam("id_")).values(refunded_minor=bindparam("refunded_"))
)
_left: Prepared[Topup] = prepare(
    _columns.where(
        _t.organisation == bindparam("organisation"), _t.currency == bindparam("currency"), _t.state == "paid",
        _t.refunded_minor < _t.amount_minor,
    )
    .order_by(_t.created_at.desc(), _t.id.desc())
    .with_for_update(),
    Topup,
)  # fmt: skip
_end: Prepared[Any] = prepare(
    update(tables.topups)
    .where(_t.id == bindparam("id_"))
    .values(state=bindparam("state_"), reason=bindparam("reason_"), finished_at=bindparam("now_"))
)

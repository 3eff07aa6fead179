"""Credit that was paid and not used goes back to whoever paid it, when its organisation asks.

What goes back is never more than was paid and is not used, held or owed; what was granted never does. It goes by the
payments that brought it, the newest first, to their processors; what had come past them (a transfer, cash) the operator
sends back that way. The tax that was set aside for it goes with it: nothing was due of that yet.

    asked ── pay ──► paid
      ├─ decline ──► declined
      └─ withdraw ─► withdrawn

Up to a sum that the operator has set for 30 days it is paid at once, if all of it goes by processors.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import msgspec
from sqlalchemy import bindparam, func, insert, select, update

from entrepot import ledger, pay
from entrepot.identity import Notice, Scope, audit, find_platform, notify, require_operator, require_organisation
from entrepot.kernel import (
    DAY,
    Conflict,
    Invalid,
    NotAllowed,
    NotFound,
    Prepared,
    Snapshot,
    Tx,
    derive_id,
    format_money,
    from_json,
    prepare,
    to_json,
)

from . import accounts, notices, tables
from .amounts import nano_per_minor
from .customers import find_customer, limits_of, lock_customer
from .invoices import list_open_invoices
from .topups import lock_refundable, note_refund
from .types import Settings

REASON_LENGTH_MAX = 500
AUTOMATIC_FOR = 30 * DAY
WORDS = "Credit that was not used"
_ABOVE_ALL = "crp_~"

State = Literal["asked", "paid", "declined", "withdrawn"]


class Repayable(msgspec.Struct, frozen=True):
    """What can go back now, in minor units: credit, and the tax that was set aside for it. `elsewhere_minor` of both
    had not come by a processor."""

    amount_minor: int = 0
    tax_minor: int = 0
    elsewhere_minor: int = 0


class Part(msgspec.Struct, frozen=True):
    """What goes back by one top-up's payment, as which refund."""

    topup_id: str
    refund_id: str
    amount_minor: int


class Repayment(msgspec.Struct, frozen=True):
    """Credit that was asked back, and what came of it. `tax_minor` goes back with it; `elsewhere_minor` of both by the
    operator's own hand. `reason` says why not."""

    id: str
    organisation: str
    actor: str
    currency: str
    amount_minor: int
    tax_minor: int
    elsewhere_minor: int
    parts: tuple[Part, ...]
    state: State
    reason: str | None
    automatic: bool
    created_at: int
    decided_at: int | None

    @property
    def total_minor(self) -> int:
        """What the organisation gets."""
        return self.amount_minor + self.tax_minor


def find_repayable(snapshot: Snapshot, scope: Scope, currency: str) -> Repayable:
    """What the caller's organisation could have back now."""
    return _repayable(snapshot, require_organisation(scope), currency)


def ask_repayment(tx: Tx, scope: Scope, amount_minor: int, settings: Settings) -> Repayment:
    """Ask for credit back that was paid and is not used.

    Invalid for more than can go back; Conflict while an earlier wish waits.
    """
    organisation = require_organisation(scope)
    if scope.is_operator:
        raise NotAllowed("The market's own compute is not bought: act for another organisation")
    lock_customer(tx, organisation, limits_of(settings))
    if tx.one(_asked_by, organisation=organisation) is not None:
        raise Conflict("You have asked before: wait for the answer, or take it back first")
    there = _repayable(tx, organisation, settings.currency)
    if not 0 < amount_minor <= there.amount_minor:
        most = format_money(there.amount_minor, settings.currency)
        raise Invalid(f"Up to {most} can be paid back now", fields={"amount": f"up to {most}"})
    repayment = Repayment(
        tx.new_id("crp"), organisation, scope.actor, settings.currency, amount_minor, 0, 0, (), "asked", None, False,
        tx.now, None,
    )  # fmt: skip
    tx.run(_insert, **_row(repayment))
    if _is_automatic(tx, repayment, there, settings):
        return _pay(tx, repayment, settings, automatic=True)
    _tell_operator(tx, repayment)
    return repayment


def pay_repayment(tx: Tx, scope: Scope, repayment_id: str, settings: Settings) -> Repayment:
    """Pay credit back that was asked for; what came past the processors the operator sends back, and says so by this.

    Conflict when so much can go back no more, as it was used meanwhile, and when it was decided before.
    """
    require_operator(scope)
    repayment = _lock_asked(tx, repayment_id, settings)
    paid = _pay(tx, repayment, settings, automatic=False)
    audit(tx, scope, "cloud.pay_repayment", paid.id, {"amount": format_money(paid.total_minor, paid.currency)})
    return paid


def decline_repayment(tx: Tx, scope: Scope, repayment_id: str, reason: str, settings: Settings) -> Repayment:
    """Tell an organisation why its credit does not go back. The operator's."""
    require_operator(scope)
    said = " ".join(reason.split())
    if not 0 < len(said) <= REASON_LENGTH_MAX:
        raise Invalid("Tell the customer why, in some words", fields={"reason": f"1 to {REASON_LENGTH_MAX} characters"})
    repayment = _decide(tx, _lock_asked(tx, repayment_id, settings), state="declined", reason=said)
    audit(tx, scope, "cloud.decline_repayment", repayment.id, {"reason": said})
    params = {"amount": format_money(repayment.amount_minor, repayment.currency), "reason": said}
    notify(tx, Notice(repayment.organisation, notices.REPAYMENT_DECLINED, params, link="/cloud/credit"))
    return repayment


def withdraw_repayment(tx: Tx, scope: Scope, repayment_id: str, settings: Settings) -> Repayment:
    """Keep the credit after all."""
    if get_repayment(tx, scope, repayment_id).organisation != scope.organisation:
        raise NotFound("There is no such repayment")
    return _decide(tx, _lock_asked(tx, repayment_id, settings), state="withdrawn")


def get_repayment(snapshot: Snapshot, scope: Scope, repayment_id: str) -> Repayment:
    """What the caller's organisation asked back; the operator sees every wish. NotFound for another's."""
    found = snapshot.one(_one, id=repayment_id)
    if found is None or not (scope.is_operator or found.organisation == scope.organisation):
        raise NotFound("There is no such repayment")
    return found


def list_repayments(
    snapshot: Snapshot, scope: Scope, *, before: str | None = None, most: int = 50
) -> list[Repayment]:  # fmt: skip
    """What the caller's organisation asked back, newest first."""
    return snapshot.all(_of, organisation=require_organisation(scope), before=before or _ABOVE_ALL, most=most)


def list_asked(snapshot: Snapshot, scope: Scope, most: int = 200) -> list[Repayment]:
    """What waits for the operator's word, oldest first."""
    require_operator(scope)
    return snapshot.all(_asked, most=most)


def _repayable(snapshot: Snapshot, organisation: str, currency: str) -> Repayable:
    """Nothing while something is owed; else what was paid beforehand, or what can be spent beyond the credit line where
    that is less: grants are used first, so what was used or is held beyond them was paid for."""
    if any(each.open_minor for each in list_open_invoices(snapshot, organisation)):
        return Repayable()
    spendable, prepaid, aside = (
        accounts.compute(organisation, accounts.nano(currency)), pay.accounts.prepaid(organisation, currency),
        accounts.tax_aside(organisation, currency),
    )  # fmt: skip
    found = ledger.balances_of(snapshot, [spendable, prepaid, aside])
    customer = find_customer(snapshot, organisation)
    free = found[spendable.id].available - (customer.credit_line if customer else 0)
    paid_minor = found[prepaid.id].available
    amount_minor = max(min(paid_minor, free // nano_per_minor(currency)), 0)
    if not amount_minor:
        return Repayable()
    tax_minor = _share(found[aside.id].available, amount_minor, paid_minor)
    by_processors = int(snapshot.value(_refundable, organisation=organisation, currency=currency) or 0)
    return Repayable(amount_minor, tax_minor, max(amount_minor + tax_minor - by_processors, 0))


def _share(aside_minor: int, amount_minor: int, paid_minor: int) -> int:
    """The part of what was set aside for tax that belongs to a part of what was paid."""
    return aside_minor * amount_minor // paid_minor


def _is_automatic(tx: Tx, repayment: Repayment, there: Repayable, settings: Settings) -> bool:
    before = int(
        tx.value(_automatic, organisation=repayment.organisation, since=tx.now - AUTOMATIC_FOR) or 0
    )  # fmt: skip
    by_processors = there.amount_minor + there.tax_minor - there.elsewhere_minor
    is_small = before + repayment.amount_minor <= settings.refund_auto_minor
    return is_small and repayment.amount_minor + there.tax_minor <= by_processors


def _pay(tx: Tx, repayment: Repayment, settings: Settings, *, automatic: bool) -> Repayment:
    """All of it in one plan: what may be spent shrinks, the money goes the way that it came."""
    organisation, currency = repayment.organisation, repayment.currency
    there = _repayable(tx, organisation, currency)
    if repayment.amount_minor > there.amount_minor:
        most = format_money(there.amount_minor, currency)
        raise Conflict(f"Some of it was used meanwhile: {most} can be paid back now")
    tax_minor = _share(there.tax_minor, repayment.amount_minor, there.amount_minor)
    left_minor = repayment.amount_minor + tax_minor
    plan, parts = _out_of_credit(repayment, tax_minor), list[Part]()
    for topup in lock_refundable(tx, organisation, currency):
        part_minor = min(left_minor, topup.amount_minor - topup.refunded_minor)
        if not part_minor:
            break
        refund = pay.Refund(topup.payment_id, topup.id, part_minor, WORDS, prepaid_minor=part_minor)
        refund_id, money = pay.refund_plan(tx, refund)
        note_refund(tx, topup, part_minor)
        parts.append(Part(topup.id, refund_id, part_minor))
        plan, left_minor = plan + money, left_minor - part_minor
    ledger.post(tx, plan + _elsewhere(repayment, left_minor))
    paid = _decide(
        tx, repayment, state="paid", tax_minor=tax_minor, elsewhere_minor=left_minor, parts=tuple(parts),
        automatic=automatic,
    )  # fmt: skip
    params = {"amount": format_money(paid.total_minor, currency)}
    notify(tx, Notice(organisation, notices.REPAYMENT_PAID, params, link="/cloud/credit"))
    return paid


def _out_of_credit(repayment: Repayment, tax_minor: int) -> ledger.Plan:
    """Less to spend, and the tax that was set aside back to the rest of what was paid."""
    organisation, currency, code = repayment.organisation, repayment.currency, accounts.REPAID
    unit = accounts.nano(currency)
    ways = (
        ("credit", accounts.compute(organisation, unit), accounts.prepaid(unit),
         repayment.amount_minor * nano_per_minor(currency)),
        ("tax", accounts.tax_aside(organisation, currency), pay.accounts.prepaid(organisation, currency), tax_minor),
    )  # fmt: skip
    return _moves(repayment, code, ways)


def _elsewhere(repayment: Repayment, amount_minor: int) -> ledger.Plan:
    """What had come past the processors goes back past them."""
    currency = repayment.currency
    source, target = pay.accounts.prepaid(repayment.organisation, currency), accounts.paid_elsewhere(currency)
    return _moves(repayment, accounts.REPAID, (("elsewhere", source, target, amount_minor),))


def _moves(
    repayment: Repayment, code: str, ways: Sequence[tuple[str, ledger.Account, ledger.Account, int]]
) -> ledger.Plan:
    return ledger.Plan(
        tuple(
            ledger.Move(derive_id("trf", repayment.id, what), debit, credit, amount, code, repayment.id)
            for what, debit, credit, amount in ways
            if amount
        )
    )


def _decide(tx: Tx, repayment: Repayment, **values: Any) -> Repayment:
    decided = msgspec.structs.replace(repayment, decided_at=tx.now, **values)
    row = _row(decided)
    tx.run(_end, **{f"{name}_": row[name] for name in ("id", *_DECIDED)})
    return decided


def _lock_asked(tx: Tx, repayment_id: str, settings: Settings) -> Repayment:
    """A wish that waits, with its organisation's row, which everybody takes first."""
    found = tx.one(_one, id=repayment_id)
    if found is None:
        raise NotFound("There is no such repayment")
    lock_customer(tx, found.organisation, limits_of(settings))
    repayment = tx.one(_one, id=repayment_id)
    assert repayment is not None, "they are never deleted"
    if repayment.state != "asked":
        raise Conflict(f"This was decided before: it is {repayment.state}")
    return repayment


def _tell_operator(tx: Tx, repayment: Repayment) -> None:
    platform = find_platform(tx)
    if platform is not None:
        params = {"amount": format_money(repayment.amount_minor, repayment.currency)}
        link = f"/operator/compute/customers/{repayment.organisation}"
        notify(tx, Notice(platform.id, notices.REPAYMENT_ASKED, params, link=link))


def _row(repayment: Repayment) -> dict[str, Any]:
    row = msgspec.structs.asdict(repayment)
    return row | {"parts": to_json(repayment.parts), "automatic": int(repayment.automatic)}


def _read(*columns: Any) -> Repayment:
    values = dict(zip(Repayment.__struct_fields__, columns, strict=True))
    return Repayment(
        **values | {"parts": from_json(values["parts"], tuple[Part, ...]), "automatic": bool(values["automatic"])}
    )


_DECIDED = ("tax_minor", "elsewhere_minor", "parts", "state", "reason", "automatic", "decided_at")
_r, _t = tables.repayments.c, tables.topups.c
_rows = select(*(_r[name] for name in Repayment.__struct_fields__))
_one: Prepared[Repayment] = prepare(_rows.where(_r.id == bindparam("id")), _read)
_asked_by: Prepared[Repayment] = prepare(
    _rows.where(_r.organisation == bindparam("organisation"), _r.state == "asked"), _read
)
_asked: Prepared[Repayment] = prepare(_rows.where(_r.state == "asked").order_by(_r.id).limit(bindparam("most")), _read)
_of: Prepared[Repayment] = prepare(
    _rows.where(_r.organisation == bindparam("organisation"), _r.id < bindparam("before"))
    .order_by(_r.id.desc())
    .limit(bindparam("most")),
    _read,
)
_automatic: Prepared[Any] = prepare(
    select(func.sum(_r.amount_minor).label("amount")).where(
        _r.organisation == bindparam("organisation"), _r.automatic == 1, _r.decided_at > bindparam("since")
    )
)
_refundable: Prepared[Any] = prepare(
    select(func.sum(_t.amount_minor - _t.refunded_minor).label("amount")).where(
        _t.organisation == bindparam("organisation"), _t.currency == bindparam("currency"), _t.state == "paid"
    )
)
_insert: Prepared[Any] = prepare(
    insert(tables.repayments).values({column.name: bindparam(column.name) for column in tables.repayments.columns})
)
_end: Prepared[Any] = prepare(
    update(tables.repayments)
    .where(_r.id == bindparam("id_"))
    .values({name: bindparam(f"{name}_") for name in _DECIDED})
)

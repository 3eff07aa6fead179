"""Customers: organisations that use compute, how fast they may, and the credit they use it from.

What a customer can spend is one balance of the ledger: what was paid for beforehand, what was granted, and the credit
line of those who pay later. Its row is what admissions wait at, so that everything is checked at one moment.
"""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
from sqlalchemy import bindparam, select, update

from entrepot import ledger, pay
from entrepot.identity import Scope, audit, require_operator
from entrepot.kernel import (
    MINUTE,
    SECOND,
    Invalid,
    Prepared,
    Query,
    RowSet,
    Snapshot,
    TooMany,
    Tx,
    derive_id,
    prepare,
    update_rows,
)
from entrepot.kernel.sql import prepare_text

from . import accounts, tables
from .amounts import currency_of, nano_per_minor
from .types import Settings


class Limits(msgspec.Struct, frozen=True):
    """How fast an organisation may call. `tokens_per_minute` counts every meter's most of an admitted call."""

    requests_per_minute: Annotated[int, msgspec.Meta(ge=1)] = 600
    tokens_per_minute: Annotated[int, msgspec.Meta(ge=1)] = 1_000_000


def limits_of(settings: Settings) -> Limits:
    """How fast a customer may call who comes for the first time."""
    return Limits(settings.requests_per_minute, settings.tokens_per_minute)


class Pace(msgspec.Struct, frozen=True):
    """So many calls, and so many tokens, of those that a customer may make in a minute."""

    calls: int = 0
    tokens: int = 0


class Customer(msgspec.Struct, frozen=True):
    """An organisation that uses compute. The `tat`s are the theoretical arrival times of the rate limits (GCRA)."""

    organisation: str
    requests_per_minute: int
    tokens_per_minute: int
    requests_tat: int
    tokens_tat: int
    credit_line: int


def lock_customer(tx: Tx, organisation: str, limits: Limits) -> Customer:
    """The organisation's row, made when it calls first, kept from others until the commit."""
    customer = tx.one(_lock, organisation=organisation)
    if customer is None:
        tx.run(_insert, organisation=organisation, now=tx.now, **msgspec.structs.asdict(limits))
        customer = tx.one(_lock, organisation=organisation)
    assert customer is not None
    return customer


def query_locked(organisation: str) -> Query:
    """The query for the organisation's row, kept from others until the commit: none when it never called."""
    return _lock, {"organisation": organisation}


def next_rate(customer: Customer, tokens: int, now: int) -> Customer:
    """The customer after a call of so many tokens; TooMany, saying when to come again, when it is too fast.

    The generic cell rate algorithm (ITU-T I.371): each call moves the time at which the allowance is whole again, and
    that time may lie a minute ahead at most. A single call above a minute's tokens passes when nothing went before it.
    """
    requests = _next(customer.requests_tat, now, MINUTE // customer.requests_per_minute)
    tokens_tat = _next(customer.tokens_tat, now, min(tokens * MINUTE // customer.tokens_per_minute, MINUTE))
    wait = max(requests, tokens_tat) - now - MINUTE
    if wait > 0:
        seconds = -(-wait // SECOND)
        what = "requests" if requests >= tokens_tat else "tokens"
        most = customer.requests_per_minute if what == "requests" else customer.tokens_per_minute
        raise TooMany(f"At most {most:,} {what} a minute: try again in {seconds} s", retry_after_s=seconds)
    return msgspec.structs.replace(customer, requests_tat=requests, tokens_tat=tokens_tat)


def claim_pace(customer: Customer, wanted: Pace, part: int, now: int) -> tuple[Pace, Customer]:
    """So much of what is wanted as one in `part` of the customer's allowance has, counted as if it were used; and the
    customer after it."""
    step, tokens_per_minute = MINUTE // customer.requests_per_minute, customer.tokens_per_minute
    calls = min(wanted.calls, _left(customer.requests_tat, now) // part // step) if step else wanted.calls
    tokens = min(wanted.tokens, _left(customer.tokens_tat, now) * tokens_per_minute // MINUTE // part)
    return Pace(calls, tokens), msgspec.structs.replace(
        customer,
        requests_tat=_next(customer.requests_tat, now, calls * step),
        tokens_tat=_next(customer.tokens_tat, now, -(-tokens * MINUTE // tokens_per_minute)),
    )


def return_pace(customer: Customer, unused: Pace, now: int) -> Customer:
    """The customer with what was claimed and not used."""
    step, tokens_us = MINUTE // customer.requests_per_minute, unused.tokens * MINUTE // customer.tokens_per_minute
    return msgspec.structs.replace(
        customer,
        requests_tat=max(customer.requests_tat - unused.calls * step, min(customer.requests_tat, now)),
        tokens_tat=max(customer.tokens_tat - tokens_us, min(customer.tokens_tat, now)),
    )


def rate_rows(customer: Customer | None) -> RowSet:
    """What remembers how fast a customer called; nothing for None. The caller has locked its row."""
    if customer is None:
        return _take, ()
    row = {
        "organisation_": customer.organisation,
        "requests_tat_": customer.requests_tat,
        "tokens_tat_": customer.tokens_tat,
    }
    return _take, (row,)


def set_limits(tx: Tx, scope: Scope, organisation: str, limits: Limits) -> None:
    """How fast an organisation may call from now on. The operator's."""
    require_operator(scope)
    lock_customer(tx, organisation, limits)
    tx.run(_set_limits, organisation_=organisation, requests_=limits.requests_per_minute,
           tokens_=limits.tokens_per_minute)  # fmt: skip


def credit_plan(organisation: str, unit: str, amount: int, ref: str, *, granted: bool = False) -> ledger.Plan:
    """Credit for compute: granted, or paid for past the market's processors. The same `ref` credits once, however often
    it is posted. What is paid are whole minor units; the rest of the amount is granted.
    """
    currency = currency_of(unit)
    paid_minor = 0 if granted else amount // nano_per_minor(currency)
    given = amount - paid_minor * nano_per_minor(currency)
    plan = _grant(organisation, unit, given, ref) if given else ledger.Plan()
    if paid_minor:
        came = derive_id("trf", ref, accounts.PAID)
        source, target = accounts.paid_elsewhere(currency), pay.accounts.prepaid(organisation, currency)
        plan += ledger.Plan.of(ledger.Move(came, source, target, paid_minor, accounts.PAID, ref))
        plan += paid_credit(organisation, currency, paid_minor, ref)
    return plan


def paid_credit(organisation: str, currency: str, amount_minor: int, ref: str) -> ledger.Plan:
    """What was paid, as something to spend: once for each `ref`."""
    unit, amount = accounts.nano(currency), amount_minor * nano_per_minor(currency)
    source, target = accounts.prepaid(unit), accounts.compute(organisation, unit)
    return ledger.Plan.of(
        ledger.Move(derive_id("trf", ref, accounts.CREDIT), source, target, amount, accounts.CREDIT, ref)
    )


def _grant(organisation: str, unit: str, amount: int, ref: str) -> ledger.Plan:
    """Something to spend that nobody pays for, and a note of it for the invoices that it will lower."""
    source, target = accounts.grants(unit), accounts.compute(organisation, unit)
    note, left = accounts.grants_open(unit), accounts.granted(organisation, unit)
    return ledger.Plan.of(
        ledger.Move(derive_id("trf", ref, accounts.GRANT), source, target, amount, accounts.GRANT, ref),
        ledger.Move(derive_id("trf", ref, accounts.GRANTED), note, left, amount, accounts.GRANTED, ref),
    )


def set_credit_line(tx: Tx, scope: Scope, organisation: str, unit: str, amount: int, limits: Limits) -> None:
    """How much an organisation may use before it pays. The operator's; Insufficient while more than that is used."""
    require_operator(scope)
    if not 0 <= amount <= ledger.AMOUNT_MAX:
        raise Invalid("A credit line is zero or more")
    customer = lock_customer(tx, organisation, limits)
    by = amount - customer.credit_line
    if by == 0:
        return
    here, there = accounts.credit_lines(unit), accounts.compute(organisation, unit)
    debit, credit = (here, there) if by > 0 else (there, here)
    move = ledger.Move(tx.new_id("trf"), debit, credit, abs(by), accounts.CREDIT_LINE, organisation)
    ledger.post(tx, ledger.Plan.of(move))
    tx.run(_set_line, organisation_=organisation, amount_=amount)
    audit(tx, scope, "cloud.set_credit_line", organisation, {"nano": amount, "unit": unit})


def find_customer(snapshot: Snapshot, organisation: str) -> Customer | None:
    """A customer; None when it never called."""
    return snapshot.one(_find, organisation=organisation)


def _left(tat: int, now: int) -> int:
    """How much of its minute an allowance has left."""
    return now + MINUTE - _next(tat, now, 0)


def _next(tat: int, now: int, step: int) -> int:
    """The next theoretical arrival. No call that passed moved it beyond a minute ahead: where it lies further, the
    clock was set back since, and it tells nothing."""
    return (now if tat > now + MINUTE else max(tat, now)) + step


_c = tables.customers.c
_row = select(
    _c.organisation, _c.requests_per_minute, _c.tokens_per_minute, _c.requests_tat, _c.tokens_tat, _c.credit_line
).where(_c.organisation == bindparam("organisation"))
_find: Prepared[Customer] = prepare(_row, Customer)
_lock: Prepared[Customer] = prepare(_row.with_for_update(), Customer)
_insert: Prepared[Any] = prepare_text(
    "INSERT INTO cloud_customers (organisation, requests_per_minute, tokens_per_minute, requests_tat, tokens_tat, "
    "credit_line, created_at) VALUES (:organisation, :requests_per_minute, :tokens_per_minute, 0, 0, 0, :now) "
    "ON CONFLICT (organisation) DO NOTHING"
)
_mine = _c.organisation == bindparam("organisation_")
_take = update_rows(tables.customers, ["requests_tat", "tokens_tat"], "organisation")
_set_limits: Prepared[Any] = prepare(
    update(tables.customers)
    .where(_mine)
    .values(requests_per_minute=bindparam("requests_"), tokens_per_minute=bindparam("tokens_"))
)
_set_line: Prepared[Any] = prepare(update(tables.customers).where(_mine).values(credit_line=bindparam("amount_")))

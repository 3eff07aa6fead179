"""Credit that was given until a day: used before what lasts longer, told of in good time, moved back when it is over.

The ledger knows what an organisation's grants have left together. Here stands which of that ends when: an invoice uses
up what ends first, and what was given for ever last. What was used, but is on no invoice yet, has used up the grant
that ends; so has what is held for calls under way. Only the rest is moved back.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec
from sqlalchemy import bindparam, insert, select, update

from entrepot import ledger, pay
from entrepot.identity import Notice, Scope, notify
from entrepot.kernel import DAY, Database, Lane, Prepared, Snapshot, Tx, derive_id, prepare

from . import accounts, notices, tables
from .accounting import account_owner
from .amounts import nano_per_minor
from .customers import Limits, find_customer, limits_of, lock_customer
from .invoices import list_open_invoices
from .showing import show_day, show_nano
from .tab_rows import open_tabs_of
from .types import Settings

AT_ONCE = 200


class Grant(msgspec.Struct, frozen=True):
    """Credit given until `expires_at`, in nano units: `used` by invoices, `expired` moved back."""

    id: str
    organisation: str
    ref: str
    amount: int
    used: int
    expired: int
    expires_at: int
    told_at: int | None
    ended_at: int | None
    created_at: int

    @property
    def left(self) -> int:
        """What neither an invoice has used nor was moved back."""
        return self.amount - self.used - self.expired


class Lasting(msgspec.Struct, frozen=True):
    """A grant that can still be used: so much of it, until then."""

    ref: str
    left: int
    expires_at: int


def add_grant(tx: Tx, organisation: str, amount: int, ref: str, expires_at: int) -> None:
    """Note until when a grant lasts that is posted in the same transaction; the same `ref` notes it once."""
    grant = Grant(derive_id("grt", ref), organisation, ref, amount, 0, 0, expires_at, None, None, tx.now)
    tx.run(_insert, **msgspec.structs.asdict(grant))


def list_lasting(snapshot: Snapshot, scope: Scope, currency: str) -> list[Lasting]:
    """The caller's grants that end some day and can still be used, the first to end first."""
    organisation = account_owner(scope)
    rows = snapshot.all(_of, organisation=organisation)
    used = used_of(snapshot, organisation, currency)
    return [
        Lasting(grant.ref, left, grant.expires_at)
        for grant, left in zip(rows, unused(rows, used), strict=True)
        if left and grant.ended_at is None
    ]


def unused(grants: Sequence[Grant], used: int) -> list[int]:
    """What is left of each, in the order in which they end, when so much was used that is on no invoice. Pure."""
    found = []
    for grant in grants:
        covered = min(grant.left, used)
        used -= covered
        found.append(grant.left - covered)
    return found


def use_up(tx: Tx, organisation: str, granted_nano: int) -> None:
    """Note which grants an invoice uses up; what is beyond them was given for ever."""
    for grant in tx.all(_lock, organisation=organisation):
        part = min(grant.left, granted_nano)
        if part:
            tx.run(_use, id_=grant.id, used_=grant.used + part)
        granted_nano -= part


def used_of(snapshot: Snapshot, organisation: str, currency: str) -> int:
    """What an organisation has used, or holds for calls under way, and has on no invoice, in nano units: what it was
    given and paid, less what it can spend."""
    unit, per_minor = accounts.nano(currency), nano_per_minor(currency)
    spendable, granted, prepaid = (
        accounts.compute(organisation, unit), accounts.granted(organisation, unit),
        pay.accounts.prepaid(organisation, currency),
    )  # fmt: skip
    found = ledger.balances_of(snapshot, [spendable, granted, prepaid])
    customer = find_customer(snapshot, organisation)
    line = customer.credit_line if customer else 0
    owed = sum(each.open_net_minor for each in list_open_invoices(snapshot, organisation))
    given = line + found[granted.id].balance + per_minor * (found[prepaid.id].balance - owed)
    return max(given - found[spendable.id].available, 0)


def grant_round(database: Database, settings: Settings) -> int:
    """Tell of grants that end soon, and move back what is left of those that are over; returns how many were. A
    transaction each."""
    now, limits = database.clock.now(), limits_of(settings)
    soon = now + settings.grant_notice_days * DAY
    for grant_id in database.read_now(lambda s: [each.id for each in s.all(_soon, now=now, until=soon)]):
        database.write_now(lambda tx, each=grant_id: _tell(tx, each, settings.currency), Lane.BULK)  # type: ignore[misc]
    over = database.read_now(lambda s: [each.id for each in s.all(_over, now=now, most=AT_ONCE)])
    for grant_id in over:
        database.write_now(lambda tx, each=grant_id: _expire(tx, each, settings.currency, limits), Lane.BULK)  # type: ignore[misc]
    return len(over)


def _expire(tx: Tx, grant_id: str, currency: str, limits: Limits) -> None:
    """Move back what is left of a grant. What cannot be taken, as other credit was taken first, stays for ever."""
    lock_customer(tx, _get(tx, grant_id).organisation, limits)
    grant = _get(tx, grant_id)
    if grant.ended_at is not None or open_tabs_of(tx, [grant.organisation]):
        return  # what a tab holds comes back when it is closed: the next round of this looks again
    unit = accounts.nano(currency)
    spendable = ledger.balance_of(tx, accounts.compute(grant.organisation, unit)).available
    amount = max(min(_left_of(tx, grant, currency), spendable), 0)
    if amount:
        ledger.post(tx, _back(grant, unit, amount))
    tx.run(_end, id_=grant.id, expired_=grant.expired + amount, now_=tx.now)


def _left_of(tx: Tx, grant: Grant, currency: str) -> int:
    """What can be moved back of a grant: what no invoice has used, and what was used since does not cover."""
    rows = tx.all(_lock, organisation=grant.organisation)
    lefts = unused(rows, used_of(tx, grant.organisation, currency))
    return sum(left for each, left in zip(rows, lefts, strict=True) if each.id == grant.id)


def _back(grant: Grant, unit: str, amount: int) -> ledger.Plan:
    """The way that it came, back: what can be spent, and the note for invoices."""
    code = accounts.EXPIRED
    ways = (
        ("credit", accounts.compute(grant.organisation, unit), accounts.grants(unit)),
        ("note", accounts.granted(grant.organisation, unit), accounts.grants_open(unit)),
    )
    return ledger.Plan(
        tuple(
            ledger.Move(derive_id("trf", grant.id, code, what), debit, credit, amount, code, grant.ref)
            for what, debit, credit in ways
        )
    )


def _tell(tx: Tx, grant_id: str, currency: str) -> None:
    grant = _get(tx, grant_id)
    if not tx.run(_told, id_=grant.id, now_=tx.now):
        return
    left = _left_of(tx, grant, currency)
    if left <= 0:
        return
    params = {"left": show_nano(left, currency), "day": show_day(grant.expires_at)}
    notify(tx, Notice(grant.organisation, notices.GRANT_ENDS, params, link="/cloud/credit"))


def _get(snapshot: Snapshot, grant_id: str) -> Grant:
    grant = snapshot.one(_one, id=grant_id)
    assert grant is not None, "grants are never deleted"
    return grant


_g = tables.grants.c
_rows = select(*(_g[name] for name in Grant.__struct_fields__))
_one: Prepared[Grant] = prepare(_rows.where(_g.id == bindparam("id")), Grant)
_alive = _rows.where(
    _g.organisation == bindparam("organisation"), _g.used + _g.expired < _g.amount
).order_by(_g.expires_at, _g.created_at, _g.id)  # fmt: skip
_of: Prepared[Grant] = prepare(_alive, Grant)
_lock: Prepared[Grant] = prepare(_alive.with_for_update(), Grant)
_over: Prepared[Any] = prepare(
    select(_g.id)
    .where(_g.ended_at.is_(None), _g.expires_at <= bindparam("now"))
    .order_by(_g.expires_at, _g.id)
    .limit(bindparam("most"))
)
_soon: Prepared[Any] = prepare(
    select(_g.id)
    .where(
        _g.ended_at.is_(None), _g.told_at.is_(None), _g.expires_at > bindparam("now"),
        _g.expires_at <= bindparam("until"),
    )
    .order_by(_g.expires_at, _g.id)
    .limit(AT_ONCE)
)  # fmt: skip
_insert: Prepared[Any] = prepare(
    insert(tables.grants).values({column.name: bindparam(column.name) for column in tables.grants.columns})
)
_use: Prepared[Any] = prepare(update(tables.grants).where(_g.id == bindparam("id_")).values(used=bindparam("used_")))
_end: Prepared[Any] = prepare(
    update(tables.grants)
    .where(_g.id == bindparam("id_"))
    .values(expired=bindparam("expired_"), ended_at=bindparam("now_"))
)
_told: Prepared[Any] = prepare(
    update(tables.grants).where(_g.id == bindparam("id_"), _g.told_at.is_(None)).values(told_at=bindparam("now_"))
)

"""Merchants: who applies, whom the operator approves or suspends, and what becomes of their goods then."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sqlalchemy import bindparam, or_, select, update

from entrepot import identity
from entrepot.identity import Scope
from entrepot.kernel import Conflict, Invalid, NotFound, Prepared, Snapshot, Tx, in_set, prepare
from entrepot.kernel.sql import prepare_text

from . import tables
from .currencies import is_currency
from .events import MerchantApplied, MerchantApproved, MerchantSuspended
from .matching import claim_all
from .texts import clean_line, clean_text, slug_of
from .types import Merchant, MerchantApplication, MerchantStatus
from .visibility import announce_listed, announce_withdrawn, list_product_ids

NAME_LENGTH_MAX = 80
ABOUT_LENGTH_MAX = 4_000
COMMISSION_BPS_MAX = 10_000


def apply_as_merchant(tx: Tx, scope: Scope, application: MerchantApplication) -> Merchant:
    """Ask to sell here, for the caller's organisation; for somebody without one it is made, and they belong to it.

    The shop may be filled at once; its goods are seen when the operator approves it. Conflict when it has applied.
    """
    checked = check_application(application)
    organisation = scope.organisation if identity.Role.MERCHANT in scope.roles else None
    merchant_id = organisation or identity.create_organisation(
        tx, scope, identity.OrganisationKind.MERCHANT, checked.name
    )
    if tx.one(_get, id=merchant_id) is not None:
        raise Conflict("This shop has applied already: the market's operator decides")
    _insert_merchant(tx, merchant_id, checked)
    tx.announce(MerchantApplied(merchant_id))
    return get_merchant(tx, merchant_id)


def approve_merchant(tx: Tx, scope: Scope, merchant_id: str, commission_bps: int) -> Merchant:
    """Let a merchant's goods be seen and sold, for a commission in hundredths of a percent. Operators only.

    Approving again changes the commission of orders placed from now on.
    """
    identity.require_operator(scope)
    if not 0 <= commission_bps <= COMMISSION_BPS_MAX:
        raise Invalid(
            f"A commission is 0 to {COMMISSION_BPS_MAX} hundredths of a percent",
            fields={"commission_bps": f"must be 0 to {COMMISSION_BPS_MAX}"},
        )
    before = lock_merchant(tx, merchant_id)
    tx.run(_decide, id_=merchant_id, status_="approved", commission_bps_=commission_bps, now_=tx.now)
    identity.audit(tx, scope, "catalog.approve_merchant", merchant_id, {"commission_bps": commission_bps})
    if before.status != "approved":
        claim_all(tx, merchant_id)
        tx.announce(MerchantApproved(merchant_id))
        announce_listed(tx, list_product_ids(tx, merchant_id))
        _tell(tx, before, "catalog.approved", {"name": before.name})
    return get_merchant(tx, merchant_id)


def suspend_merchant(tx: Tx, scope: Scope, merchant_id: str, reason: str) -> Merchant:
    """Take a merchant's goods out of sight and off sale; what was ordered is still to be sent. Operators only."""
    identity.require_operator(scope)
    before = lock_merchant(tx, merchant_id)
    if before.status == "suspended":
        return before
    tx.run(_decide, id_=merchant_id, status_="suspended", commission_bps_=before.commission_bps, now_=tx.now)
    identity.audit(tx, scope, "catalog.suspend_merchant", merchant_id, {"reason": reason})
    tx.announce(MerchantSuspended(merchant_id))
    announce_withdrawn(tx, list_product_ids(tx, merchant_id))
    _tell(tx, before, "catalog.suspended", {"name": before.name, "reason": reason})
    return get_merchant(tx, merchant_id)


def get_merchant(snapshot: Snapshot, key: str) -> Merchant:
    """A merchant by id or slug; NotFound when there is none."""
    merchant = snapshot.one(_get, id=key)
    if merchant is None:
        raise NotFound("There is no such merchant")
    return merchant


def merchants_of(snapshot: Snapshot, merchant_ids: Iterable[str]) -> dict[str, Merchant]:
    """Merchants by id; what is none is left out."""
    return {row.id: row for row in snapshot.all(_of, ids=sorted(set(merchant_ids)))}


def list_merchants(
    snapshot: Snapshot, scope: Scope, status: MerchantStatus | None = None, after: str = "", most: int = 100
) -> list[Merchant]:
    """Merchants by id, oldest first. Everybody sees the approved ones; the others only the operator."""
    if not scope.is_operator:
        if status not in (None, "approved"):
            identity.require_operator(scope)
        status = "approved"
    if status is None:
        return snapshot.all(_list, after=after, most=most)
    if status == "approved":
        return snapshot.all(_list_approved, after=after, most=most)
    return snapshot.all(_list_unapproved, after=after, most=most, status=status)


def lock_merchant(tx: Tx, merchant_id: str) -> Merchant:
    """A merchant, kept from other writers until the commit. NotFound when there is none."""
    merchant = tx.one(_lock, id=merchant_id)
    if merchant is None:
        raise NotFound("There is no such merchant")
    return merchant


def require_merchant(scope: Scope, merchant_id: str) -> None:
    """Refuse everybody but the merchant itself and the operator: to others it is as if there were no such thing."""
    if scope.organisation != merchant_id and not scope.is_operator:
        raise NotFound("There is no such merchant")


def check_application(application: MerchantApplication) -> MerchantApplication:
    """The application without stray spaces; Invalid, naming each field at fault."""
    name, about = clean_line(application.name), clean_text(application.about)
    country = application.country.strip().upper()
    currency = application.currency.strip().upper()
    fields = {}
    if not 2 <= len(name) <= NAME_LENGTH_MAX:
        fields["name"] = f"Write a name of 2 to {NAME_LENGTH_MAX} characters"
    if len(about) > ABOUT_LENGTH_MAX:
        fields["about"] = f"Use at most {ABOUT_LENGTH_MAX} characters"
    if country not in identity.COUNTRIES:
        fields["country"] = "Write the two-letter code of a country, such as DE or CN"
    if not is_currency(currency):
        fields["currency"] = "Write the three letters of a currency, such as USD"
    if fields:
        raise Invalid("The application is not complete: look at " + ", ".join(fields), fields=fields)
    return MerchantApplication(name, country, currency, about)


def _insert_merchant(tx: Tx, merchant_id: str, application: MerchantApplication) -> None:
    """Under the slug of its name; a name that another shop has gets the end of its id."""
    slug = slug_of(application.name) or "shop"
    row = {
        "id": merchant_id,
        "name": application.name,
        "about": application.about,
        "country": application.country,
        "currency": application.currency,
        "now": tx.now,
    }
    if not tx.run(_insert, slug=slug, **row):
        written = tx.run(_insert, slug=f"{slug}-{merchant_id[-6:].lower()}", **row)
        if not written:
            raise Conflict("This shop has applied already: the market's operator decides")


def _tell(tx: Tx, merchant: Merchant, kind: str, params: dict[str, str]) -> None:
    identity.notify(tx, identity.Notice(to=merchant.id, kind=kind, params=params, link="/merchant"))


_c = tables.merchants.c
_all = select(
    _c.id, _c.slug, _c.name, _c.about, _c.country, _c.currency, _c.status, _c.commission_bps, _c.created_at,
    _c.decided_at,
)  # fmt: skip
_by_id = _c.id == bindparam("id")
_get: Prepared[Merchant] = prepare(_all.where(or_(_by_id, _c.slug == bindparam("id"))), Merchant)
_lock: Prepared[Merchant] = prepare(_all.where(_by_id).with_for_update(), Merchant)
_of: Prepared[Merchant] = prepare(_all.where(in_set(_c.id, "ids")), Merchant)
_next = _all.where(_c.id > bindparam("after")).order_by(_c.id).limit(bindparam("most"))
_list: Prepared[Merchant] = prepare(_next, Merchant)
_list_approved: Prepared[Merchant] = prepare(_next.where(_c.status == "approved"), Merchant)
_list_unapproved: Prepared[Merchant] = prepare(
    _next.where(_c.status != "approved", _c.status == bindparam("status")), Merchant
)
_insert: Prepared[Any] = prepare_text(
    "INSERT INTO catalog_merchants (id, slug, name, about, country, currency, status, commission_bps, created_at) "
    "VALUES (:id, :slug, :name, :about, :country, :currency, 'pending', 0, :now) ON CONFLICT DO NOTHING"
)
_decide: Prepared[Any] = prepare(
    update(tables.merchants)
    .where(_c.id == bindparam("id_"))
    .values(status=bindparam("status_"), commission_bps=bindparam("commission_bps_"), decided_at=bindparam("now_"))
)

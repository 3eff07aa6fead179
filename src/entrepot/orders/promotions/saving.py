"""Promotions as merchants and the operator make them, change them, pause them and end them."""

from __future__ import annotations

import msgspec

from entrepot.identity import Scope, audit, require_organisation
from entrepot.kernel import Conflict, NotFound, Snapshot, Tx

from . import rows
from .terms import PLATFORM, Promotion, PromotionDraft, PromotionState, check_draft, code_key
from .uses import Usage, recount, usage_of

ABSENT = "There is no such promotion"
PAGE_MAX = 100
KEPT_MAX = 200
"""Live promotions of one owner: all of them are weighed at every checkout."""


class PromotionView(msgspec.Struct, frozen=True):
    """A promotion with what it did so far, by currency."""

    promotion: Promotion
    usage: tuple[Usage, ...]


def owner_for(scope: Scope) -> str:
    """Whose promotions the caller makes: the operator the platform's, a merchant its own."""
    return PLATFORM if scope.is_operator else require_organisation(scope)


def save_promotion(tx: Tx, scope: Scope, draft: PromotionDraft) -> Promotion:
    """Make a promotion, or change one's own that has not ended; it holds for every cart from the commit on.

    Orders keep what they were placed with. Invalid, by field, for what makes no sense; Conflict when the owner has
    another live promotion with this code.
    """
    owner = owner_for(scope)
    draft = check_draft(draft, owner, tx.now)
    was = _lock_own(tx, owner, draft.id) if draft.id else None
    _check_code(tx, owner, draft)
    starts_at = draft.starts_at if draft.starts_at is not None else (was.starts_at if was else tx.now)
    promotion = Promotion(
        id=was.id if was else tx.new_id("prm"),
        owner=owner,
        name=draft.name,
        kind=draft.kind,
        code=draft.code,
        state=was.state if was else "active",
        terms=draft.terms,
        starts_at=starts_at,
        ends_at=draft.ends_at,
        created_at=was.created_at if was else tx.now,
    )
    if was is None:
        _check_room(tx, owner)
        rows.insert_promotion(tx, promotion)
    else:
        rows.update_promotion(tx, promotion)
        if promotion.terms.is_limited and not was.terms.is_limited:
            recount(tx, promotion.id)
    audit(tx, scope, "orders.promotion_saved", promotion.id, {"name": promotion.name, "kind": promotion.kind})
    return promotion


def set_promotion_state(tx: Tx, scope: Scope, promotion_id: str, state: PromotionState) -> Promotion:
    """Pause a promotion, let it run again, or end it for good; what it did stays on record."""
    owner = owner_for(scope)
    was = _lock_own(tx, owner, promotion_id)
    if state == "active" and was.state != "active":
        _check_room(tx, owner)
    promotion = msgspec.structs.replace(was, state=state)
    rows.update_promotion(tx, promotion)
    audit(tx, scope, f"orders.promotion_{state}", promotion.id, {"name": promotion.name})
    return promotion


def get_promotion(snapshot: Snapshot, scope: Scope, promotion_id: str) -> PromotionView:
    """One of the caller's own promotions; NotFound for anybody else's."""
    promotion = rows.find_promotion(snapshot, promotion_id)
    if promotion is None or promotion.owner != owner_for(scope):
        raise NotFound(ABSENT)
    return PromotionView(promotion, tuple(usage_of(snapshot, [promotion.id])[promotion.id]))


def list_promotions(snapshot: Snapshot, scope: Scope, after: str | None = None, most: int = 50) -> list[PromotionView]:
    """The caller's own promotions, newest first; `after` is the id of the last one seen."""
    found = rows.list_of(snapshot, owner_for(scope), after or "~", max(1, min(most, PAGE_MAX + 1)))
    usage = usage_of(snapshot, [promotion.id for promotion in found])
    return [PromotionView(promotion, tuple(usage[promotion.id])) for promotion in found]


def _lock_own(tx: Tx, owner: str, promotion_id: str) -> Promotion:
    found = rows.lock_promotion(tx, promotion_id)
    if found is None or found.owner != owner:
        raise NotFound(ABSENT)
    if found.state == "ended":
        raise Conflict("This promotion has ended: make a new one")
    return found


def _check_code(tx: Tx, owner: str, draft: PromotionDraft) -> None:
    if draft.code is None:
        return
    others = [each for each in rows.coded_for(tx, [owner], [draft.code]) if each.state != "ended"]
    if any(each.id != draft.id for each in others):
        sentence = f"You have a promotion with the code {code_key(draft.code).upper()} already: end it, or take another"
        raise Conflict(sentence, fields={"code": sentence})


def _check_room(tx: Tx, owner: str) -> None:
    if rows.count_live(tx, owner) >= KEPT_MAX:
        raise Conflict(f"You have {KEPT_MAX} live promotions: end one first")

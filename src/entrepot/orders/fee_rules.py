"""Fee rules as the operator keeps them: listed, saved, taken out. Orders keep the fees they were placed with."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import msgspec
from sqlalchemy import bindparam, delete, insert, select

from entrepot.identity import Scope, audit, require_operator
from entrepot.kernel import Invalid, NotFound, Prepared, Snapshot, Tx, from_json, in_set, prepare, to_json

from . import rule_tables as tables
from .fees import FeeKind, FeeRule
from .promotions.terms import wrong_amounts

NAME_LENGTH_MAX = 60
RULES_MAX = 500


class FeeDraft(msgspec.Struct, frozen=True):
    """A fee to be kept: a share of the goods in basis points, an amount for each piece by currency, or both."""

    name: str
    kind: FeeKind = "extra"
    bps: int = 0
    fixed: Mapping[str, int] = {}
    merchant_id: str = ""
    category: str = ""
    valid_from: int | None = None
    valid_to: int | None = None
    id: str | None = None


def list_fees(snapshot: Snapshot, scope: Scope) -> list[FeeRule]:
    """Every rule, newest first; for the operator."""
    require_operator(scope)
    return snapshot.all(_all)


def save_fee(tx: Tx, scope: Scope, draft: FeeDraft) -> FeeRule:
    """Keep a rule, or replace one; it holds for orders from the commit on. For the operator."""
    require_operator(scope)
    _check(tx, draft)
    if draft.id is not None and not tx.run(_delete, id_=draft.id):
        raise NotFound("There is no such fee")
    rule = FeeRule(
        draft.id or tx.new_id("fee"), " ".join(draft.name.split()), draft.kind, draft.merchant_id, draft.category,
        draft.bps, dict(draft.fixed), draft.valid_from if draft.valid_from is not None else tx.now, draft.valid_to,
    )  # fmt: skip
    tx.send(_insert, **{**msgspec.structs.asdict(rule), "fixed": to_json(rule.fixed)})
    audit(tx, scope, "orders.fee_saved", rule.id, {"name": rule.name, "bps": rule.bps})
    return rule


def delete_fee(tx: Tx, scope: Scope, fee_id: str) -> None:
    """Take a rule out; for the operator."""
    require_operator(scope)
    if not tx.run(_delete, id_=fee_id):
        raise NotFound("There is no such fee")
    audit(tx, scope, "orders.fee_deleted", fee_id, {})


def fees_for(snapshot: Snapshot, merchant_ids: Sequence[str]) -> Callable[[], list[FeeRule]]:
    """What holds now for orders of these merchants, in the order in which the rules were made; to be called for."""
    return snapshot.later(_current, merchants=["", *merchant_ids], now=snapshot.now)


def _check(tx: Tx, draft: FeeDraft) -> None:
    fields = {}
    if not 0 < len(draft.name.strip()) <= NAME_LENGTH_MAX or "\0" in draft.name:
        fields["name"] = f"Give it a name of 1 to {NAME_LENGTH_MAX} characters: merchants see it on statements"
    if not 0 <= draft.bps <= 10_000:
        fields["bps"] = "A fee is 0 to 100 percent"
    if why := wrong_amounts(draft.fixed):
        fields["fixed"] = why
    if draft.kind == "extra" and not draft.bps and not any(draft.fixed.values()):
        fields["bps"] = "Say how much: a percentage, an amount for each piece, or both"
    if draft.kind == "commission" and not (draft.merchant_id or draft.category):
        fields["category"] = "The commission for everything is agreed with each merchant: name a category or a merchant"
    if draft.valid_to is not None and draft.valid_to <= (draft.valid_from or tx.now):
        fields["valid_to"] = "It must end after it begins"
    if any(len(text) > 200 or "\0" in text for text in (draft.merchant_id, draft.category)):
        fields["category"] = "This is too long"
    if not fields and draft.id is None and len(tx.all(_all)) >= RULES_MAX:
        fields["name"] = f"There are {RULES_MAX} fees: take one out first"
    if fields:
        raise Invalid("This fee cannot be kept: look at the marked fields", fields=fields)


def _rule(*row: Any) -> FeeRule:
    values = dict(zip(FeeRule.__struct_fields__, row, strict=True))
    return FeeRule(**{**values, "fixed": from_json(values["fixed"], dict[str, int])})


_f = tables.fees.c
_ALL = select(*(_f[name] for name in FeeRule.__struct_fields__))
_all: Prepared[FeeRule] = prepare(_ALL.order_by(_f.id.desc()), _rule)
_current: Prepared[FeeRule] = prepare(
    _ALL.where(
        in_set(_f.merchant_id, "merchants"), _f.valid_from <= bindparam("now"),
        _f.valid_to.is_(None) | (_f.valid_to > bindparam("now")),
    ).order_by(_f.id),
    _rule,
)  # fmt: skip
_delete: Prepared[Any] = prepare(delete(tables.fees).where(_f.id == bindparam("id_")))
_insert: Prepared[Any] = prepare(
    insert(tables.fees).values({column.name: bindparam(column.name) for column in tables.fees.columns})
)

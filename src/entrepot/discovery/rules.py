"""Rules that an operator writes about results: pin, boost, bury, include, exclude, and at most n of one merchant.

A rule says which goods it is about, where it holds (queries, a category, or everywhere) and when. What rules do to a
list, and in which order, is fixed by `index.arrangement`; which hold for a request is found by `rulebook`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, Literal, get_args

import msgspec
from msgspec import Meta
from sqlalchemy import bindparam, insert, or_, select, update

from entrepot import catalog, identity
from entrepot.identity import Scope
from entrepot.kernel import Conflict, Invalid, NotFound, Prepared, Snapshot, Tx, from_json, prepare, to_json

from . import tables
from .events import RulesChanged
from .index.arrangement import PAGE
from .index.filters import read_filters
from .text import QUERY_CHARACTERS_MAX, query_words

Action = Literal["pin", "boost", "bury", "include", "exclude", "spread"]
ACTIONS: tuple[Action, ...] = get_args(Action)
RULES_MAX = 2_000
"""How many rules may be in force or planned at a time."""
PRODUCTS_MAX = 100
QUERIES_MAX = 50
POSITION_MAX = 100
WEIGHT_MAX = 100.0
NAME_LENGTH_MAX = 120
_FOR_PRODUCTS, _FOR_GOODS = ("pin", "include"), ("boost", "bury", "exclude")

Word = Annotated[str, Meta(min_length=1, max_length=200)]


class RuleDraft(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A rule as an operator writes it.

    `products` are the ids of the goods it is about; boost, bury and exclude may give `filters` instead, written as a
    search writes them. `queries` are searches that it holds for: with `whole` those very words in any order, else every
    search that has them all. With a `category` it holds for lists of that category and below. Without either it holds
    everywhere. `position` is the first pin's, from one; the others follow. `weight` says how far boost and bury move:
    1 is as much as having all the words. `most` is how many of each 24 results one merchant may have (`spread`).
    Times in microseconds UTC; the rule holds from `starts_at` on and before `ends_at`.
    """

    name: Annotated[str, Meta(min_length=1, max_length=NAME_LENGTH_MAX)]
    action: Action
    products: Annotated[tuple[Word, ...], Meta(max_length=PRODUCTS_MAX)] = ()
    filters: Annotated[dict[str, Annotated[tuple[Word, ...], Meta(max_length=50)]], Meta(max_length=10)] = {}
    queries: Annotated[tuple[Word, ...], Meta(max_length=QUERIES_MAX)] = ()
    whole: bool = False
    category: Annotated[str, Meta(max_length=400)] = ""
    position: Annotated[int, Meta(ge=1, le=POSITION_MAX)] = 1
    weight: Annotated[float, Meta(gt=0, le=WEIGHT_MAX)] = 1.0
    most: Annotated[int, Meta(ge=1, lt=PAGE)] = 3
    starts_at: int | None = None
    ends_at: int | None = None


class Rule(msgspec.Struct, frozen=True):
    """A rule as it is kept. `ended_at` is when an operator ended it."""

    id: str
    draft: RuleDraft
    created_by: str
    created_at: int
    changed_at: int
    ended_at: int | None

    def state(self, now: int) -> Literal["planned", "active", "ended"]:
        """Whether it holds at a time, will, or did."""
        if self.ended_at is not None or (self.draft.ends_at is not None and self.draft.ends_at <= now):
            return "ended"
        return "planned" if self.draft.starts_at is not None and self.draft.starts_at > now else "active"


def add_rule(tx: Tx, scope: Scope, draft: RuleDraft) -> Rule:
    """Let a rule hold from its start on, in every process within a second. Operators only; Invalid names the field."""
    identity.require_operator(scope)
    checked = _checked(tx, draft, ())
    if len(tx.all(_in_force, now=tx.now, most=RULES_MAX)) >= RULES_MAX:
        raise Conflict(f"There are {RULES_MAX:,} rules already: end some first")
    rule = Rule(tx.new_id("rul"), checked, scope.actor, tx.now, tx.now, None)
    row = {"id": rule.id, "created_by": rule.created_by, "created_at": rule.created_at, "ended_at": None}
    tx.run(_insert, **row, **_columns(checked), changed_at=tx.now)
    _changed(tx, scope, "discovery.add_rule", rule.id, checked)
    return rule


def change_rule(tx: Tx, scope: Scope, rule_id: str, draft: RuleDraft) -> Rule:
    """Let a rule say something else from now on; Conflict when it was ended."""
    identity.require_operator(scope)
    rule = tx.one(_locked, id=rule_id)
    if rule is None:
        raise NotFound("There is no such rule")
    if rule.ended_at is not None:
        raise Conflict("This rule was ended: write a new one")
    checked = _checked(tx, draft, rule.draft.products)
    tx.run(_update, id_=rule_id, **{f"{name}_": value for name, value in _columns(checked).items()}, changed_at_=tx.now)
    _changed(tx, scope, "discovery.change_rule", rule_id, checked)
    return msgspec.structs.replace(rule, draft=checked, changed_at=tx.now)


def end_rule(tx: Tx, scope: Scope, rule_id: str) -> None:
    """Let a rule hold no longer. Ending it again changes nothing."""
    identity.require_operator(scope)
    get_rule(tx, scope, rule_id)
    if tx.run(_end, id_=rule_id, now_=tx.now):
        _changed(tx, scope, "discovery.end_rule", rule_id, None)


def get_rule(snapshot: Snapshot, scope: Scope, rule_id: str) -> Rule:
    """A rule by its id. Operators only."""
    identity.require_operator(scope)
    rule = snapshot.one(_get, id=rule_id)
    if rule is None:
        raise NotFound("There is no such rule")
    return rule


def list_rules(snapshot: Snapshot, scope: Scope, before: str | None = None, most: int = 50) -> list[Rule]:
    """Rules, the newest first, ended ones too. Operators only."""
    identity.require_operator(scope)
    return snapshot.all(_list, before=before or "~", most=most)


def rules_in_force(snapshot: Snapshot) -> list[Rule]:
    """Every rule that holds now or will: what a process searches by."""
    return snapshot.all(_in_force, now=snapshot.now, most=RULES_MAX)


def check_rule(draft: RuleDraft) -> RuleDraft:
    """A draft with what its action has no use for left out. Invalid, by field, for what cannot be meant."""
    name = " ".join(draft.name.split())
    _refuse_unless(bool(name), "name", "Give the rule a name")
    queries = tuple(dict.fromkeys(" ".join(query.split()) for query in draft.queries))
    wordless = next((each for each in queries if len(each) > QUERY_CHARACTERS_MAX or not query_words(each)), None)
    _refuse_unless(wordless is None, "queries", f"{wordless!r} has no words to search for")
    ends_well = draft.ends_at is None or draft.starts_at is None or draft.starts_at < draft.ends_at
    _refuse_unless(ends_well, "ends_at", "A rule ends after it starts")
    products = tuple(dict.fromkeys(draft.products)) if draft.action != "spread" else ()
    filters = {name: values for name, values in draft.filters.items() if values}
    if draft.action in _FOR_PRODUCTS:
        filters = {}
        _refuse_unless(bool(products), "products", "Say which products")
    elif draft.action in _FOR_GOODS:
        _refuse_unless(bool(products) != bool(filters), "products", "Say which products, or describe them by filters")
    elif draft.action == "spread":
        filters = {}
    read_filters(filters)
    return msgspec.structs.replace(
        draft, name=name, queries=queries, products=products, filters=filters, category=draft.category.strip("/ ")
    )


def _checked(tx: Tx, draft: RuleDraft, known: Sequence[str]) -> RuleDraft:
    """A draft whose products and category are there; products that the rule named before may have gone since."""
    checked = check_rule(draft)
    fresh = [each for each in checked.products if each not in known]
    seen = {card.id for card in catalog.list_cards(tx, fresh)} if fresh else set()
    missing = next((each for each in fresh if each not in seen), None)
    _refuse_unless(missing is None, "products", f"There is no product {missing!r} that buyers see")
    if not checked.category:
        return checked
    try:
        return msgspec.structs.replace(checked, category=catalog.get_category(tx, checked.category).slug)
    except NotFound:
        sentence = f"There is no category {checked.category!r}"
        raise Invalid(sentence, fields={"category": sentence}) from None


def _refuse_unless(holds: bool, field: str, sentence: str) -> None:
    if not holds:
        raise Invalid(sentence, fields={field: sentence})


def _changed(tx: Tx, scope: Scope, act: str, rule_id: str, draft: RuleDraft | None) -> None:
    identity.audit(tx, scope, act, rule_id, msgspec.to_builtins(draft) if draft else None)
    tx.announce(RulesChanged((rule_id,)))


def _columns(draft: RuleDraft) -> dict[str, object]:
    terms = {name: value for name, value in msgspec.to_builtins(draft).items() if name not in _OWN_COLUMNS}
    return {"terms": to_json(terms), **{name: getattr(draft, name) for name in _OWN_COLUMNS}}


_OWN_COLUMNS = ("name", "action", "starts_at", "ends_at")


def _rule(id: str, name: str, action: str, terms: str, starts_at: int | None, ends_at: int | None, **kept: Any) -> Rule:
    own = {"name": name, "action": action, "starts_at": starts_at, "ends_at": ends_at}
    return Rule(id, msgspec.convert({**from_json(terms), **own}, RuleDraft, strict=False), **kept)


_r = tables.rules.c
_names = [column.name for column in tables.rules.columns]
_whole = select(*tables.rules.columns)


def _read(*values: Any) -> Rule:
    return _rule(**dict(zip(_names, values, strict=True)))


_insert: Prepared[Any] = prepare(insert(tables.rules))
_get: Prepared[Rule] = prepare(_whole.where(_r.id == bindparam("id")), _read)
_locked: Prepared[Rule] = prepare(_whole.where(_r.id == bindparam("id")).with_for_update(), _read)
_list: Prepared[Rule] = prepare(
    _whole.where(_r.id < bindparam("before")).order_by(_r.id.desc()).limit(bindparam("most")), _read
)
_in_force: Prepared[Rule] = prepare(
    _whole.where(_r.ended_at.is_(None), or_(_r.ends_at.is_(None), _r.ends_at > bindparam("now")))
    .order_by(_r.id)
    .limit(bindparam("most")),
    _read,
)
_update: Prepared[Any] = prepare(
    update(tables.rules)
    .where(_r.id == bindparam("id_"))
    .values({name: bindparam(f"{name}_") for name in (*_OWN_COLUMNS, "terms", "changed_at")})
)
_end: Prepared[Any] = prepare(
    update(tables.rules)
    .where(_r.id == bindparam("id_"), _r.ended_at.is_(None))
    .values(ended_at=bindparam("now_"), changed_at=bindparam("now_"))
)

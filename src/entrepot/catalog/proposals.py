"""Other sellers' proposals of what a product should say: its owner, or the operator, accepts or declines each.

The first lister owns a product's words. Whoever sells it too may propose others; the owner sees what would change and
decides. An accepted proposal becomes the product's words at once, unless they have changed meanwhile.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta
from sqlalchemy import bindparam, func, or_, select, update

from entrepot import identity
from entrepot.identity import Scope
from entrepot.kernel import Conflict, Invalid, NotFound, Prepared, Snapshot, Tx, from_json, prepare, to_json

from . import tables
from .drafts import DESCRIPTION_LENGTH_MAX, NAME_LENGTH_MAX, TITLE_LENGTH_MAX
from .texts import clean_html, clean_text, clean_title
from .visibility import announce_listed, visible_ids

NOTE_LENGTH_MAX = 1_000
OPEN_MAX = 20
"""How many proposals of one seller for one product may wait: nobody is flooded."""

ProposalState = Literal["open", "accepted", "declined", "withdrawn"]


class Content(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a product says. `description` is HTML."""

    title: Annotated[str, Meta(min_length=1, max_length=TITLE_LENGTH_MAX)]
    description: Annotated[str, Meta(max_length=DESCRIPTION_LENGTH_MAX)] = ""
    brand: Annotated[str, Meta(max_length=NAME_LENGTH_MAX)] | None = None


class Proposal(msgspec.Struct, frozen=True):
    """A proposal with what the product said when it was made, and what it would say."""

    id: str
    product_id: str
    slug: str
    merchant_id: str
    merchant_name: str
    owner_id: str
    before: Content
    after: Content
    note: str
    state: ProposalState
    proposed_at: int
    decided_at: int | None

    @property
    def changes(self) -> tuple[tuple[str, str, str], ...]:
        """What differs: the field, what it says, what it would say."""
        pairs = ((name, getattr(self.before, name) or "", getattr(self.after, name) or "") for name in _FIELDS)
        return tuple(pair for pair in pairs if pair[1] != pair[2])


_FIELDS = ("title", "brand", "description")


def read_content(snapshot: Snapshot, scope: Scope, product_id: str) -> Content:
    """What a product says now, for a merchant who sells it; NotFound for others."""
    return _content(_product(snapshot, scope, product_id))


def propose_content(tx: Tx, scope: Scope, product_id: str, after: Content, note: str = "") -> Proposal:
    """Propose other words for a product that the caller sells and somebody else owns.

    Invalid when nothing would change, Conflict when twenty proposals wait already.
    """
    merchant_id = identity.require_organisation(scope)
    row = _product(tx, scope, product_id)
    if row.owner_id == merchant_id:
        raise Conflict("These words are yours: change them with your next feed, or in your goods")
    before = _content(row)
    after = Content(
        clean_title(after.title),
        clean_html(after.description),
        clean_title(after.brand) or None if after.brand else None,
    )
    if not after.title:
        raise Invalid("A product needs a title", fields={"title": "write a title"})
    if after == before:
        raise Invalid("This says what the product says already")
    if int(tx.value(_waiting, product_id=row.id, merchant_id=merchant_id) or 0) >= OPEN_MAX:
        raise Conflict("You have proposals waiting: take one back, or wait for the owner")
    proposal_id = tx.new_id("ppl")
    tx.run(
        _insert, id=proposal_id, product_id=row.id, merchant_id=merchant_id, owner_id=row.owner_id,
        before=to_json(before), after=to_json(after), note=clean_text(note)[:NOTE_LENGTH_MAX], state="open",
        proposed_at=tx.now, decided_at=None, decided_by=None,
    )  # fmt: skip
    made = get_proposal(tx, scope, proposal_id)
    params = {"merchant": made.merchant_name, "title": before.title}
    _tell(tx, row.owner_id, "catalog.words_proposed", params)
    return made


def get_proposal(snapshot: Snapshot, scope: Scope, proposal_id: str) -> Proposal:
    """One that the caller made or may decide."""
    row = snapshot.one(_get, id=proposal_id)
    if row is None or not _may_see(row, scope):
        raise NotFound("There is no such proposal")
    return _view(row)


def list_proposals(
    snapshot: Snapshot, scope: Scope, state: ProposalState = "open", after: str = "", most: int = 50
) -> list[Proposal]:
    """Those that the caller made or may decide, oldest first; the operator sees all."""
    mine = "" if scope.is_operator else identity.require_organisation(scope)
    rows = snapshot.all(_list, state=state, mine=mine, all=int(scope.is_operator), after=after, most=most)
    return [_view(row) for row in rows]


def accept_proposal(tx: Tx, scope: Scope, proposal_id: str) -> Proposal:
    """Make a proposal the product's words. For its owner and the operator; Conflict when the words changed since."""
    row = _lock_open(tx, scope, proposal_id, may_decide=True)
    product = tx.one(_lock_product, id=row.product_id)
    if product is None or _content(product) != from_json(row.before, Content):
        raise Conflict(
            "The product's words have changed since this was proposed: decline it, and have it proposed anew"
        )
    after = from_json(row.after, Content)
    tx.run(
        _set_content, id_=row.product_id, title_=after.title, description_=after.description, brand_=after.brand,
        now_=tx.now,
    )  # fmt: skip
    announce_listed(tx, visible_ids(tx, [row.product_id]))
    return _decide(tx, scope, row, "accepted")


def decline_proposal(tx: Tx, scope: Scope, proposal_id: str) -> Proposal:
    """Leave the words as they are. For the owner and the operator."""
    return _decide(tx, scope, _lock_open(tx, scope, proposal_id, may_decide=True), "declined")


def withdraw_proposal(tx: Tx, scope: Scope, proposal_id: str) -> Proposal:
    """Take one's own proposal back."""
    return _decide(tx, scope, _lock_open(tx, scope, proposal_id, may_decide=False), "withdrawn")


def _decide(tx: Tx, scope: Scope, row: Any, state: ProposalState) -> Proposal:
    tx.run(_set_state, id_=row.id, state_=state, now_=tx.now, by_=scope.actor)
    if state != "withdrawn":
        before = from_json(row.before, Content)
        _tell(tx, row.merchant_id, "catalog.words_decided", {"title": before.title, "decision": state})
    return get_proposal(tx, scope, row.id)


def _lock_open(tx: Tx, scope: Scope, proposal_id: str, *, may_decide: bool) -> Any:
    row = tx.one(_lock, id=proposal_id)
    if row is None or not _may_see(row, scope):
        raise NotFound("There is no such proposal")
    allowed = row.owner_id if may_decide else row.merchant_id
    if allowed != scope.organisation and not (may_decide and scope.is_operator):
        raise NotFound("There is no such proposal")
    if row.state != "open":
        raise Conflict("This proposal was decided already")
    return row


def _may_see(row: Any, scope: Scope) -> bool:
    return scope.is_operator or (bool(scope.organisation) and scope.organisation in (row.merchant_id, row.owner_id))


def _product(snapshot: Snapshot, scope: Scope, product_id: str) -> Any:
    row = snapshot.one(_sold, id=product_id, merchant_id=scope.organisation or "")
    if row is None:
        raise NotFound("There is no such product among your goods")
    return row


def _content(row: Any) -> Content:
    return Content(row.title, row.description, row.brand)


def _tell(tx: Tx, to: str, kind: str, params: dict[str, str]) -> None:
    identity.notify(tx, identity.Notice(to=to, kind=kind, params=params, link="/merchant/proposals"))


def _view(row: Any) -> Proposal:
    return Proposal(
        row.id, row.product_id, row.slug, row.merchant_id, row.merchant_name, row.owner_id,
        from_json(row.before, Content), from_json(row.after, Content), row.note, row.state, row.proposed_at,
        row.decided_at,
    )  # fmt: skip


_n, _p, _l, _m = tables.content_changes.c, tables.products.c, tables.listings.c, tables.merchants.c
_words = (_p.id, _p.owner_id, _p.title, _p.description, _p.brand)
_sold: Prepared[Any] = prepare(
    select(*_words)
    .join_from(tables.products, tables.listings, _l.product_id == _p.id)
    .where(_p.id == bindparam("id"), _l.merchant_id == bindparam("merchant_id"))
)
_lock_product: Prepared[Any] = prepare(select(*_words).where(_p.id == bindparam("id")).with_for_update())
_all = (
    select(
        _n.id, _n.product_id, _p.slug, _n.merchant_id, _m.name.label("merchant_name"), _n.owner_id, _n.before, _n.after,
        _n.note, _n.state, _n.proposed_at, _n.decided_at,
    )
    .select_from(
        tables.content_changes.join(tables.products, _p.id == _n.product_id)
        .join(tables.merchants, _m.id == _n.merchant_id)
    )
)  # fmt: skip
_get: Prepared[Any] = prepare(_all.where(_n.id == bindparam("id")))
_lock: Prepared[Any] = prepare(_all.where(_n.id == bindparam("id")).with_for_update(of=tables.content_changes))
_list: Prepared[Any] = prepare(
    _all.where(
        _n.state == bindparam("state"),
        _n.id > bindparam("after"),
        or_(bindparam("all") == 1, _n.owner_id == bindparam("mine"), _n.merchant_id == bindparam("mine")),
    )
    .order_by(_n.id)
    .limit(bindparam("most"))
)
_waiting: Prepared[Any] = prepare(
    select(func.count().label("rows")).where(
        _n.product_id == bindparam("product_id"), _n.merchant_id == bindparam("merchant_id"), _n.state == "open"
    )
)
_insert: Prepared[Any] = tables.inserting(tables.content_changes)
_set_state: Prepared[Any] = prepare(
    update(tables.content_changes)
    .where(_n.id == bindparam("id_"))
    .values(state=bindparam("state_"), decided_at=bindparam("now_"), decided_by=bindparam("by_"))
)
_set_content: Prepared[Any] = prepare(
    update(tables.products)
    .where(_p.id == bindparam("id_"))
    .values(
        title=bindparam("title_"),
        description=bindparam("description_"),
        brand=bindparam("brand_"),
        changed_at=bindparam("now_"),
    )
)

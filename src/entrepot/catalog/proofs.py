"""What must be true of the catalogue's rows, checked from the rows alone."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Select, bindparam, case, func, or_, select

from entrepot import ledger
from entrepot.kernel import Finding, Prepared, Proof, Snapshot, prepare

from . import tables
from .cards import list_cards
from .landing import is_compared
from .offers import offers_of
from .stock import left_of, negative_places
from .types import Card, OfferView

PART = 1_000
BREACHES_MAX = 20


def _parts(read: Callable[[str], Sequence[Any]]) -> Iterator[Sequence[Any]]:
    """Rows in parts, in the order of their ids."""
    after = ""
    while rows := read(after):
        yield rows
        after = rows[-1].id


def _stock(snapshot: Snapshot) -> Finding:
    after, seen = ("", ""), 0
    breaches: list[str] = []
    while True:
        places, below = negative_places(snapshot, after, PART)
        if not places:
            return Finding(seen, breaches[:BREACHES_MAX])
        seen += len(places)
        breaches += [f"{place.offer_id} has less than nothing at {place.location_id}" for place in below]
        after = (places[-1].offer_id, places[-1].location_id)


def _held(snapshot: Snapshot) -> Finding:
    seen, breaches = 0, []
    for rows in _parts(lambda after: snapshot.all(_next_holds, after=after, most=PART)):
        seen += len(rows)
        states = ledger.holds_of(snapshot, [row.id for row in rows])
        for row in rows:
            state = states.get(row.id)
            if state is None or state.amount != row.quantity or state.unit != row.offer_id:
                breaches.append(f"the hold {row.id} of line {row.line_id} is not what the ledger holds")
    return Finding(seen, breaches[:BREACHES_MAX])


def _featured(snapshot: Snapshot) -> Finding:
    """The card's offer against every offer that could be bought: what sells is read by a statement of its own."""
    seen, breaches = 0, []
    for rows in _parts(lambda after: snapshot.all(_next_products, after=after, most=PART)):
        seen += len(rows)
        ids = [row.id for row in rows]
        cards = {card.id: card for card in list_cards(snapshot, ids)}
        offers = snapshot.all(_live_offers, first=rows[0].id, last=rows[-1].id)
        left = left_of(snapshot, offers)
        for offer in offers:
            card = cards.get(offer.product_id)
            if card is not None and left.get(offer.id) != 0 and not card.sellable:
                breaches.append(f"{card.id} is shown as sold out and {offer.id} can be bought")
        views = offers_of(snapshot, ids)
        breaches += [sentence for card in cards.values() for sentence in _cheaper(card, views[card.id])]
    return Finding(seen, breaches[:BREACHES_MAX])


def _cheaper(card: Card, offers: Sequence[OfferView]) -> Iterator[str]:
    """What costs less than the featured offer: with delivery where sellers are compared, else by its price."""
    first = next(offer for offer in offers if offer.id == card.offer_id)
    for offer in offers:
        if not offer.sellable or not first.sellable:
            continue
        if is_compared(offers) and first.landed_minor is not None:
            is_less = offer.landed_minor is not None and offer.landed_minor < first.landed_minor
        else:
            is_less = offer.currency == first.currency and offer.price_minor < first.price_minor
        if is_less:
            yield f"{card.id} features {first.id}, and {offer.id} costs less"


def _rows_of(statement: Select[Any], broken: ColumnElement[bool], sentence: str) -> Callable[[Snapshot], Finding]:
    """A proof over the rows of a statement (of which the first column is an id): none of them is `broken`."""
    rows = statement.subquery()
    count: Prepared[Any] = prepare(select(func.count().label("rows")).select_from(rows))
    found: Prepared[Any] = prepare(statement.where(broken).order_by(statement.selected_columns[0]).limit(BREACHES_MAX))

    def check(snapshot: Snapshot) -> Finding:
        breaches = [sentence.format(row[0]) for row in snapshot.all(found)]
        return Finding(int(snapshot.value(count) or 0), breaches)

    return check


_p, _v, _o, _l, _m = (
    tables.products.c, tables.variants.c, tables.offers.c, tables.listings.c, tables.merchants.c,
)  # fmt: skip
_r, _g, _i, _h = tables.reviews.c, tables.gtins.c, tables.imports.c, tables.stock_holds.c
_next_products: Prepared[Any] = prepare(
    select(_p.id).where(_p.id > bindparam("after")).order_by(_p.id).limit(bindparam("most"))
)
_live_offers: Prepared[Any] = prepare(
    select(
        _o.id,
        _o.product_id,
        _o.regular_price_minor,
        _o.sale_price_minor,
        _o.sale_starts_at,
        _o.sale_ends_at,
        _o.list_price_minor,
        _o.currency,
        _o.counted,
        _o.bundled,
    )
    .join_from(tables.offers, tables.merchants, _m.id == _o.merchant_id)
    .where(_o.product_id.between(bindparam("first"), bindparam("last")), _o.state == "active", _m.status == "approved")
)
_next_holds: Prepared[Any] = prepare(
    select(_h.id, _h.line_id, _h.offer_id, _h.quantity)
    .where(_h.id > bindparam("after"))
    .order_by(_h.id)
    .limit(bindparam("most"))
)
_offers_whole = (
    select(_o.id)
    .select_from(tables.offers)
    .outerjoin(tables.variants, (_v.id == _o.variant_id) & (_v.product_id == _o.product_id))
    .outerjoin(tables.products, _p.id == _o.product_id)
    .outerjoin(tables.listings, (_l.id == _o.listing_id) & (_l.merchant_id == _o.merchant_id))
)
_reviewed = (
    select(
        _r.product_id,
        func.sum(_r.rating).label("total"),
        func.count().label("rows"),
        func.sum(case((_r.origin == "verified", 1), else_=0)).label("verified"),
    )
    .where(_r.state == "shown")
    .group_by(_r.product_id)
    .subquery()
)
_rated = select(_p.id).select_from(tables.products).outerjoin(_reviewed, _reviewed.c.product_id == _p.id)
_rating_is_off = or_(
    _p.rating_total != func.coalesce(_reviewed.c.total, 0),
    _p.rating_count != func.coalesce(_reviewed.c.rows, 0),
    _p.rating_verified != func.coalesce(_reviewed.c.verified, 0),
)
_claimed = select(_g.gtin).select_from(tables.gtins).outerjoin(tables.variants, _v.id == _g.variant_id)
_has_variant = select(_v.id).where(_v.product_id == _p.id).exists()
_has_owner = select(_l.id).where(_l.product_id == _p.id, _l.merchant_id == _p.owner_id).exists()
_counted_rows = _i.created + _i.changed + _i.unchanged + _i.refused

PROOFS: tuple[Proof, ...] = (
    Proof("catalog.stock", "no place has less than nothing of a counted offer", _stock),
    Proof("catalog.held", "what an order's line holds is what the ledger holds for it", _held),
    Proof(
        "catalog.offers",
        "every offer belongs to a listing, a product and a variant of it",
        _rows_of(
            _offers_whole,
            _v.id.is_(None) | _p.id.is_(None) | _l.id.is_(None),
            "{} lacks its listing, product or variant",
        ),
    ),
    Proof(
        "catalog.products",
        "every product has a variant, and a listing of the merchant who owns its words",
        _rows_of(
            select(_p.id).where(_p.joined_to.is_(None)),
            ~_has_variant | ~_has_owner,
            "{} lacks a variant or its owner's listing",
        ),
    ),
    Proof(
        "catalog.gtins",
        "a GTIN means a variant that carries it",
        _rows_of(
            _claimed,
            _v.id.is_(None) | _v.gtin.is_distinct_from(_g.gtin) | (_v.product_id != _g.product_id),
            "{} means no variant",
        ),
    ),
    Proof("catalog.featured", "the featured offer can be bought, and none that can is cheaper", _featured),
    Proof(
        "catalog.ratings",
        "a product's rating is the sum of its shown reviews",
        _rows_of(_rated, _rating_is_off, "{} has another rating than its reviews give"),
    ),
    Proof(
        "catalog.imports",
        "the counts of an import add up to the rows it has read",
        _rows_of(select(_i.id), _counted_rows != _i.cursor, "{} has lost count"),
    ),
)

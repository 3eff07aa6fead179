"""Writing what lines say: a statement a kind of value, one post of stock, events set-wise."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from sqlalchemy import bindparam, update

from entrepot import ledger
from entrepot.kernel import Prepared, Tx, prepare, to_json

from .. import tables
from ..prices import Terms, follow, terms_of
from ..publishing import write_status
from ..sales import SWITCH, enqueue_at, insert_step, read_history, standing_of
from ..stock import Count, announce_stock, count_plan, keep_places
from ..visibility import announce_listed, announce_offers, visible_ids
from .selecting import Found
from .types import Line


def apply_lines(tx: Tx, found: Found, lines: Sequence[Line], ref: str) -> None:
    """Make every line's value what it says after. Lines are changes only: nothing refused, nothing that stays."""
    by_field: dict[str, list[Line]] = defaultdict(list)
    for line in lines:
        by_field[line.field].append(line)
    listings = {listing.id: listing for listing in found.listings}
    offers = {offer.id: offer for some in found.offers.values() for offer in some}
    _apply_prices(tx, offers, by_field["price"])
    _apply_low_stock_at(tx, by_field["low_stock_at"])
    _apply_words(tx, listings, by_field["category"], by_field["tags"])
    _apply_statuses(tx, listings, by_field["status"])
    _apply_stock(tx, by_field["stock"], ref)


def _apply_prices(tx: Tx, offers: dict[str, Any], lines: Sequence[Line]) -> None:
    given: list[tuple[Any, Terms]] = [(offers[str(line.offer_id)], Terms(*_values(line.after))) for line in lines]
    if not given:
        return
    since = min((offer.switch_at or tx.now for offer, _ in given), default=tx.now)
    told = read_history(tx, [offer.id for offer, _ in given], since)
    rows, steps = [], []
    for offer, after in given:
        standing, taken = follow(terms_of(offer), standing_of(offer), after, told[offer.id], tx.now)
        values = {**after._asdict(), **standing._asdict(), "id": offer.id, "changed_at": tx.now}
        rows.append({f"{name}_": value for name, value in values.items()})
        steps += [{"offer_id": offer.id, "at": at, "price_minor": price} for at, price in taken]
    tx.run_many(_set_terms, rows)
    tx.run_many(insert_step, steps)
    announce_offers(tx, {offer.product_id for offer, _ in given})
    enqueue_at(tx, SWITCH, [row["switch_at_"] for row in rows])


def _apply_low_stock_at(tx: Tx, lines: Sequence[Line]) -> None:
    """The number may be crossed by being named: the stock is announced, so that the seller is told."""
    tx.run_many(_set_low, [{"id_": line.offer_id, "low_stock_at_": line.after} for line in lines])
    announce_stock(tx, [str(line.offer_id) for line in lines])


def _apply_words(tx: Tx, listings: dict[str, Any], categories: Sequence[Line], tags: Sequence[Line]) -> None:
    moved = {listings[line.listing_id].product_id: _values(line.after)[0] for line in categories}
    rows = [
        {"id_": product_id, "category_id_": category_id, "now_": tx.now} for product_id, category_id in moved.items()
    ]
    tx.run_many(_set_category, rows)
    tx.run_many(_set_tags, [{"id_": line.listing_id, "tags_": to_json(line.after), "now_": tx.now} for line in tags])
    touched = {*moved, *(listings[line.listing_id].product_id for line in tags)}
    if touched:
        announce_listed(tx, visible_ids(tx, touched))


def _apply_statuses(tx: Tx, listings: dict[str, Any], lines: Sequence[Line]) -> None:
    groups: dict[tuple[Any, Any], list[Any]] = defaultdict(list)
    for line in lines:
        status, publish_at = _values(line.after)
        groups[status, publish_at].append(listings[line.listing_id])
    for (status, publish_at), rows in sorted(groups.items(), key=lambda each: str(each[0])):
        write_status(tx, rows, status, publish_at)


def _apply_stock(tx: Tx, lines: Sequence[Line], ref: str) -> None:
    if not lines:
        return
    counts = []
    rows = []
    for line in sorted(lines, key=lambda line: str(line.offer_id)):
        location_id, on_hand = _values(line.after)
        rows.append({"id_": line.offer_id, "counted_": int(on_hand is not None), "now_": tx.now})
        if on_hand is not None:
            counts.append(Count(str(line.offer_id), location_id, on_hand))
    tx.run_many(_set_counted, rows)
    keep_places(tx, [(count.offer_id, count.location_id) for count in counts])
    ledger.post(tx, count_plan(tx, counts, ref))
    announce_stock(tx, [str(line.offer_id) for line in lines])


def _values(value: object) -> list[Any]:
    assert isinstance(value, list)
    return value


_o, _p, _l = tables.offers.c, tables.products.c, tables.listings.c
_set_terms: Prepared[Any] = prepare(
    update(tables.offers)
    .where(_o.id == bindparam("id_"))
    .values(
        price_minor=bindparam("price_minor_"),
        regular_price_minor=bindparam("regular_price_minor_"),
        sale_price_minor=bindparam("sale_price_minor_"),
        sale_starts_at=bindparam("sale_starts_at_"),
        sale_ends_at=bindparam("sale_ends_at_"),
        list_price_minor=bindparam("list_price_minor_"),
        lowest_30d_minor=bindparam("lowest_30d_minor_"),
        switch_at=bindparam("switch_at_"),
        changed_at=bindparam("changed_at_"),
    )
)
_set_low: Prepared[Any] = prepare(
    update(tables.offers).where(_o.id == bindparam("id_")).values(low_stock_at=bindparam("low_stock_at_"), low_stock=0)
)
_set_category: Prepared[Any] = prepare(
    update(tables.products)
    .where(_p.id == bindparam("id_"))
    .values(category_id=bindparam("category_id_"), changed_at=bindparam("now_"))
)
_set_tags: Prepared[Any] = prepare(
    update(tables.listings)
    .where(_l.id == bindparam("id_"))
    .values(tags=bindparam("tags_"), changed_at=bindparam("now_"))
)
_set_counted: Prepared[Any] = prepare(
    update(tables.offers)
    .where(_o.id == bindparam("id_"))
    .values(counted=bindparam("counted_"), changed_at=bindparam("now_"))
)

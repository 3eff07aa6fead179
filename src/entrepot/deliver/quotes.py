"""Quotes: what delivery costs a buyer, stored and standing for a while, so that paying is a matter of ids."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from sqlalchemy import bindparam, insert, select

from entrepot.identity import COUNTRIES
from entrepot.kernel import MINUTE, Conflict, Invalid, NotFound, Prepared, Snapshot, Tx, in_set, prepare
from entrepot.ledger import Plan

from . import tables
from .offering import Option, offers, quoted, terms_for, why_not
from .pickup import Candidate, find_candidates, hold_places
from .types import Estimate, Item, Quote, QuoteRequest, Settings, Want

QUANTITY_MAX = 1_000_000
SIDE_MM_MAX = 100_000
WEIGHT_G_MAX = 10**9


class Undeliverable(Conflict):
    """Some merchants' goods cannot be brought there; `merchants` says of each why not, in a sentence."""

    def __init__(self, merchants: Mapping[str, str]) -> None:
        super().__init__(" ".join(dict.fromkeys(merchants.values())))
        self.merchants = dict(merchants)


def quote(tx: Tx, requests: Sequence[QuoteRequest], quote_minutes: int = Settings().quote_minutes) -> list[Quote]:
    """Price the delivery of each merchant's goods: every sheet that applies is an option, cheapest first.

    In the order of the requests. A merchant without any sheet uses the platform's. A sheet for pickup points is an
    option at each of the nearest points with room. Undeliverable, naming each merchant, when nothing applies to one.
    """
    for request in requests:
        check_request(request)
    terms = terms_for(tx, [request.merchant_id for request in requests])
    found: list[tuple[QuoteRequest, list[Option]]] = []
    problems: dict[str, str] = {}
    for request in requests:
        options = offers(terms, request)
        if not options:
            problems[request.merchant_id] = why_not(terms, request)
        found.append((request, options))
    near = find_candidates(tx, [request for request, options in found if any(o.to_point for o in options)])
    quotes = []
    for request, options in found:
        made = [each for option in options for each in _quotes_of(tx, request, option, near, quote_minutes)]
        if options and not made:
            problems[request.merchant_id] = "No pickup point near this address has room: choose another address"
        quotes += made
    if problems:
        raise Undeliverable(problems)
    tx.run_many(_insert, [{**msgspec.structs.asdict(each), "by_platform": int(each.by_platform)} for each in quotes])
    return quotes


def estimate(snapshot: Snapshot, wants: Sequence[Want]) -> list[Estimate | None]:
    """What bringing each of these to a door would cost at least, in their order; None where nobody does. One read."""
    if not wants:
        return []
    terms = terms_for(snapshot, [want.merchant_id for want in wants])
    estimates: list[Estimate | None] = []
    for want in wants:
        options = [option for option in offers(terms, _request_of(want)) if not option.to_point]
        if not options:
            estimates.append(None)
            continue
        best = options[0]
        estimates.append(Estimate(best.amount_minor, best.days_min, best.days_max, best.sheet.name, best.by_platform))
    return estimates


def take_quotes(snapshot: Snapshot, owner: str, ids: Sequence[str]) -> list[Quote]:
    """The quotes of these ids, in this order, for their owner to buy at.

    NotFound when one is not the owner's, Conflict when one has expired. Whoever takes them checks that they are of what
    is bought: they say merchant, weight, subtotal, currency and country.
    """
    found = {each.id: each for each in snapshot.all(_quotes, ids=list(ids), owner=owner)}
    if any(quote_id not in found for quote_id in ids):
        raise NotFound("There is no such delivery price: ask for the delivery prices again")
    if any(each.expires_at <= snapshot.now for each in found.values()):
        raise Conflict("The delivery prices have expired: ask for them again")
    return [found[quote_id] for quote_id in ids]


def hold_quoted(tx: Tx, chosen: Mapping[str, str]) -> Plan:
    """Take the places that the quotes of seller orders (id by id) need at their pickup points; most need none.

    `ledger.Insufficient` (see `is_shelf`) when a shelf is full meanwhile.
    """
    to_points = {each.id: each for each in tx.all(_to_points, ids=sorted(chosen.values()))}
    return hold_places(tx, [(ref, to_points[each]) for ref, each in sorted(chosen.items()) if each in to_points])


def check_request(request: QuoteRequest) -> None:
    """Refuse what cannot be priced."""
    if request.weight_g is not None and not 0 <= request.weight_g <= WEIGHT_G_MAX * 1_000:
        raise Invalid("A weight cannot be below zero, nor beyond all measure")
    if request.country not in COUNTRIES:
        raise Invalid("Say which country it goes to", fields={"country": "Write a two-letter code, such as DE"})
    if request.subtotal_minor < 0:
        raise Invalid("A subtotal cannot be below zero")
    if any(not _is_sound(item) for item in request.items):
        raise Invalid("A piece has a weight and sides that are not below zero, and a quantity of at least one")


def _is_sound(item: Item) -> bool:
    sides = [side for side in (item.length_mm, item.width_mm, item.height_mm) if side is not None]
    weight_g = item.weight_g or 0
    return (
        0 < item.quantity <= QUANTITY_MAX
        and 0 <= weight_g <= WEIGHT_G_MAX
        and all(0 <= side <= SIDE_MM_MAX for side in sides)
    )


def _request_of(want: Want) -> QuoteRequest:
    sides = want.size_mm or (None, None, None)
    return QuoteRequest(
        "", want.merchant_id, want.weight_g, want.subtotal_minor, want.currency, want.country,
        (Item(want.weight_g, *sides),),
    )  # fmt: skip


def _quotes_of(
    tx: Tx, request: QuoteRequest, option: Option, near: Mapping[str, Sequence[Candidate]], minutes: int
) -> list[Quote]:
    """The quotes of one option: one at the door, or one at each point that has room for all its parcels."""
    expires_at = tx.now + minutes * MINUTE
    if not option.to_point:
        return [quoted(tx.new_id("quo"), request, option, tx.now, expires_at)]
    return [
        quoted(tx.new_id("quo"), request, option, tx.now, expires_at, point.id, f"{option.sheet.name}: {point.name}")
        for point in near.get(request.merchant_id, ())
        if point.room >= option.parcels and (point.by_platform or not option.by_platform)
    ]


def _quote(*values: Any) -> Quote:
    """A quote from its columns: a flag is a whole number there."""
    quote = Quote(*values)
    return msgspec.structs.replace(quote, by_platform=bool(quote.by_platform))


_q = tables.quotes.c
_COLUMNS = [_q[name] for name in Quote.__struct_fields__]
_quotes: Prepared[Quote] = prepare(
    select(*_COLUMNS).where(in_set(_q.id, "ids"), _q.owner == bindparam("owner")), _quote
)
_to_points: Prepared[Quote] = prepare(
    select(*_COLUMNS).where(in_set(_q.id, "ids"), _q.pickup_point_id.is_not(None)), _quote
)
find_quote: Prepared[Quote] = prepare(
    select(*_COLUMNS).where(_q.id == bindparam("id"), _q.merchant_id == bindparam("merchant_id")), _quote
)
_insert: Prepared[Any] = prepare(
    insert(tables.quotes).values({column.name: bindparam(column.name) for column in tables.quotes.columns})
)

"""Stock: units in the ledger, one account for each place where an offer lies. Only this module knows those accounts.

What a merchant counts comes from `supply` to `on_hand`; an order's line holds units of `on_hand` for `shipped`, and
takes them there when it is sent. The floor of `on_hand` is zero, so more than there is can neither be held nor sold.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import msgspec
from sqlalchemy import bindparam, select, union

from entrepot import deliver, ledger
from entrepot.identity import Address
from entrepot.kernel import Conflict, NotFound, Prepared, Snapshot, Tx, derive_id, in_set, prepare
from entrepot.kernel.sql import prepare_text
from entrepot.ledger import Account, Balance, Hold, Move, Plan, Void

from . import tables
from .events import StockChanged
from .parts import Part, read_parts, sets_left
from .texts import clean_line
from .visibility import in_chunks


class StockRequest(msgspec.Struct, frozen=True):
    """So many pieces of an offer for a line of an order."""

    line_id: str
    offer_id: str
    quantity: int


class SoldOut(Conflict):
    """There is less than was asked for; `lines` says, by line, how many pieces it could have."""

    def __init__(self, sentence: str, lines: dict[str, int]) -> None:
        super().__init__(sentence, fields={line_id: f"{left} left" for line_id, left in lines.items()})
        self.lines = lines


class Count(NamedTuple):
    """What lies at a place, as somebody counted it: an absolute number, what is held for orders included."""

    offer_id: str
    location_id: str
    quantity: int


def available(snapshot: Snapshot, offer_ids: Iterable[str]) -> dict[str, int | None]:
    """How many pieces of each offer can be bought now; None where the seller does not count. Others are left out."""
    rows = snapshot.all(_counted, ids=sorted(set(offer_ids)))
    left = left_of(snapshot, rows)
    return {row.id: left.get(row.id) for row in rows}


def left_of(snapshot: Snapshot, rows: Iterable[Any]) -> dict[str, int]:
    """The same for rows of offers that say whether they are `counted` or `bundled`; what is not counted is left out.

    Of a bundle there are as many as its parts allow.
    """
    given = list(rows)
    parts = read_parts(snapshot, [row.id for row in given if row.bundled])
    counted = {row.id for row in given if row.counted and not row.bundled}
    left = available_counted(snapshot, counted | {each.offer_id for some in parts.values() for each in some})
    sets = {row.id: sets_left(parts[row.id], left) for row in given if row.bundled}
    return {each: left[each] for each in counted} | {each: many for each, many in sets.items() if many is not None}


def available_counted(snapshot: Snapshot, offer_ids: Iterable[str]) -> dict[str, int]:
    """The same for offers that are known to be counted: one read of places and one of balances."""
    left = dict.fromkeys(offer_ids, 0)
    if not left:
        return left
    places = snapshot.all(_places, ids=sorted(left))
    for offer_id, balance in _balances(snapshot, places).items():
        left[offer_id[0]] += max(balance.available, 0)
    return left


def hold_stock(
    tx: Tx, requests: Sequence[StockRequest], expires_at: int | None, destination: Address | None = None
) -> Plan:
    """Set pieces aside for the lines of an order: at as few places as can be; of equal ones at those from which the way
    to `destination` crosses fewer borders, then is shorter, then where most of it lies.

    Nobody else can hold the same pieces once the plan is posted. Lines of offers that are not counted need none held;
    a bundle's holds what it is made of. Refused with SoldOut when there is less than asked for, NotFound for an offer
    that does not exist.
    """
    needs = _needs(tx, requests)
    places = tx.all(_places_locked, ids=sorted({need.offer_id for need in needs}))
    free: dict[str, dict[str, int]] = defaultdict(dict)
    for (offer_id, location_id), balance in _balances(tx, places).items():
        free[offer_id][location_id] = max(balance.available, 0)
    _check_enough(needs, free)
    rows = [row for together in _sharing_places(needs, free) for row in _take(tx, together, free, destination)]
    tx.run_many(insert_hold, rows)
    return Plan(tuple(_hold(row, expires_at) for row in rows))


class _Need(NamedTuple):
    """Pieces to set aside for a line: `each` of them make one of what was ordered."""

    line_id: str
    offer_id: str
    quantity: int
    each: int
    in_bundle: bool


def _needs(tx: Tx, requests: Sequence[StockRequest]) -> list[_Need]:
    """What is counted of these requests, bundles taken apart."""
    ids = sorted({request.offer_id for request in requests})
    offers = {row.id: row for row in tx.all(_counted, ids=ids)}
    if len(offers) < len(ids):
        raise NotFound("There is no such offer")
    parts = read_parts(tx, [row.id for row in offers.values() if row.bundled])
    needs = []
    for request in requests:
        if offers[request.offer_id].bundled:
            _check_parts(request, parts[request.offer_id])
            needs += [
                _Need(request.line_id, part.offer_id, request.quantity * part.quantity, part.quantity, True)
                for part in parts[request.offer_id]
                if part.counted
            ]
        elif offers[request.offer_id].counted:
            needs.append(_Need(request.line_id, request.offer_id, request.quantity, 1, False))
    return needs


def _check_parts(request: StockRequest, parts: Sequence[Part]) -> None:
    if not parts or not all(part.sellable for part in parts):
        raise SoldOut("A part of a set in your cart is not sold any more: take it out", {request.line_id: 0})


def release_stock(tx: Tx, line_ids: Sequence[str]) -> Plan:
    """Give back what is still held for lines. What was shipped or released already stays so."""
    rows = tx.all(holds_of_lines, ids=sorted(set(line_ids)))
    states = ledger.holds_of(tx, [row.id for row in rows])
    return Plan(
        tuple(
            Void(derive_id("trf", "stock.release", row.id), row.id, "stock.release", row.line_id)
            for row in rows
            if row.id in states and states[row.id].left > 0
        )
    )


def count_plan(tx: Tx, counts: Sequence[Count], ref: str) -> Plan:
    """Make what is on hand what was counted: moves the difference, nothing where there is none.

    Pieces that are held for orders stay: a count below them leaves none to buy. The places must be written already.
    """
    if not counts:
        return Plan()
    balances = _balances(tx, counts)
    moves: list[Move] = []
    for count in counts:
        balance = balances[count.offer_id, count.location_id]
        difference = max(count.quantity, balance.pending_debits) - balance.balance
        if difference:
            moves.append(_move(tx, count, difference, ref))
    return Plan(tuple(moves))


def write_places(tx: Tx, fed: Mapping[tuple[str, str], int | None]) -> None:
    """Remember where offers lie and what a feed said of it; keeps these places from other writers until the commit."""
    rows = [{"offer_id": key[0], "location_id": key[1], "fed_quantity": fed[key]} for key in sorted(fed)]
    tx.run_many(_put_place, rows)


def keep_place(tx: Tx, offer_id: str, location_id: str) -> None:
    """Remember that an offer lies at a place, whatever a feed said of it; keeps it from others until the commit."""
    tx.run(_keep_place, offer_id=offer_id, location_id=location_id)


def keep_places(tx: Tx, places: Iterable[tuple[str, str]]) -> None:
    """The same for many, as (offer, location)."""
    rows = [{"offer_id": offer_id, "location_id": location_id} for offer_id, location_id in sorted(set(places))]
    tx.run_many(_keep_place, rows)


def fed_quantities(snapshot: Snapshot, offer_ids: Iterable[str]) -> dict[tuple[str, str], int | None]:
    """What a feed last said of these offers, by offer and place."""
    rows = snapshot.all(_fed, ids=sorted(offer_ids))
    return {(row.offer_id, row.location_id): row.fed_quantity for row in rows}


def places_of(snapshot: Snapshot, merchant_id: str) -> dict[str, str]:
    """A merchant's locations by id and by name, in the form of `place_key`; a name that two have means neither."""
    found: dict[str, str] = {}
    twice: set[str] = set()
    for location in deliver.locations_of(snapshot, [merchant_id]).get(merchant_id, ()):
        name = place_key(location.name)
        if name in found:
            twice.add(name)
        found |= {name: location.id, place_key(location.id): location.id}
    return {name: location_id for name, location_id in found.items() if name not in twice}


def place_key(name: str) -> str:
    """A location's name or id as it is compared: whatever its case and spaces."""
    return clean_line(name).casefold()


def on_hand_of(snapshot: Snapshot, offer_ids: Iterable[str]) -> dict[str, dict[str, int]]:
    """How many pieces of each offer lie at each of its places, by location, those held for orders included."""
    found: dict[str, dict[str, int]] = {offer_id: {} for offer_id in offer_ids}
    for (offer_id, location_id), balance in _balances(snapshot, snapshot.all(_places, ids=sorted(found))).items():
        found[offer_id][location_id] = balance.balance
    return found


def check_location(snapshot: Snapshot, merchant_id: str, location_id: str) -> None:
    """NotFound when a place is not one of the merchant's."""
    mine = deliver.locations_of(snapshot, [merchant_id])
    if all(location.id != location_id for location in mine.get(merchant_id, ())):
        raise NotFound("There is no such location: add the place your goods leave from first")


def negative_places(snapshot: Snapshot, after: tuple[str, str], most: int) -> tuple[list[Any], list[Any]]:
    """The next places in order, and those of them where less than nothing is left, for the proof that none are."""
    places = snapshot.all(_next_places, offer_id=after[0], location_id=after[1], most=most)
    balances = _balances(snapshot, places)
    return places, [place for place in places if balances[place.offer_id, place.location_id].available < 0]


def announce_stock(tx: Tx, offer_ids: Iterable[str]) -> None:
    """Say that what is left of these offers changed; called by the command that posted it."""
    ids = sorted(set(offer_ids))
    products = {row.id: row.product_id for row in tx.all(_products, ids=ids)} if ids else {}
    for part in in_chunks(sorted(products)):
        tx.announce(StockChanged(part, tuple(sorted({products[offer_id] for offer_id in part}))))


def on_hand_account(offer_id: str, location_id: str) -> Account:
    return Account(location_id, "on_hand", offer_id, floor=0)


def _supply(offer_id: str) -> Account:
    """Where counted goods come from and go to: unbounded, so its balance is minus all that was ever counted in."""
    return Account("world", "supply", offer_id)


def shipped_account(offer_id: str) -> Account:
    return Account("world", "shipped", offer_id)


def _balances(snapshot: Snapshot, places: Iterable[Any]) -> dict[tuple[str, str], Balance]:
    keys = [(place.offer_id, place.location_id) for place in places]
    accounts = [on_hand_account(offer_id, location_id) for offer_id, location_id in keys]
    balances = ledger.balances_of(snapshot, accounts) if accounts else {}
    return {key: balances[account.id] for key, account in zip(keys, accounts, strict=True)}


def _move(tx: Tx, count: Count, difference: int, ref: str) -> Move:
    on_hand, supply = on_hand_account(count.offer_id, count.location_id), _supply(count.offer_id)
    debit, credit = (supply, on_hand) if difference > 0 else (on_hand, supply)
    return Move(tx.new_id("trf"), debit, credit, abs(difference), "stock.count", ref)


def _check_enough(needs: Sequence[_Need], free: Mapping[str, Mapping[str, int]]) -> None:
    left = {need.offer_id: sum(free.get(need.offer_id, {}).values()) for need in needs}
    short: dict[str, int] = {}
    for need in needs:
        if need.quantity > left[need.offer_id]:
            possible = left[need.offer_id] // need.each
            short[need.line_id] = min(possible, short.get(need.line_id, possible))
        else:
            left[need.offer_id] -= need.quantity
    if short:
        what = "is sold out" if not any(short.values()) else "has fewer pieces left than you chose"
        raise SoldOut(f"Something in your cart {what}: look at your cart and choose again", short)


def _sharing_places(needs: Sequence[_Need], free: Mapping[str, Mapping[str, int]]) -> list[list[_Need]]:
    """Needs that could be sent from one place together: each merchant's, as no two merchants have a place in common."""
    groups: list[tuple[set[str], list[_Need]]] = []
    for need in needs:
        places, together = set(free[need.offer_id]), [need]
        for group in [group for group in groups if group[0] & places]:
            groups.remove(group)
            places |= group[0]
            together = group[1] + together
        groups.append((places, together))
    return [together for _, together in groups]


def _take(
    tx: Tx, needs: Sequence[_Need], free: Mapping[str, Mapping[str, int]], destination: Address | None
) -> list[dict[str, Any]]:
    """Rows of holds for these lines, from as few places as have it all. Where only one has any, no way is looked up."""
    wanted = [deliver.Wanted(str(place), need.offer_id, need.quantity) for place, need in enumerate(needs)]
    stock: dict[str, dict[str, int]] = defaultdict(dict)
    for offer_id in {need.offer_id for need in needs}:
        for location_id, quantity in free[offer_id].items():
            stock[location_id][offer_id] = quantity
    ways = deliver.ways_to(tx, destination, sorted(stock)) if destination is not None and len(stock) > 1 else {}
    fullest = sorted(stock, key=lambda each: (-sum(stock[each].values()), each))
    sources = [_source(each, stock[each], ways.get(each)) for each in fullest]
    allocation = deliver.allocate(wanted, sources)
    assert not allocation.missing
    return [_row(needs[int(part.line_id)], part.location_id, part.quantity, tx.now) for part in allocation.parts]


def _source(location_id: str, stock: Mapping[str, int], way: deliver.Way | None) -> deliver.Source:
    if way is None:
        return deliver.Source(location_id, stock)
    return deliver.Source(location_id, stock, 0, way.distance_m, way.abroad)


def _row(need: _Need, location_id: str, quantity: int, now: int) -> dict[str, Any]:
    of_part = (need.offer_id,) if need.in_bundle else ()
    hold_id = derive_id("hld", "stock", need.line_id, location_id, *of_part)
    row = {"id": hold_id, "line_id": need.line_id, "offer_id": need.offer_id, "created_at": now}
    return {**row, "location_id": location_id, "quantity": quantity}


def _hold(row: Mapping[str, Any], expires_at: int | None) -> Hold:
    on_hand = on_hand_account(row["offer_id"], row["location_id"])
    return Hold(
        row["id"], on_hand, shipped_account(row["offer_id"]), row["quantity"], "stock.hold", row["line_id"], expires_at
    )


_p, _h, _o = tables.stock_places.c, tables.stock_holds.c, tables.offers.c
_b, _same = tables.bundle_parts.c, tables.bundle_parts.alias("same").c
_counted: Prepared[Any] = prepare(select(_o.id, _o.counted, _o.bundled).where(in_set(_o.id, "ids")))
_touched = union(
    select(_o.id).where(in_set(_o.id, "ids")),
    select(_b.part_offer_id).where(in_set(_b.offer_id, "ids")),
    select(_b.offer_id).where(in_set(_b.part_offer_id, "ids")),
    select(_b.offer_id)
    .join_from(tables.bundle_parts, _same.offer_id.table, _same.part_offer_id == _b.part_offer_id)
    .where(in_set(_same.offer_id, "ids")),
)
"""These offers, the parts of those that are bundles, and every bundle that shares a part with them."""
_products: Prepared[Any] = prepare(select(_o.id, _o.product_id).where(_o.id.in_(_touched)))
_at_offers = select(_p.offer_id, _p.location_id).where(in_set(_p.offer_id, "ids")).order_by(_p.offer_id, _p.location_id)
_places: Prepared[Any] = prepare(_at_offers)
_places_locked: Prepared[Any] = prepare(_at_offers.with_for_update())
_next_places: Prepared[Any] = prepare(
    select(_p.offer_id, _p.location_id)
    .where(
        (_p.offer_id > bindparam("offer_id"))
        | ((_p.offer_id == bindparam("offer_id")) & (_p.location_id > bindparam("location_id")))
    )
    .order_by(_p.offer_id, _p.location_id)
    .limit(bindparam("most"))
)
_fed: Prepared[Any] = prepare(select(_p.offer_id, _p.location_id, _p.fed_quantity).where(in_set(_p.offer_id, "ids")))
_put_place: Prepared[Any] = prepare_text(
    "INSERT INTO catalog_stock_places (offer_id, location_id, fed_quantity) "
    "VALUES (:offer_id, :location_id, :fed_quantity) "
    "ON CONFLICT (offer_id, location_id) DO UPDATE SET fed_quantity = excluded.fed_quantity"
)
_keep_place: Prepared[Any] = prepare_text(
    "INSERT INTO catalog_stock_places (offer_id, location_id) VALUES (:offer_id, :location_id) "
    "ON CONFLICT (offer_id, location_id) DO UPDATE SET fed_quantity = catalog_stock_places.fed_quantity"
)
holds_of_lines: Prepared[Any] = prepare(
    select(_h.id, _h.line_id, _h.offer_id, _h.location_id, _h.quantity).where(in_set(_h.line_id, "ids")).order_by(_h.id)
)
insert_hold: Prepared[Any] = tables.inserting(tables.stock_holds)

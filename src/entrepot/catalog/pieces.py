"""Stock of an order's line, piece by piece: some are sent, some are not wanted any more, some come back.

A line may be held at several places, and one of a bundle holds its parts: a piece of the line is then so many of each.
All verbs give plans; what is asked for under the same `key` again is posted once.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from entrepot import ledger
from entrepot.kernel import Tx, derive_id
from entrepot.ledger import Account, Capture, Hold, HoldState, Move, Plan, Step, Void

from .stock import holds_of_lines, insert_hold, on_hand_account, shipped_account

SHIP, RELEASE, RESTOCK = "stock.ship", "stock.release", "stock.restock"


class Pieces(NamedTuple):
    """So many pieces of a line, of those that are still held (or, coming back, of those that were sent)."""

    line_id: str
    quantity: int
    of: int


def send_pieces(tx: Tx, wanted: Sequence[Pieces], key: str) -> Plan:
    """Take pieces that are held for lines out of stock, because they leave."""
    return Plan(
        tuple(
            Capture(derive_id("trf", SHIP, key, row.id), row.id, taken, SHIP, row.line_id)
            for row, _, taken in _allocate(tx, wanted, "left")
        )
    )


def free_pieces(tx: Tx, wanted: Sequence[Pieces], key: str) -> Plan:
    """Give pieces that are held for lines back: they are on sale again at once. The others stay held."""
    steps: list[Step] = []
    rows: list[dict[str, Any]] = []
    for row, state, taken in _allocate(tx, wanted, "left"):
        steps.append(Void(derive_id("trf", RELEASE, key, row.id), row.id, RELEASE, row.line_id))
        if kept := state.left - taken:
            hold_id = derive_id("hld", RELEASE, key, row.id)
            accounts = _accounts(row)
            steps.append(Hold(hold_id, accounts[0], accounts[1], kept, "stock.hold", row.line_id))
            named = {name: getattr(row, name) for name in ("line_id", "offer_id", "location_id")}
            rows.append({"id": hold_id, "quantity": kept, "created_at": tx.now, **named})
    tx.run_many(insert_hold, rows)
    return Plan(tuple(steps))


def restock_pieces(tx: Tx, wanted: Sequence[Pieces], key: str) -> Plan:
    """Put pieces that came back on the shelf that they were taken from."""
    steps = []
    for row, _, taken in _allocate(tx, wanted, "captured"):
        on_hand, shipped = _accounts(row)
        steps.append(Move(derive_id("trf", RESTOCK, key, row.id), shipped, on_hand, taken, RESTOCK, row.line_id))
    return Plan(tuple(steps))


def _allocate(tx: Tx, wanted: Sequence[Pieces], which: str) -> Iterator[tuple[Any, HoldState, int]]:
    """The holds to take from, and how much of each: `which` of their amounts there is to take.

    What a line has of an offer belongs evenly to its pieces.
    """
    rows = tx.all(holds_of_lines, ids=sorted({pieces.line_id for pieces in wanted}))
    states = ledger.holds_of(tx, [row.id for row in rows])
    mine: dict[tuple[str, str], list[tuple[Any, HoldState]]] = defaultdict(list)
    for row in rows:
        if row.id in states and getattr(states[row.id], which):
            mine[row.line_id, row.offer_id].append((row, states[row.id]))
    by_line = {pieces.line_id: pieces for pieces in wanted}
    for (line_id, _), found in mine.items():
        pieces = by_line[line_id]
        left = sum(getattr(state, which) for _, state in found) * pieces.quantity // pieces.of
        for row, state in found:
            if taken := min(left, getattr(state, which)):
                left -= taken
                yield row, state, taken


def _accounts(row: Any) -> tuple[Account, Account]:
    return on_hand_account(row.offer_id, row.location_id), shipped_account(row.offer_id)

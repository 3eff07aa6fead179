"""The hash chain: behind the commits, transfers get positions and are sealed in blocks, each over the one before.

On PostgreSQL serial numbers are not in the order of commits, so a transfer is sealed when it is seen without a
position, however late its commit came. One that could know of another has the higher serial, and never comes before it.

A block covers its transfers, their places, and what their accounts are. Whoever keeps a root elsewhere can tell later
that the history up to it is still the same, even by somebody who may rewrite the whole database.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy import bindparam, insert, select

from entrepot.kernel import Finding, Invalid, Prepared, Snapshot, Tx, acquire, in_set, prepare, release

from . import tables
from .digests import digest_block
from .rows import set_positions

BLOCK_MAX = 1_000
LEASE = "ledger.seal"
BEGINNING = "0" * 64


def seal(tx: Tx) -> int:
    """Seal one block of what is not sealed yet; returns how many transfers it holds, 0 when there is nothing to do.

    Two that seal at once wait for each other, or leave it to the other.
    """
    if tx.value(_any_unsealed) is None:
        return 0
    holder = tx.new_id("seal")
    if acquire(tx, LEASE, holder) is None:
        return 0
    rows = tx.all(_unsealed, most=BLOCK_MAX)
    if rows:
        _seal_block(tx, rows)
    release(tx, LEASE, holder)
    return len(rows)


def chain_root(snapshot: Snapshot) -> str:
    """The last sealed position and its block's digest: keep it elsewhere and give it to `check_root` later."""
    last = snapshot.one(_last_block)
    return f"{last.last_position}:{last.digest}" if last is not None else f"0:{BEGINNING}"


def check_root(snapshot: Snapshot, root: str) -> Finding:
    """Whether the chain still holds the block whose root was kept. Invalid for what is no root.

    It says nothing of the rows under that block: the proof `ledger.chain` does.
    """
    position, _, digest = root.strip().partition(":")
    if not (position.isascii() and position.isdigit() and len(digest) == 64) or len(position) > 18:
        raise Invalid(f"{root!r} is no root: it is written as POSITION:DIGEST")
    if int(position) == 0:
        return Finding(1, [] if digest == BEGINNING else ["the root of an empty chain is not this one"])
    found = snapshot.value(_digest_at, position=int(position))
    if found is None:
        return Finding(1, [f"no block ends at position {position}: history was cut off or rewritten"])
    return Finding(1, [] if found == digest else [f"the history up to position {position} was rewritten"])


def check_chain(snapshot: Snapshot) -> Finding:
    """Compute every block again from the stored rows."""
    breaches: list[str] = []
    digest, last, rows = BEGINNING, 0, 0
    for number, block in enumerate(_blocks(snapshot), 1):
        transfers = snapshot.all(_sealed, after=last, until=block.last_position)
        rows += len(transfers)
        breaches += _misplaced(transfers, last, block.last_position)
        expected = _digest(snapshot, digest, number, block.sealed_at, transfers)
        if block.number != number or block.digest != expected:
            breaches.append(
                f"block {block.number} (positions {last + 1} to {block.last_position}) is not what was sealed"
            )
        digest, last = block.digest, block.last_position
    stray = snapshot.all(_stray, last=last)
    breaches += [f"{row.id} has position {row.position}, which no block covers" for row in stray]
    return Finding(rows, breaches)


def _seal_block(tx: Tx, rows: Sequence[Any]) -> None:
    last = tx.one(_last_block)
    number, position, before = (last.number, last.last_position, last.digest) if last else (0, 0, BEGINNING)
    placed = [row._replace(position=position + place) for place, row in enumerate(rows, 1)]
    set_positions(tx, [{"serial_": row.serial, "position_": row.position} for row in placed])
    digest = _digest(tx, before, number + 1, tx.now, placed)
    tx.run(_insert_block, number=number + 1, last_position=position + len(rows), sealed_at=tx.now, digest=digest)


def _digest(snapshot: Snapshot, before: str, number: int, sealed_at: int, transfers: Sequence[Any]) -> str:
    ids = sorted({account for row in transfers for account in (row.debit, row.credit)})
    accounts = sorted((row.id, row.digest) for row in snapshot.all(_account_digests, ids=ids))
    places = [(row.position, row.serial, row.digest) for row in transfers]
    return digest_block(before, number, sealed_at, places, accounts)


def _misplaced(transfers: Sequence[Any], last: int, until: int) -> list[str]:
    """Gaps and wrong places between two blocks' ends."""
    breaches = [
        f"{row.id} has position {row.position} where {expected} was sealed"
        for expected, row in enumerate(transfers, last + 1)
        if row.position != expected
    ][:1]
    if len(transfers) != until - last:
        breaches.append(
            f"{until - last - len(transfers)} transfers are missing between positions {last + 1} and {until}"
        )
    return breaches


def _blocks(snapshot: Snapshot) -> Iterator[Any]:
    """Every block in order."""
    number = -(2**62)
    while page := snapshot.all(_blocks_behind, number=number):
        yield from page
        number = page[-1].number


_t, _b = tables.transfers.c, tables.blocks.c
_place = (_t.serial, _t.id, _t.digest, _t.debit, _t.credit, _t.position)
_any_unsealed: Prepared[Any] = prepare(select(_t.serial).where(_t.position.is_(None)).limit(1))
_unsealed: Prepared[Any] = prepare(
    select(*_place).where(_t.position.is_(None)).order_by(_t.serial).limit(bindparam("most"))
)
_sealed: Prepared[Any] = prepare(
    select(*_place).where(_t.position > bindparam("after"), _t.position <= bindparam("until")).order_by(_t.position)
)
_stray: Prepared[Any] = prepare(
    select(_t.id, _t.position).where(_t.position > bindparam("last")).order_by(_t.position).limit(10)
)
_last_block: Prepared[Any] = prepare(select(*_b).order_by(_b.number.desc()).limit(1))
_blocks_behind: Prepared[Any] = prepare(
    select(*_b).where(_b.number > bindparam("number")).order_by(_b.number).limit(500)
)
_digest_at: Prepared[Any] = prepare(select(_b.digest).where(_b.last_position == bindparam("position")))
_insert_block: Prepared[Any] = prepare(insert(tables.blocks).values({c.name: bindparam(c.name) for c in _b}))
_account_digests: Prepared[Any] = prepare(
    select(tables.accounts.c.id, tables.accounts.c.digest).where(in_set(tables.accounts.c.id, "ids"))
)

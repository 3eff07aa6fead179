"""What must be true of the ledger's rows, computed from the rows alone.

Each proof names what it finds: a transfer, an account, a hold, a block. Rows are read in pages, so that a long history
needs no more memory than a short one; only what is kept per account is held at once.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import Any

from sqlalchemy import bindparam, select

from entrepot.kernel import Finding, Prepared, Proof, Snapshot, prepare, prepare_text

from . import tables
from .balances import HALF, add
from .chain import check_chain
from .digests import digest_account, digest_transfer
from .types import Account, Transfer

PAGE = 2_000
BREACHES_MAX = 100


def sum_by_unit(snapshot: Snapshot) -> dict[str, int]:
    """The sum of all balances of each unit: zero, or something was lost or made up."""
    sums: dict[str, int] = {}
    for unit, high, low in snapshot.all(_bounded_by_unit) + snapshot.all(_unbounded_by_unit):
        sums[unit] = sums.get(unit, 0) + high * HALF + low
    return sums


def check_transfers(snapshot: Snapshot) -> Finding:
    """Compute the digest of every transfer and account again."""
    breaches: list[str] = []
    rows = 0
    for row in _pages(snapshot, _all_transfers, "serial", 0):
        rows += 1
        if digest_transfer(Transfer(*row[1:13])) != row.digest:
            breaches.append(f"the transfer {row.id} is not what was posted")
    for row in _pages(snapshot, _all_accounts, "id", ""):
        rows += 1
        account = Account(row.owner, row.kind, row.unit, row.floor, row.ceiling)
        totals = {row.balance is None, row.pending_debits is None, row.pending_credits is None}
        if row.id != account.id or row.digest != digest_account(account, row.opened_at):
            breaches.append(f"the account {row.id} is not what was opened")
        elif totals != {not account.is_bounded}:
            breaches.append(f"the account {row.id} carries totals that it should not, or lacks them")
    return Finding(rows, breaches[:BREACHES_MAX])


def check_units(snapshot: Snapshot) -> Finding:
    """Add up each unit; look for transfers whose accounts are missing or count in another unit."""
    sums = sum_by_unit(snapshot)
    breaches = [f"{unit}: debits and credits differ by {total}" for unit, total in sorted(sums.items()) if total]
    breaches += [
        f"the transfer {row[0]} leaves its unit, or one of its accounts is missing" for row in snapshot.all(_crossing)
    ]
    return Finding(len(sums), breaches[:BREACHES_MAX])


def check_bounds(snapshot: Snapshot) -> Finding:
    """Look at every bounded account as it stands, then go through history transfer by transfer."""
    bounds = {row.id: row for row in _pages(snapshot, _all_accounts, "id", "") if row.balance is not None}
    breaches = [
        f"the account {row.id} stands outside its bounds"
        for row in bounds.values()
        if _is_outside(row, [row.balance, row.pending_debits, row.pending_credits])
    ]
    held: dict[str, list[int]] = defaultdict(lambda: [0, 0, 0])
    for transfer in _in_order(snapshot):
        for side, account in (("debit", transfer.debit), ("credit", transfer.credit)):
            if account in bounds:
                add(held[account], side, transfer.kind, transfer.amount)
                if _is_outside(bounds[account], held[account]):
                    breaches.append(f"the transfer {transfer.id} took the account {account} outside its bounds")
    return Finding(len(bounds), breaches[:BREACHES_MAX])


def check_holds(snapshot: Snapshot) -> Finding:
    """Compare every hold with the transfers that made it, captured it and released it."""
    rows = int(snapshot.value(_count_holds) or 0)
    breaches = [f"the hold {row[0]} is not what its transfers say" for row in snapshot.all(_wrong_holds)]
    breaches += [f"the transfer {row[0]} names no hold" for row in snapshot.all(_holdless)]
    return Finding(rows, breaches)


def check_balances(snapshot: Snapshot) -> Finding:
    """Add up every account's transfers: its running totals, and its snapshot where it has one, must say the same."""
    rows, breaches = 0, []
    for what, stored, added in (
        ("totals", snapshot.all(_totals), _added_up(snapshot, _totals_sums)),
        ("snapshot", snapshot.all(_snapshots), _added_up(snapshot, _snapshot_sums)),
    ):
        rows += len(stored)
        for account, *held, count, position in stored:
            expected = added[account] if what == "snapshot" else [*added[account][:3], count, position]
            if [*map(int, held), count, position] != expected:
                breaches.append(f"the {what} of the account {account} differ from its transfers added up")
    return Finding(rows, breaches[:BREACHES_MAX])


def _added_up(snapshot: Snapshot, statement: Prepared[Any]) -> dict[str, list[int]]:
    """For each account its balance, pending debits and credits, how many transfers these are, and the last's place."""
    sums: dict[str, list[int]] = defaultdict(lambda: [0, 0, 0, 0, 0])
    for account, side, kind, count, last, high, low in snapshot.all(statement):
        held = sums[account]
        add(held, side, kind, high * HALF + low)
        held[3] += count
        held[4] = max(held[4], last or 0)
    return sums


def _is_outside(row: Any, held: list[int]) -> bool:
    balance, pending_debits, pending_credits = held
    return (row.floor is not None and balance - pending_debits < row.floor) or (
        row.ceiling is not None and balance + pending_credits > row.ceiling
    )


def _pages(snapshot: Snapshot, statement: Prepared[Any], key: str, after: Any) -> Iterator[Any]:
    """Every row of a statement that goes on behind a key."""
    while page := snapshot.all(statement, after=after, most=PAGE):
        yield from page
        after = getattr(page[-1], key)


def _in_order(snapshot: Snapshot) -> Iterator[Any]:
    """Transfers in the order of their effects on any one account."""
    yield from _pages(snapshot, _by_position, "position", 0)
    yield from _pages(snapshot, _by_serial, "serial", 0)


_a, _t = tables.accounts.c, tables.transfers.c
_content = (
    _t.serial, _t.id, _t.kind, _t.debit, _t.credit, _t.unit, _t.amount, _t.code, _t.ref, _t.hold, _t.final,
    _t.expires_at, _t.at, _t.digest,
)  # fmt: skip
_effect = (_t.id, _t.kind, _t.debit, _t.credit, _t.amount, _t.position, _t.serial)
_after: Any = bindparam("after")
_most: Any = bindparam("most")
_all_transfers: Prepared[Any] = prepare(select(*_content).where(_t.serial > _after).order_by(_t.serial).limit(_most))
_all_accounts: Prepared[Any] = prepare(select(*_a).where(_a.id > _after).order_by(_a.id).limit(_most))
_by_position: Prepared[Any] = prepare(select(*_effect).where(_t.position > _after).order_by(_t.position).limit(_most))
_by_serial: Prepared[Any] = prepare(
    select(*_effect).where(_t.position.is_(None), _t.serial > _after).order_by(_t.serial).limit(_most)
)

_HALVES = f"CAST(sum({{0}} / {HALF}) AS BIGINT), CAST(sum({{0}} % {HALF}) AS BIGINT)"
_bounded_by_unit: Prepared[tuple[Any, ...]] = prepare_text(
    f"SELECT unit, {_HALVES.format('balance')} FROM ledger_accounts WHERE balance IS NOT NULL GROUP BY unit"
)
_SIDE = (
    "SELECT t.unit, {sign}t.amount AS amount FROM ledger_transfers t JOIN ledger_accounts a ON a.id = t.{side} "
    "WHERE a.balance IS NULL AND t.kind IN ('move', 'capture')"
)
_unbounded_by_unit: Prepared[tuple[Any, ...]] = prepare_text(
    f"SELECT unit, {_HALVES.format('amount')} FROM ("
    f"{_SIDE.format(sign='-', side='debit')} UNION ALL {_SIDE.format(sign='', side='credit')}) AS moved GROUP BY unit"
)
_crossing: Prepared[tuple[Any, ...]] = prepare_text(
    "SELECT t.id FROM ledger_transfers t LEFT JOIN ledger_accounts d ON d.id = t.debit "
    "LEFT JOIN ledger_accounts c ON c.id = t.credit "
    "WHERE d.id IS NULL OR c.id IS NULL OR d.unit <> t.unit OR c.unit <> t.unit ORDER BY t.id LIMIT 100"
)

_count_holds: Prepared[Any] = prepare_text("SELECT count(*) FROM ledger_holds")
_PARTS = (
    "SELECT hold, sum(CASE WHEN kind = 'capture' THEN amount ELSE 0 END) AS captured, "
    "sum(CASE WHEN kind = 'capture' THEN 0 ELSE amount END) AS released, "
    "max(CASE WHEN kind = 'void' THEN 1 ELSE 0 END) AS voided, "
    "max(CASE WHEN kind = 'expire' THEN 1 ELSE 0 END) AS expired, max(final) AS final "
    "FROM ledger_transfers WHERE hold IS NOT NULL GROUP BY hold"
)
_STATE = (
    "CASE WHEN h.captured + h.released < h.amount THEN 'open' "
    "WHEN coalesce(p.expired, 0) = 1 THEN 'expired' "
    "WHEN coalesce(p.voided, 0) = 1 AND coalesce(p.final, 0) = 0 THEN 'voided' ELSE 'captured' END"
)
_wrong_holds: Prepared[tuple[Any, ...]] = prepare_text(
    f"SELECT h.id FROM ledger_holds h LEFT JOIN ledger_transfers t ON t.id = h.id AND t.kind = 'hold' "
    f"LEFT JOIN ({_PARTS}) p ON p.hold = h.id WHERE t.id IS NULL "
    "OR h.debit <> t.debit OR h.credit <> t.credit OR h.unit <> t.unit OR h.amount <> t.amount "
    "OR coalesce(h.expires_at, 0) <> coalesce(t.expires_at, 0) "
    "OR h.captured <> coalesce(p.captured, 0) OR h.released <> coalesce(p.released, 0) "
    f"OR h.captured + h.released > h.amount OR h.state <> {_STATE} ORDER BY h.id LIMIT 100"
)
_holdless: Prepared[tuple[Any, ...]] = prepare_text(
    "SELECT t.id FROM ledger_transfers t LEFT JOIN ledger_holds h ON h.id = coalesce(t.hold, t.id) "
    "WHERE t.kind <> 'move' AND (h.id IS NULL OR h.debit <> t.debit OR h.credit <> t.credit OR h.unit <> t.unit "
    "OR (t.kind = 'hold') <> (t.hold IS NULL)) ORDER BY t.id LIMIT 100"
)

_totals: Prepared[tuple[Any, ...]] = prepare_text(
    "SELECT id, balance, pending_debits, pending_credits, 0, 0 FROM ledger_accounts WHERE balance IS NOT NULL"
)
_snapshots: Prepared[tuple[Any, ...]] = prepare_text(
    "SELECT account, balance, pending_debits, pending_credits, transfers, position FROM ledger_snapshots"
)


def _sums_of(owners: str, until: str) -> Prepared[tuple[Any, ...]]:
    """Sums of each account's transfers by side and kind."""
    sides = " UNION ALL ".join(
        f"SELECT o.id, '{side}' AS side, t.kind, t.amount, t.position FROM {owners} "
        f"JOIN ledger_transfers t ON t.{side} = o.id {until}"
        for side in ("debit", "credit")
    )
    return prepare_text(
        f"SELECT id, side, kind, count(*), max(position), {_HALVES.format('amount')} "
        f"FROM ({sides}) AS moved GROUP BY id, side, kind"
    )


_totals_sums = _sums_of("(SELECT id FROM ledger_accounts WHERE balance IS NOT NULL) o", "")
_snapshot_sums = _sums_of("(SELECT account AS id, position FROM ledger_snapshots) o", "WHERE t.position <= o.position")

PROOFS = (
    Proof("ledger.transfers", "Every transfer and account says what it said when it was written", check_transfers),
    Proof("ledger.units", "In each unit debits equal credits, and no transfer leaves its unit", check_units),
    Proof("ledger.bounds", "No account is outside its bounds, and no transfer ever took it there", check_bounds),
    Proof("ledger.holds", "Captured, released and left are the whole of every hold", check_holds),
    Proof("ledger.balances", "Running totals and snapshots equal the transfers added up", check_balances),
    Proof("ledger.chain", "The sealed chain holds every transfer in its place", check_chain),
)
"""Over an empty ledger each has nothing to prove; so has the chain until something is sealed."""

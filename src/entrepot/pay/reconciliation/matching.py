"""Lines against the ledger: each is recorded once, matched with what it is about, and what does not agree is a break.

A file is read in batches, each in a command of its own. A line's id comes from what it says, so that the same line in
two files, or a file that is read again after a crash, counts once. Several transfers for one payment are added up.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from functools import partial
from typing import Any

import msgspec
from sqlalchemy import bindparam, func, insert, select, tuple_, update

from entrepot.kernel import DAY, Database, Lane, Prepared, Tx, derive_id, in_set, prepare, prepare_text

from .. import tables
from ..payments import record_outcome
from ..payouts import record_payout
from ..refunds import record_refund
from ..types import Outcome
from .breaks import close_breaks, open_breaks
from .formats import FileLine
from .subjects import Subject, find_subjects, read_subjects
from .types import Break, BreakKind, File, Line, LineState

BATCH = 500
BY_HAND = "manual"
"""The processor whose word is the file itself: a transfer in it is what makes a payment paid."""
PATIENCE = 3 * DAY
"""How long a line may wait for its subject, and a subject for its line, before somebody has to look."""


def record_lines(tx: Tx, file: File, lines: Sequence[FileLine], seen: Counter[str]) -> int:
    """Record a batch of a file's lines and what follows from them; returns how many were new.

    `seen` counts what the lines before have said, for two that say the same in one file are two.
    """
    rows = [_row(file, line, seen) for line in lines]
    known = {row.id for row in tx.all(_known, ids=[row.id for row in rows])}
    fresh = [(line, row) for line, row in zip(lines, rows, strict=True) if row.id not in known]
    subjects = find_subjects(tx, file.processor, [line for line, _ in fresh])
    placed = [_placed(row, subject) for (_, row), subject in zip(fresh, subjects, strict=True)]
    tx.run_many(_insert, [msgspec.structs.asdict(row) for row in placed])
    settle_subjects(tx, file.processor, [row.subject for row in placed if row.subject])
    open_breaks(tx, [_break_of_line(row, tx.now) for row in placed if row.state in ("missing_here", "transfer")])
    return len(placed)


def settle_subjects(tx: Tx, processor: str, ids: Iterable[str]) -> None:
    """Compare all that files say of these with the ledger; by hand, what they say makes it so.

    What is only early waits; what has waited too long is a break.
    """
    wanted = sorted(set(ids))
    if not wanted:
        return
    theirs: dict[str, list[Any]] = defaultdict(list)
    for row in tx.all(_of_subjects, ids=wanted):
        theirs[row.subject].append(row)
    subjects = read_subjects(tx, wanted)
    if processor == BY_HAND:
        _act(tx, subjects, {each.id: _in_its_currency(each, theirs[each.id]) for each in subjects.values()})
        subjects = read_subjects(tx, wanted)
    breaks: list[Break] = []
    states: dict[str, LineState] = {}
    for subject in subjects.values():
        total = _in_its_currency(subject, theirs[subject.id])
        foreign = any(row.currency != subject.currency for row in theirs[subject.id])
        state = states[subject.id] = _state(subject, total, foreign)
        if state == "differs":
            breaks.append(_break(processor, "differs", subject, total, tx.now))
        elif state == "timing" and min(row.at for row in theirs[subject.id]) < tx.now - PATIENCE:
            breaks.append(_break(processor, "missing_here", subject, total, tx.now))
    tx.run_many(_set_state, [{"subject_": subject_id, "state_": state} for subject_id, state in states.items()])
    close_breaks(tx, [subject_id for subject_id, state in states.items() if state == "matched"], "matched")
    open_breaks(tx, breaks)


def find_missing(tx: Tx, processor: str, first_at: int, last_at: int) -> None:
    """Open a break for each payment, refund and payout that the ledger has in this time and no file has."""
    rows = tx.all(_unseen, processor=processor, first=first_at, last=last_at - PATIENCE)
    subjects = read_subjects(tx, [row.id for row in rows])
    open_breaks(tx, [_break(processor, "missing_there", each, None, tx.now) for each in subjects.values()])


def look_again(database: Database) -> None:
    """Compare everything again that did not agree, some at a time: what was only early agrees by now."""
    after: tuple[str, str] | None = ("", "")
    while after is not None:
        after = database.write_now(partial(_look_again, after=after), Lane.BULK)


def _look_again(tx: Tx, after: tuple[str, str]) -> tuple[str, str] | None:
    """The next ones; returns where to go on, None at the end."""
    waiting = tx.all(_waiting, processor=after[0], subject=after[1], most=BATCH)
    by_processor: dict[str, list[str]] = defaultdict(list)
    for row in waiting:
        by_processor[row.processor].append(row.subject)
    for processor, ids in by_processor.items():
        settle_subjects(tx, processor, ids)
    return (waiting[-1].processor, waiting[-1].subject) if len(waiting) == BATCH else None


def fee_breaks(tx: Tx, file: File) -> None:
    """What a file says that the provider charged, a break for each currency: to be booked by somebody."""
    found = []
    for row in tx.all(_fees, file_id=file.id):
        charged = int(row.fee_minor or 0) - int(row.fee_lines_minor or 0)
        if charged:
            name = derive_id("brk", file.id, "fee", row.currency)
            found.append(_new_break(name, file.processor, "fee", None, file.id, row.currency, -charged, 0, tx.now))
    open_breaks(tx, found)


def _in_its_currency(subject: Subject, lines: Iterable[Any]) -> int:
    """What lines say of a subject, where they speak of its own money: yen never pay what is owed in euros."""
    return sum(row.amount_minor for row in lines if row.currency == subject.currency)


def _act(tx: Tx, subjects: dict[str, Subject], totals: dict[str, int]) -> None:
    """What a bank's statement says has happened: a transfer that is whole pays an order, a refund or a merchant."""
    for subject in subjects.values():
        total = totals[subject.id]
        if subject.is_settled:
            continue
        if subject.kind == "payment" and total >= subject.ours_minor:
            record_outcome(tx, subject.id, Outcome("captured"))
        elif subject.kind == "refund" and total == subject.ours_minor:
            record_refund(tx, subject.id, "")
        elif subject.kind == "payout" and total == subject.ours_minor:
            record_payout(tx, subject.id, "")


def _state(subject: Subject, total: int, foreign: bool) -> LineState:
    if foreign:
        return "differs"
    if subject.kind == "chargeback":
        expected = 0 if subject.state == "won" and total == 0 else subject.ours_minor
        return "matched" if total in (expected, subject.ours_minor) else "differs"
    if not subject.is_settled:
        # By hand, too little is for people; from a provider, our own word is on its way.
        return "differs" if subject.processor == BY_HAND else "timing"
    return "matched" if total == subject.ours_minor else "differs"


def _placed(row: Line, subject: Subject | None) -> Line:
    if row.kind == "fee":
        return msgspec.structs.replace(row, state="fee")
    if row.kind == "transfer":
        return msgspec.structs.replace(row, state="transfer")
    if subject is None:
        return row
    return msgspec.structs.replace(row, state="timing", subject=subject.id)


def _row(file: File, line: FileLine, seen: Counter[str]) -> Line:
    said = (file.processor, line.kind, line.ref, line.key, str(line.at), line.currency, str(line.amount_minor),
            str(line.fee_minor), line.note)  # fmt: skip
    what = "\0".join(said)
    seen[what] += 1
    return Line(
        derive_id("fln", *said, str(seen[what])), file.id, line.number, file.processor, line.kind, line.ref, line.key,
        line.at, line.currency, line.amount_minor, line.fee_minor, line.note, "missing_here", None,
    )  # fmt: skip


def _break_of_line(row: Line, now: int) -> Break:
    kind: BreakKind = "transfer" if row.state == "transfer" else "missing_here"
    name = derive_id("brk", row.id)
    return _new_break(name, row.processor, kind, row.id, None, row.currency, row.amount_minor, None, now)


def _break(processor: str, kind: BreakKind, subject: Subject, theirs_minor: int | None, now: int) -> Break:
    ours = None if kind == "missing_here" else subject.ours_minor
    name = derive_id("brk", subject.id)
    return _new_break(name, processor, kind, None, subject.id, subject.currency, theirs_minor, ours, now)


def _new_break(
    name: str, processor: str, kind: BreakKind, line_id: str | None, subject: str | None, currency: str,
    theirs_minor: int | None, ours_minor: int | None, now: int,
) -> Break:  # fmt: skip
    return Break(
        name, processor, kind, line_id, subject, currency, theirs_minor, ours_minor, now, None, None, None, None, None
    )


class _Id(msgspec.Struct):
    id: str


_l = tables.file_lines.c
_known: Prepared[Any] = prepare(select(_l.id).where(in_set(_l.id, "ids")))
_insert: Prepared[Any] = prepare(
    insert(tables.file_lines).values({column.name: bindparam(column.name) for column in tables.file_lines.columns})
)
_of_subjects: Prepared[Any] = prepare(
    select(_l.subject, _l.currency, _l.amount_minor, _l.at).where(in_set(_l.subject, "ids"))
)
_set_state: Prepared[Any] = prepare(
    update(tables.file_lines).where(_l.subject == bindparam("subject_")).values(state=bindparam("state_"))
)
_waiting: Prepared[Any] = prepare(
    select(_l.processor, _l.subject)
    .where(
        _l.state.in_(("timing", "differs")),
        tuple_(_l.processor, _l.subject) > tuple_(bindparam("processor"), bindparam("subject")),
    )
    .distinct()
    .order_by(_l.processor, _l.subject)
    .limit(bindparam("most"))
)
_fees: Prepared[Any] = prepare(
    select(
        _l.currency, func.sum(_l.fee_minor).label("fee_minor"),
        func.sum(_l.amount_minor).filter(_l.kind == "fee").label("fee_lines_minor"),
    )
    .where(_l.file_id == bindparam("file_id"))
    .group_by(_l.currency)
)  # fmt: skip
_SEEN = "NOT EXISTS (SELECT 1 FROM pay_file_lines l WHERE l.subject = x.id)"
_unseen: Prepared[Any] = prepare_text(
    "SELECT x.id FROM pay_payments x WHERE x.processor = :processor AND x.state IN ('captured', 'captured_late') "
    f"AND x.amount_minor > 0 AND x.finished_at >= :first AND x.finished_at <= :last AND {_SEEN} "
    "UNION ALL SELECT x.id FROM pay_refunds x JOIN pay_payments p ON p.id = x.payment_id "
    "WHERE p.processor = :processor AND x.state = 'paid' AND x.charged_back = 0 AND x.amount_minor > 0 "
    f"AND x.paid_at >= :first AND x.paid_at <= :last AND {_SEEN} "
    "UNION ALL SELECT x.id FROM pay_payouts x WHERE x.processor = :processor AND x.state = 'paid' "
    f"AND x.paid_at >= :first AND x.paid_at <= :last AND {_SEEN}",
    _Id,
)

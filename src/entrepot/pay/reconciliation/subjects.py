"""What a line may be about: our payments, refunds, payouts and chargebacks, found for many lines at once."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from sqlalchemy import func, literal_column, select

from entrepot.kernel import Prepared, Snapshot, in_set, prepare

from .. import tables
from ..bank_numbers import find_references
from .formats import FileLine

_KEY = re.compile(r"(?<![0-9A-Za-z])(pay|rfd|pyo)_?([0-9A-HJKMNP-TV-Z]{26})(?![0-9A-Za-z])", re.IGNORECASE)
SETTLED = frozenset(("captured", "captured_late", "paid", "returned", "opened", "won", "lost"))


class Subject(NamedTuple):
    """Something of ours that moved, or is to move, money at a processor; `ours_minor` above zero came to us."""

    id: str
    kind: str
    processor: str
    currency: str
    ours_minor: int
    state: str

    @property
    def is_settled(self) -> bool:
        """Whether the ledger has it."""
        return self.state in SETTLED


def find_subjects(snapshot: Snapshot, processor: str, lines: Sequence[FileLine]) -> list[Subject | None]:
    """For each line what it is about: by our key, by the processor's name for it, by a reference on a transfer."""
    keys = {line: _keys(line) for line in lines}
    ids = sorted({key for found in keys.values() for key in found})
    refs = sorted({line.ref for line in lines if line.ref})
    written = {line: find_references(f"{line.ref} {line.note}") for line in lines}
    references = sorted({each for found in written.values() for each in found})
    by_reference = {row.reference: row.payment_id for row in snapshot.all(_by_reference, references=references)}
    wanted = sorted({*ids, *by_reference.values()})
    by_id = {each.id: each for each in _all(snapshot, wanted) if each.processor == processor}
    by_ref = {(each.kind, name): each for name, each in _named(snapshot, processor, refs)}
    found = {line: [by_reference[each] for each in written[line] if each in by_reference] for line in lines}
    return [_pick(line, keys[line], by_id, by_ref, found[line]) for line in lines]


def read_subjects(snapshot: Snapshot, ids: Sequence[str]) -> dict[str, Subject]:
    """Subjects by their ids."""
    return {each.id: each for each in _all(snapshot, sorted(set(ids)))}


def _pick(
    line: FileLine, keys: Iterable[str], by_id: dict[str, Subject], by_ref: dict[tuple[str, str], Subject],
    payments: Sequence[str],
) -> Subject | None:  # fmt: skip
    """The one whose kind fits the line's; a bank's line fits whatever its sign allows."""
    found = [by_id[key] for key in keys if key in by_id]
    names = [(kind, line.ref) for kind in ("payment", "refund", "payout", "chargeback")]
    found += [by_ref[name] for name in names if name in by_ref]
    found += [by_id[payment] for payment in payments if payment in by_id]
    fitting = [each for each in found if _fits(line, each)]
    return fitting[0] if fitting else None


def _fits(line: FileLine, subject: Subject) -> bool:
    if line.kind == "chargeback" or subject.kind == "chargeback":
        return line.kind == subject.kind
    if line.kind in ("fee", "transfer"):
        return False
    if line.kind in ("payment", "refund", "payout") and line.kind != subject.kind:
        return False
    return (line.amount_minor > 0) == (subject.ours_minor > 0)


def _keys(line: FileLine) -> list[str]:
    return [f"{prefix.lower()}_{name.upper()}" for prefix, name in _KEY.findall(f"{line.key} {line.ref} {line.note}")]


def _all(snapshot: Snapshot, ids: Sequence[str]) -> list[Subject]:
    if not ids:
        return []
    released = {row.payment_id: int(row.released) for row in snapshot.all(_released, ids=ids)}
    found = [
        Subject(row.id, "payment", row.processor, row.currency, row.amount_minor - released.get(row.id, 0), row.state)
        for row in snapshot.all(_payments, ids=ids)
    ]
    found += [Subject(*row) for row in snapshot.all(_refunds, ids=ids)]
    found += [Subject(*row) for row in snapshot.all(_payouts, ids=ids)]
    return found + [Subject(*row) for row in snapshot.all(_chargebacks, ids=ids)]


def _named(snapshot: Snapshot, processor: str, refs: Sequence[str]) -> list[tuple[str, Subject]]:
    if not refs:
        return []
    rows = [row for query in _names for row in snapshot.all(query, refs=refs)]
    subjects = read_subjects(snapshot, [row.id for row in rows])
    named = [(row.processor_ref, subjects[row.id]) for row in rows if row.id in subjects]
    return [(name, subject) for name, subject in named if subject.processor == processor]


_p, _r, _o, _b, _l, _a = (
    tables.payments.c, tables.refunds.c, tables.payouts.c, tables.chargebacks.c, tables.legs.c, tables.actions.c,
)  # fmt: skip
_by_reference: Prepared[Any] = prepare(select(_a.reference, _a.payment_id).where(in_set(_a.reference, "references")))
_payments: Prepared[Any] = prepare(
    select(_p.id, _p.processor, _p.currency, _p.amount_minor, _p.state).where(in_set(_p.id, "ids"))
)
_released: Prepared[Any] = prepare(
    select(_l.payment_id, func.sum(_l.released_minor).label("released"))
    .where(in_set(_l.payment_id, "ids"), _l.released_minor > 0)
    .group_by(_l.payment_id)
)


def _signed(name: str, columns: Any, processor: Any) -> Any:
    kind: Any = literal_column(f"'{name}'").label("kind")
    return select(columns.id, kind, processor, columns.currency, (-columns.amount_minor).label("ours"), columns.state)


_refunds: Prepared[Any] = prepare(
    _signed("refund", _r, _p.processor)
    .join_from(tables.refunds, tables.payments, _r.payment_id == _p.id)
    .where(in_set(_r.id, "ids"))
)
_payouts: Prepared[Any] = prepare(_signed("payout", _o, _o.processor).where(in_set(_o.id, "ids")))
_chargebacks: Prepared[Any] = prepare(_signed("chargeback", _b, _b.processor).where(in_set(_b.id, "ids")))
_names: tuple[Prepared[Any], ...] = tuple(
    prepare(select(each.id, each.processor_ref).where(in_set(each.processor_ref, "refs"))) for each in (_p, _r, _o, _b)
)

"""Which rows of a batch the catalogue refuses, though each looked well by itself: a place that does not exist, say.

A batch is saved as a whole, so one such row would keep five hundred out. They are found by trying halves, each in a
command that is taken back.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from entrepot.kernel import Database, Invalid, Lane, Tx

from ..drafts import ProductDraft
from .batches import Batch
from .reading import VALUE_LENGTH_MAX, Good, Problem

Save = Callable[[Tx, Sequence[ProductDraft]], object]


class _TakenBack(Exception):
    """It would have worked."""


def find_refused(database: Database, save: Save, batch: Batch, refusal: Invalid) -> dict[int, Problem]:
    """The place of each refused row, with what is wrong. Raises the refusal itself when no single row is to blame."""
    found: dict[int, Problem] = {}
    parts = [(0, batch.rows)]
    while parts:
        start, rows = parts.pop()
        problem = _try(database, save, rows)
        if problem is None:
            continue
        if len(rows) == 1:
            found[start] = _problem(rows[0], problem)
            continue
        half = len(rows) // 2
        parts += [(start + half, rows[half:]), (start, rows[:half])]
    if not found:
        raise refusal
    return found


def _try(database: Database, save: Save, rows: Sequence[Good]) -> Invalid | None:
    def command(tx: Tx) -> None:
        save(tx, [row.draft for row in rows])
        raise _TakenBack

    try:
        database.write_now(command, Lane.BULK)
    except _TakenBack:
        return None
    except Invalid as problem:
        return problem
    return None


def _problem(row: Good, refusal: Invalid) -> Problem:
    field = next(iter(refusal.fields), "row")
    return Problem(row.line, field, refusal.sentence, row.draft.external_id[:VALUE_LENGTH_MAX])

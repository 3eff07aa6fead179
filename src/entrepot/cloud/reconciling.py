"""The reconciler: closes what a process left open that died in the middle of a call.

A tab that was left open is captured for the calls that were settled on it. Each attempt is classed by what is known of
it. A stream that was looked at is settled for what had come by then (`checkpointed`). One that was never looked at is
void: nobody pays for what cannot be shown. Its holds end either way, so no reserve outlives its process by more than a
round of this.

No clock of the day says that a process is gone, since any of them may jump. A process of this machine is asked for; one
of another machine says now and then that it is alive, and is given up when nothing was heard of a call of its for
`SILENT_S` of this process's own steady time.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from functools import partial
from typing import Any

import msgspec
from sqlalchemy import bindparam, select

from entrepot.kernel import Database, Prepared, Snapshot, TaskKind, TaskRun, Tx, is_dead, prepare

from . import tables
from .accounts import nano
from .requests import Request
from .settling import Settled, list_open_requests, lock_request, settle, void
from .tab_rows import Tab, list_open_tabs
from .tabs import close_left as close_left_tab
from .types import SHOP, Settings, UsageClass

RECONCILE = "cloud.reconcile"

SILENT_S = 900.0
"""A call of another machine's process that nothing was heard of for so long has been given up."""
FORGOTTEN_S = 120.0
"""A call of our own that nobody here works at any more: it is closed after so long."""

IsUnderWay = Callable[[str, int], bool]
"""Whether this process still works at an attempt, or keeps a tab open (of which the attempt is 0)."""
Sign = tuple[str, int, int | None]
"""A request and its attempt, or a tab and 0; and what changes as its process works at it."""


class Silence:
    """How long nothing was heard of an open call, by this process's own steady clock. Kept from round to round."""

    def __init__(self, steady: Callable[[], float] = time.monotonic) -> None:
        self._steady = steady
        self._heard: dict[tuple[str, int], tuple[int | None, float]] = {}

    def lasts_s(self, sign: Sign) -> float:
        """The seconds since this process first saw the call, or the tab, as it stands now."""
        key, seen, now = sign[:2], sign[2], self._steady()
        known = self._heard.get(key)
        if known is None or known[0] != seen:
            known = self._heard[key] = (seen, now)
        return now - known[1]

    def keep_only(self, signs: Iterable[Sign]) -> None:
        """Forget what is closed."""
        open_now = {sign[:2] for sign in signs}
        self._heard = {key: heard for key, heard in self._heard.items() if key in open_now}


def reconcile(
    database: Database, unit: str, holder: str = "", is_under_way: IsUnderWay = lambda request, attempt: True,
    silence: Silence | None = None,
) -> list[Settled]:  # fmt: skip
    """Close every attempt whose process is gone; returns how each ended. One transaction for each, so that what is
    wrong with one keeps no other open.

    `holder` is this process, whose calls are its own to settle while it works at them.
    """
    silence = silence or Silence()
    tabs, rows = database.read_now(lambda snapshot: (list_open_tabs(snapshot), list_open_requests(snapshot)))
    silence.keep_only([*map(_sign, tabs), *map(_sign, rows)])
    for tab in tabs:
        if _is_left(_sign(tab), tab.holder, holder, is_under_way, silence):
            database.write_now(partial(close_left_tab, tab=tab))
    left = [row for row in rows if _is_left(_sign(row), row.holder, holder, is_under_way, silence)]
    return [database.write_now(partial(close_left, row=row, unit=unit)) for row in left]


def close_left(tx: Tx, row: Request, unit: str) -> Settled:
    """Close one attempt by what was last seen of it; one that was closed meanwhile stays as it is."""
    seen = lock_request(tx, row.id, row.attempt).seen
    if not seen:
        return void(tx, row.id, row.attempt)
    maker = maker_of(tx, row.model)
    return settle(tx, row.id, row.attempt, seen, unit, outcome=UsageClass.CHECKPOINTED, maker=maker)


def _sign(what: Request | Tab) -> Sign:
    return (what.id, what.attempt, what.seen_at) if isinstance(what, Request) else (what.id, 0, what.spent)


def _is_left(sign: Sign, whose: str, holder: str, is_under_way: IsUnderWay, silence: Silence) -> bool:
    if whose == holder:
        return not is_under_way(*sign[:2]) and silence.lasts_s(sign) >= FORGOTTEN_S
    return is_dead(whose) or silence.lasts_s(sign) >= SILENT_S


class Reconcile(msgspec.Struct, frozen=True):
    """A round of the reconciler."""


def reconcile_task(
    settings: Settings, holder: str, is_under_way: IsUnderWay = lambda request, attempt: True
) -> TaskKind[Reconcile]:
    """The round as a task. `holder` is this process; `is_under_way` tells which calls it still works at."""
    silence = Silence()

    def act(run: TaskRun, _: Reconcile) -> None:
        reconcile(run.database, nano(settings.currency), holder, is_under_way, silence)

    return TaskKind(RECONCILE, Reconcile, act)


def maker_of(snapshot: Snapshot, name: str) -> str | None:
    """The organisation that earns a model's share, also of one that was withdrawn; None for the platform's own."""
    owner: str | None = snapshot.value(_owner, name=name)
    return None if owner == SHOP else owner


_m = tables.models.c
_owner: Prepared[Any] = prepare(
    select(_m.organisation).where(_m.name == bindparam("name")).order_by(_m.version.desc()).limit(1)
)

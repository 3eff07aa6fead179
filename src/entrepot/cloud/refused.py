"""Calls that were refused: counted in memory, written in bulk, so that a developer sees how many, why, and by what.

A refused call writes nothing of its own: whoever floods a used-up budget costs no commits by it. What a process counted
is written within a second or two, many refusals as one row; what was counted last when a process is killed is lost.
Nothing here is money.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any, Literal

import msgspec
from sqlalchemy import bindparam, delete

from entrepot.identity import Scope
from entrepot.kernel import DAY, HOUR, Kind, Prepared, Refused, Snapshot, Tx, prepare
from entrepot.kernel.sql import prepare_text

from . import tables
from .accounting import account_owner
from .admission import OutOfCredit, OverBudget
from .refusals import Busy, TooLong, UnknownModel
from .spending import UsageWish, days_of

KEPT = 90 * DAY
SAID_MAX = 300
MODEL_MAX = 100
ROWS_MAX = 100
"""So many rows an hour an organisation has of one process; the rest of an hour's refusals is told apart by its reason
alone, so that nobody fills the disk with models that do not exist."""

Reason = Literal[
    "budget", "credit", "pace", "busy", "key", "not_allowed", "model", "too_long", "invalid", "conflict", "unavailable"
]
_BY_TYPE: tuple[tuple[type[Refused], Reason], ...] = (
    (OverBudget, "budget"), (OutOfCredit, "credit"), (Busy, "busy"), (UnknownModel, "model"), (TooLong, "too_long"),
)  # fmt: skip
_BY_KIND: dict[Kind, Reason] = {
    Kind.TOO_MANY: "pace", Kind.NOT_SIGNED_IN: "key", Kind.NOT_ALLOWED: "not_allowed", Kind.CONFLICT: "conflict",
    Kind.UNAVAILABLE: "unavailable",
}  # fmt: skip


class RefusedCalls(msgspec.Struct, frozen=True):
    """Calls that were refused for one reason: whose (`caller`: a key's or a person's id), of which model, how many
    since the hour that began at `since`, what was said to the last of them, and when."""

    since: int
    caller: str
    model: str
    reason: Reason
    calls: int
    said: str
    last_at: int


_Key = tuple[str, int, str, str, str, str]


class Refusals:
    """What one process refused and has not written yet. Used from its event loop only."""

    def __init__(self) -> None:
        self.totals: Counter[str] = Counter()
        """By reason, since the process began."""
        self._rows: dict[_Key, tuple[int, str, int]] = {}
        self._known: dict[str, set[_Key]] = {}
        self._hour = 0

    def note(self, organisation: str, caller: str, model: str, refusal: Refused, now: int) -> None:
        """Count a call that was refused."""
        reason = reason_of(refusal)
        self.totals[reason] += 1
        key = self._key(organisation, caller, model[:MODEL_MAX], reason, _cause_of(refusal), now - now % HOUR)
        calls = self._rows.get(key, (0, "", 0))[0]
        self._rows[key] = (calls + 1, refusal.sentence[:SAID_MAX], now)

    def take(self) -> list[dict[str, Any]]:
        """The rows that wait to be written, in the order in which everybody locks them; they wait no more."""
        taken, self._rows = self._rows, {}
        return [dict(zip(_FIELDS, (*key, *counted), strict=True)) for key, counted in sorted(taken.items())]

    def give_back(self, rows: Iterable[dict[str, Any]]) -> None:
        """Have rows wait again that could not be written."""
        for row in rows:
            *key, calls, said, last_at = row.values()
            later = self._rows.get(tuple(key), (0, said, last_at))
            self._rows[tuple(key)] = (later[0] + calls, *later[1:])

    def _key(self, organisation: str, caller: str, model: str, reason: Reason, cause: str, hour: int) -> _Key:
        if hour != self._hour:
            self._hour, self._known = hour, {}
        known = self._known.setdefault(organisation, set())
        key = (organisation, hour, caller, model, reason, cause)
        if key not in known and len(known) >= ROWS_MAX:
            return (organisation, hour, "", "", reason, "")
        known.add(key)
        return key


def reason_of(refusal: Refused) -> Reason:
    """Why a call was refused, in a word."""
    for kind, reason in _BY_TYPE:
        if isinstance(refusal, kind):
            return reason
    return _BY_KIND.get(refusal.kind, "invalid")


def _cause_of(refusal: Refused) -> str:
    """What tells refusals for one reason apart: a budget's sentence names it, what is invalid has its place."""
    if isinstance(refusal, OverBudget):
        return refusal.sentence[:SAID_MAX]
    return next(iter(refusal.fields), "")[:MODEL_MAX]


def write_refused(tx: Tx, rows: Sequence[dict[str, Any]]) -> None:
    """Add what a process refused to what is there."""
    tx.run_many(_add, rows)


def list_refused(snapshot: Snapshot, scope: Scope, wish: UsageWish) -> list[RefusedCalls]:
    """The caller's calls that were refused, those of each cause together, the latest first."""
    since, until = days_of(snapshot.now, wish)
    rows = snapshot.all(_list, owner=account_owner(scope), since=since, until=until, model=wish.model, caller=wish.key)
    return [
        RefusedCalls(begun, caller, model, reason, int(calls), said, last_at)  # a sum is a decimal to PostgreSQL
        for begun, caller, model, reason, calls, said, last_at in rows
    ]


def count_refused(snapshot: Snapshot, scope: Scope, since: int) -> int:
    """How many of the caller's calls were refused since then, to the hour."""
    return int(snapshot.value(_count, owner=account_owner(scope), since=since - since % HOUR) or 0)


def forget_refused(tx: Tx) -> int:
    """Drop what is older than `KEPT`. Returns how many rows."""
    return tx.run(_forget, before_=tx.now - KEPT)


_FIELDS = ("organisation", "hour", "caller", "model", "reason", "cause", "calls", "said", "last_at")
_add: Prepared[Any] = prepare_text(
    f"INSERT INTO cloud_refused ({', '.join(_FIELDS)}) VALUES ({', '.join(':' + each for each in _FIELDS)}) "
    "ON CONFLICT (organisation, hour, caller, model, reason, cause) DO UPDATE SET "
    "calls = cloud_refused.calls + excluded.calls, said = excluded.said, last_at = excluded.last_at"
)
_OF = "FROM cloud_refused WHERE organisation = :owner AND hour >= :since"
_TOGETHER = "OVER (PARTITION BY caller, model, reason, cause)"
_LATEST = _TOGETHER.replace(")", " ORDER BY last_at DESC)")
_list: Prepared[Any] = prepare_text(
    "SELECT begun, caller, model, reason, together, said, last_at FROM ("
    f"SELECT MIN(hour) {_TOGETHER} AS begun, caller, model, reason, SUM(calls) {_TOGETHER} AS together, said, last_at, "
    f"ROW_NUMBER() {_LATEST} AS place {_OF} AND hour < :until AND (:model = '' OR model = :model) "
    "AND (:caller = '' OR caller = :caller)) refused WHERE place = 1 ORDER BY last_at DESC, said LIMIT 100"
)
_count: Prepared[Any] = prepare_text(f"SELECT SUM(calls) AS calls {_OF}")
_f = tables.refused.c
_forget: Prepared[Any] = prepare(delete(tables.refused).where(_f.hour < bindparam("before_")))

"""What comes by the clock: orders nobody paid, sales nobody objected to, answers nobody gave. Each is a command."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import msgspec

from entrepot.kernel import Scheduled, TaskKind, TaskRun, Tx

from .cancellation import cancel_unsent, list_unsent
from .dispute_rows import list_lost, list_unanswered
from .disputes import open_by_time, take_to_review
from .fulfilment import complete_if_due, list_due
from .payment import expire_if_due, list_unpaid
from .return_rows import list_due_returns
from .returns import settle_due_return

EXPIRE, AUTO_CONFIRM = "orders.expire", "orders.auto_confirm"
CANCEL_UNSENT, DUE_RETURNS, DUE_DISPUTES = "orders.cancel_unsent", "orders.due_returns", "orders.due_disputes"
EXPIRE_EVERY_S, AUTO_CONFIRM_EVERY_S, ANSWERS_EVERY_S = 30, 300, 600
BATCH = 200


class Expire(msgspec.Struct, frozen=True):
    """Give up every order whose time to pay is over."""


class AutoConfirm(msgspec.Struct, frozen=True):
    """Complete every delivered seller order whose days to object are over."""


class CancelUnsent(msgspec.Struct, frozen=True):
    """Cancel what merchants have not sent in time."""


class DueReturns(msgspec.Struct, frozen=True):
    """Decide every return whose days are over."""


class DueDisputes(msgspec.Struct, frozen=True):
    """Pass on every dispute that nobody answered; open one for every parcel that never came."""


def _for_each(run: TaskRun, list_ids: Callable[..., list[str]], command: Callable[[Tx, str], object]) -> None:
    """Run a command for each of these ids, in the order of the ids. One that fails does not stop the others."""
    after, failure = "", None
    while not run.closing:
        page = partial(list_ids, after=after, most=BATCH)
        ids = run.database.read_now(page)
        answers = [run.database.submit(partial(_command, command, each)) for each in ids]
        failure = next((error for answer in answers if (error := answer.exception())), failure)
        if len(ids) < BATCH:
            break
        after = ids[-1]
    if failure is not None:
        raise failure


def _command(command: Callable[[Tx, str], object], each: str, tx: Tx) -> None:
    command(tx, each)


def _expire(run: TaskRun, body: Expire) -> None:
    _for_each(run, list_unpaid, expire_if_due)


def _auto_confirm(run: TaskRun, body: AutoConfirm) -> None:
    _for_each(run, list_due, complete_if_due)


def _cancel_unsent(run: TaskRun, body: CancelUnsent) -> None:
    _for_each(run, list_unsent, cancel_unsent)


def _returns(run: TaskRun, body: DueReturns) -> None:
    _for_each(run, list_due_returns, settle_due_return)


def _disputes(run: TaskRun, body: DueDisputes) -> None:
    _for_each(run, list_lost, open_by_time)
    _for_each(run, list_unanswered, take_to_review)


TASKS = (
    TaskKind(EXPIRE, Expire, _expire),
    TaskKind(AUTO_CONFIRM, AutoConfirm, _auto_confirm),
    TaskKind(CANCEL_UNSENT, CancelUnsent, _cancel_unsent),
    TaskKind(DUE_RETURNS, DueReturns, _returns),
    TaskKind(DUE_DISPUTES, DueDisputes, _disputes),
)
SCHEDULE = (
    Scheduled(EXPIRE, Expire(), EXPIRE_EVERY_S),
    Scheduled(AUTO_CONFIRM, AutoConfirm(), AUTO_CONFIRM_EVERY_S),
    Scheduled(CANCEL_UNSENT, CancelUnsent(), ANSWERS_EVERY_S),
    Scheduled(DUE_RETURNS, DueReturns(), ANSWERS_EVERY_S),
    Scheduled(DUE_DISPUTES, DueDisputes(), ANSWERS_EVERY_S),
)

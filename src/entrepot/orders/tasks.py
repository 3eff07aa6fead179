"""What comes by the clock: orders that nobody paid, and sales that nobody objected to. Each is a command of its own."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import msgspec

from entrepot.kernel import Scheduled, TaskKind, TaskRun, Tx

from .fulfilment import complete_if_due, list_due
from .payment import expire_if_due, list_unpaid

EXPIRE, AUTO_CONFIRM = "orders.expire", "orders.auto_confirm"
EXPIRE_EVERY_S, AUTO_CONFIRM_EVERY_S = 30, 300
BATCH = 200


class Expire(msgspec.Struct, frozen=True):
    """Give up every order whose time to pay is over."""


class AutoConfirm(msgspec.Struct, frozen=True):
    """Complete every delivered seller order whose days to object are over."""


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


TASKS = (TaskKind(EXPIRE, Expire, _expire), TaskKind(AUTO_CONFIRM, AutoConfirm, _auto_confirm))
SCHEDULE = (
    Scheduled(EXPIRE, Expire(), EXPIRE_EVERY_S),
    Scheduled(AUTO_CONFIRM, AutoConfirm(), AUTO_CONFIRM_EVERY_S),
)

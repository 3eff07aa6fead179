"""Admission: a call is let in, or refused, at one moment.

In one transaction: how fast the organisation calls, which prices hold, what the call can cost at most, a hold of that
from its credit and from each budget it counts against, and the row of the request. Calls at once wait at the
organisation's row, so no two can both take the last of a budget; the ledger's floors stand behind it. Calls that come
while others are being let in are let in together (`rounds`), each by what those before it left.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from sqlalchemy import bindparam, update

from entrepot import ledger
from entrepot.kernel import (
    Again,
    Conflict,
    NotFound,
    NotSignedIn,
    Prepared,
    Refused,
    Tx,
    prepare,
    to_json,
)

from . import accounts, budgets, tables
from .asks import Ask
from .customers import Customer, Limits, next_rate, rate_rows
from .grounds import Facts, Grounds, Known, read_grounds
from .meters import get_meter
from .rating import PriceBook, rate, total_of
from .refusals import UnknownModel
from .requests import NEW_REQUESTS, Request, hold_id, open_request, row_of
from .showing import show_day


class OutOfCredit(Conflict):
    """The organisation's credit does not cover what the call could cost."""


class OverBudget(Conflict):
    """A budget does not cover what the call could cost."""


class KeyRevoked(NotSignedIn):
    """The key that asks has been revoked since it was looked up."""


class VersionGone(UnknownModel):
    """The version that was to answer is no longer what its name means, since it was looked up."""


class LetInBefore(Conflict):
    """Somebody else let this very attempt in: its answer, or what becomes of it, is theirs."""


TWICE = "This call was let in before: each has an id of its own"


class Admitted(msgspec.Struct, frozen=True):
    """A call that was let in: what is held for it, in nano units, the prices it will be rated by, and the owners of the
    budgets' accounts that hold for it too."""

    request: str
    attempt: int
    held: int
    book: PriceBook
    budgets: tuple[str, ...] = ()


class Admissions(msgspec.Struct):
    """What was decided on calls of one organisation, before anything is written: a verdict on each, in their order,
    what to post and to write for those let in, and the room that is left (None: nothing asked for any)."""

    customer: Customer
    verdicts: list[Admitted | Refused] = msgspec.field(default_factory=list)
    plan: ledger.Plan = ledger.Plan()
    requests: list[Request] = msgspec.field(default_factory=list)
    room: Room | None = None


def admit(tx: Tx, ask: Ask, unit: str, holder: str, limits: Limits) -> Admitted:
    """Let a call in and hold the most it can cost.

    `holder` is the process that will serve it. TooMany when it comes too fast, NotFound for a model without a price,
    OutOfCredit and OverBudget with what is missing. A refused call leaves nothing behind.
    """
    grounds, _ = read_grounds(tx, ask.organisation, [ask], limits)
    admissions = plan_admissions(tx, grounds, [ask], unit, holder)
    verdict = admissions.verdicts[0]
    if isinstance(verdict, Refused):
        raise verdict
    post_or_again(tx, admissions.plan)
    write_admissions(tx, admissions, grounds.customer)
    return verdict


def plan_admissions(
    tx: Tx, grounds: Grounds, asks: Sequence[Ask], unit: str, holder: str, freed: Mapping[str, int] | None = None,
    known: Known | None = None,
) -> Admissions:  # fmt: skip
    """Decide on calls of one organisation, one after the other: each takes from what the ones before it left.

    `freed` is what accounts gain, by their ids, from what is settled in the same plan; `known` what was read of credit
    and budgets before. The plan is to be posted, and the rows written, in this transaction.
    """
    customer = grounds.customer
    for ask in asks:
        assert ask.limits, "a call uses something"
        assert ask.organisation == customer.organisation, "one organisation's"
        for meter in ask.limits:
            get_meter(meter)
    most = [most_of(grounds.book(ask), ask) for ask in asks]
    keys = {ask.key_id for ask, held in zip(asks, most, strict=True) if held}
    chosen = [each for each in grounds.budgets if each.key_id is None or each.key_id in keys]
    credit = accounts.compute(customer.organisation, unit)
    room = Room(tx, credit, chosen, freed or {}, known or Known()) if keys else None
    admissions = Admissions(customer, plan=room.filling if room else ledger.Plan(), room=room)
    steps: list[ledger.Step] = []
    for ask, held in zip(asks, most, strict=True):
        try:
            check_grounds(grounds, ask)
            steps += _let_in(admissions, room, ask, grounds.book(ask), held, holder, tx.now)
        except Refused as refusal:
            admissions.verdicts.append(refusal)
    admissions.plan += ledger.Plan(tuple(steps))
    return admissions


def check_grounds(grounds: Facts, ask: Ask) -> None:
    """Refuse a call whose key was revoked, or whose version withdrawn, since they were looked up."""
    if ask.checks_key and ask.key_id not in grounds.keys:
        raise KeyRevoked("This API key is not known here, or was revoked: write Authorization: Bearer and the key")
    if ask.version is not None and grounds.versions[ask.asked_as] != ask.version:
        raise VersionGone(f"There is no model {ask.model!r} here any more: GET /v1/models lists those there are")


def write_admissions(tx: Tx, admissions: Admissions, before: Customer) -> None:
    """Write the rows of the calls that were let in, and how fast they came, where that is not as `before`. LetInBefore
    when one is there already."""
    tx.send_new((NEW_REQUESTS, [row_of(each) for each in admissions.requests], LetInBefore(TWICE)))
    tx.send_all(rate_rows(admissions.customer if admissions.customer != before else None))


def post_or_again(tx: Tx, plan: ledger.Plan, found: ledger.Found | None = None) -> None:
    """Post what was decided; when another process took meanwhile what was counted on, decide again."""
    try:
        ledger.post(tx, plan, found)
    except ledger.Insufficient as problem:
        raise Again("another process took from the same credit or budget") from problem


def checkpoint(tx: Tx, request: str, attempt: int, seen: Mapping[str, int]) -> None:
    """Note what a stream has used so far: what it is settled for should its process die."""
    tx.run(_seen, id_=request, attempt_=attempt, seen_=to_json(dict(seen)), now_=tx.now)


class Room:
    """What can still be held on an organisation's credit and in its budgets, as one call after another takes of it."""

    def __init__(
        self, tx: Tx, credit: ledger.Account, chosen: Sequence[budgets.Budget], freed: Mapping[str, int], known: Known
    ) -> None:
        funded, self.filling = budgets.fund(tx, chosen, known.funded_of(chosen), freed)
        self._now = tx.now
        self.credit = credit
        self.budgets = list(zip(chosen, funded, strict=True))
        self.left = known.available(tx, [credit, *funded])
        for step in self.filling:
            assert isinstance(step, ledger.Move), "a budget is filled by moves"
            for account, by in ((step.credit, step.amount), (step.debit, -step.amount)):
                if account.id in self.left:
                    self.left[account.id] += by
        for name, by in freed.items():
            if name in self.left:
                self.left[name] += by

    def take(self, ask: Ask, held: int) -> list[ledger.Account]:
        """Take what a call holds from the credit and from every budget that counts it; returns the budgets' accounts.
        OutOfCredit or OverBudget, and nothing taken, when it does not fit."""
        if self.left[self.credit.id] < held:
            raise OutOfCredit(
                "The credit left does not cover what this could cost: add credit, or ask for fewer tokens"
            )
        bounded = [(each, account) for each, account in self.budgets if each.key_id in (None, ask.key_id)]
        for each, account in bounded:
            if self.left[account.id] < held:
                raise _over(each, self._now)
        taken = [account for _, account in bounded]
        for account in (self.credit, *taken):
            self.left[account.id] -= held
        return taken


def _over(budget: budgets.Budget, now: int) -> OverBudget:
    again = budget.renews_at(now)
    if again is None:
        return OverBudget(
            f"The budget {budget.name!r} does not cover what this could cost: raise it, or ask for fewer tokens"
        )
    return OverBudget(
        f"The budget {budget.name!r} does not cover what this could cost: raise it, wait until it begins anew on "
        f"{show_day(again)} (UTC), or ask for fewer tokens"
    )


def most_of(book: PriceBook | None, ask: Ask) -> int:
    """The most that a call can cost."""
    return 0 if book is None else total_of(rate(book, ask.limits))


def _let_in(
    admissions: Admissions, room: Room | None, ask: Ask, book: PriceBook | None, held: int, holder: str, now: int
) -> Sequence[ledger.Step]:
    """Let one call in, or refuse it: by its pace, by its model's price, by what is left to hold. Returns its holds."""
    customer = next_rate(admissions.customer, sum(ask.limits.values()), now)
    if book is None:
        raise NotFound(f"The model {ask.model} is not for sale here: look at the list of models")
    bounded: list[ledger.Account] = []
    steps: Sequence[ledger.Step] = ()
    if held:
        assert room is not None, "who holds something has room to hold it in"
        bounded = room.take(ask, held)
        steps = holds_for(ask, room.credit, bounded, held)
    admissions.customer = customer
    owners = tuple(account.owner for account in bounded)
    admissions.verdicts.append(Admitted(ask.request, ask.attempt, held, book, owners))
    admissions.requests.append(open_request(ask, book, held, owners, holder, now))
    return steps


def holds_for(ask: Ask, credit: ledger.Account, bounded: Sequence[ledger.Account], held: int) -> Sequence[ledger.Step]:
    """What a call holds of its organisation's credit, and of each budget's account that counts it."""
    return _holds(ask.request, ask.attempt, credit, bounded, held)


def holds_for_request(request: Request, credit: ledger.Account) -> Sequence[ledger.Step]:
    """The same of a call by its row."""
    bounded = [accounts.budget(owner) for owner in request.budgets]
    return _holds(request.id, request.attempt, credit, bounded, request.held) if request.held else ()


def _holds(
    request: str, attempt: int, credit: ledger.Account, bounded: Sequence[ledger.Account], held: int
) -> Sequence[ledger.Step]:
    earned, used, code = accounts.earned(credit.unit), accounts.budget_used(), accounts.RESERVE
    return [ledger.Hold(hold_id(request, attempt), credit, earned, held, code, request)] + [
        ledger.Hold(hold_id(request, attempt, each.owner), each, used, held, code, request) for each in bounded
    ]


_r = tables.requests.c
_seen: Prepared[Any] = prepare(
    update(tables.requests)
    .where(_r.id == bindparam("id_"), _r.attempt == bindparam("attempt_"), _r.state == "open")
    .values(seen=bindparam("seen_"), seen_at=bindparam("now_"))
)

"""The desk: where the calls of one process wait to be let in and settled, a round at a time for each organisation.

What is to be ended is never dropped. A round that fails as a whole (the disk is full, the database does not answer) is
tried again by each of its calls alone: those that ask are told, those that end are owed, and tried again until they are
settled. What is owed when the process dies is the reconciler's.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from contextlib import suppress
from functools import partial
from typing import Any

import structlog

from entrepot.kernel import Conflict, Database, NotFound, Refused, Tx

from ..admission import Admitted
from ..asks import Ask
from ..budgets import Budget
from ..customers import Limits
from ..rounds import Held, hold_round
from ..settling import Ending, Settled

ROUND_MAX = 128
REMEMBERED_MAX = 1_000
RETRY_S = (0.2, 1.0, 5.0, 15.0)
"""The pauses before what is owed is tried again; the last one from then on."""

log = structlog.get_logger(__name__)


class _Wish:
    """A call that waits for its round, and where its verdict goes."""

    __slots__ = ("answer", "organisation", "what")

    def __init__(self, organisation: str, what: Ask | Ending, answer: asyncio.Future[Any]) -> None:
        self.organisation = organisation
        self.what = what
        self.answer = answer

    def tell(self, verdict: object) -> None:
        """Answer it, unless whoever asked has gone."""
        if self.answer.done():
            return
        if isinstance(verdict, BaseException):
            self.answer.set_exception(verdict)
        else:
            self.answer.set_result(verdict)


class Desk:
    """The rounds of one process. Used from its event loop only."""

    def __init__(self, database: Database, unit: str, holder: str, limits: Limits) -> None:
        self._database = database
        self._unit = unit
        self._holder = holder
        self._limits = limits
        self._waiting: dict[str, list[_Wish]] = {}
        self._budgets: dict[str, Sequence[Budget]] = {}
        self._busy: set[str] = set()
        self._owed: dict[tuple[str, int], tuple[str, Ending]] = {}
        self._ending: set[asyncio.Future[Settled]] = set()
        self._paying: asyncio.Task[None] | None = None
        self._under_way: set[tuple[str, int]] = set()

    @property
    def owed(self) -> int:
        """How many attempts could not be settled yet."""
        return len(self._owed)

    def is_under_way(self, request: str, attempt: int) -> bool:
        """Whether this process still works at an attempt, or has to settle it. May be asked from any thread."""
        return (request, attempt) in self._under_way

    async def admit(self, ask: Ask) -> Admitted:
        """Let a call in, or raise why not. When the caller goes away meanwhile, what was let in is void."""
        key = (ask.request, ask.attempt)
        self._under_way.add(key)
        answer: asyncio.Future[Admitted] = self._put(ask.organisation, ask)
        try:
            return await answer
        except asyncio.CancelledError:
            # Mostly the round finds the answer cancelled, and gives back what was held. But who leaves in the very
            # moment in which the answer has come leaves it lying there.
            if answer.done() and not answer.cancelled():
                self._undo(ask, answer.exception() or answer.result())
            raise
        except BaseException:
            self._under_way.discard(key)
            raise

    async def settle(self, organisation: str, ending: Ending) -> Settled:
        """Settle an attempt; returns once that is durable. What cannot be settled is raised, and is still to be ended:
        `leave` it."""
        answer: asyncio.Future[Settled] = self._put(organisation, ending)
        settled = await asyncio.shield(answer)
        self._under_way.discard((ending.request, ending.attempt))
        return settled

    def leave(self, organisation: str, ending: Ending) -> None:
        """Have an attempt ended, soon and surely, without waiting for it."""
        answer = self._put(organisation, ending)
        self._ending.add(answer)
        answer.add_done_callback(partial(self._left, organisation, ending))

    async def close(self) -> None:
        """End what is to be ended; what cannot be is left to the reconciler."""
        if self._paying is not None:
            self._paying.cancel()
        while self._ending:
            await asyncio.wait(list(self._ending))
            await asyncio.sleep(0)  # what is done tells `_left` on the next turn of the loop
        await self._pay()
        if self._owed:
            log.error("calls could not be settled; the reconciler of the next start closes them", calls=len(self._owed))

    # --- rounds

    def _put(self, organisation: str, what: Ask | Ending) -> asyncio.Future[Any]:
        answer: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self._waiting.setdefault(organisation, []).append(_Wish(organisation, what, answer))
        self._next(organisation)
        return answer

    def _next(self, organisation: str) -> None:
        """Begin the organisation's next round, when none is under way and somebody waits."""
        if organisation in self._busy:
            return
        waiting = self._waiting.pop(organisation, [])
        wishes, rest = waiting[:ROUND_MAX], waiting[ROUND_MAX:]
        if rest:
            self._waiting[organisation] = rest
        wishes = [each for each in wishes if not self._has_gone(each)]
        if wishes:
            self._busy.add(organisation)
            self._hold(wishes, self._held)

    def _has_gone(self, wish: _Wish) -> bool:
        """Whether whoever asked to be let in went away before it was their turn: nothing happened yet."""
        if isinstance(wish.what, Ask) and wish.answer.cancelled():
            self._under_way.discard((wish.what.request, wish.what.attempt))
            return True
        return False

    def _hold(self, wishes: Sequence[_Wish], then: Callable[[Sequence[_Wish], Future[Held]], None]) -> None:
        asks = [each.what for each in wishes if isinstance(each.what, Ask)]
        endings = [each.what for each in wishes if isinstance(each.what, Ending)]
        organisation = wishes[0].organisation
        budgets = self._budgets.get(organisation, ())

        def act(tx: Tx) -> Held:
            return hold_round(tx, organisation, asks, endings, self._unit, self._holder, self._limits, budgets)

        loop = asyncio.get_running_loop()

        def tell(held: Future[Held]) -> None:
            with suppress(RuntimeError):  # the loop ended before its desk was closed: the reconciler's
                loop.call_soon_threadsafe(then, wishes, held)

        self._database.submit(act).add_done_callback(tell)

    def _held(self, wishes: Sequence[_Wish], held: Future[Held]) -> None:
        """A round has ended: tell everybody, and begin the next."""
        organisation = wishes[0].organisation
        if held.exception() is not None and len(wishes) > 1:
            self._one_by_one(list(wishes), organisation)
            return
        self._tell(wishes, held)
        self._busy.discard(organisation)
        self._next(organisation)

    def _one_by_one(self, wishes: list[_Wish], organisation: str) -> None:
        """A round failed as a whole, perhaps by one of its calls: each is tried alone."""
        if not wishes:
            self._busy.discard(organisation)
            self._next(organisation)
            return

        def then(alone: Sequence[_Wish], held: Future[Held]) -> None:
            self._tell(alone, held)
            self._one_by_one(wishes[1:], organisation)

        self._hold(wishes[:1], then)

    def _tell(self, wishes: Sequence[_Wish], held: Future[Held]) -> None:
        problem = held.exception()
        if problem is not None:
            for wish in wishes:
                self._give(wish, problem)
            return
        if (budgets := held.result().budgets) is not None:
            self._remember(wishes[0].organisation, budgets)
        verdicts, settled = iter(held.result().verdicts), iter(held.result().settled)
        for wish in wishes:
            self._give(wish, next(verdicts) if isinstance(wish.what, Ask) else next(settled))

    def _remember(self, organisation: str, budgets: Sequence[Budget]) -> None:
        """Keep in mind which budgets an organisation has, so that its next round asks for them early."""
        self._budgets.pop(organisation, None)
        if budgets:
            self._budgets[organisation] = budgets
        if len(self._budgets) > REMEMBERED_MAX:
            del self._budgets[next(iter(self._budgets))]

    def _give(self, wish: _Wish, verdict: object) -> None:
        if isinstance(wish.what, Ask) and wish.answer.cancelled():
            self._undo(wish.what, verdict)
        wish.tell(verdict)

    def _undo(self, ask: Ask, verdict: object) -> None:
        """Whoever asked has gone: what was let in is void, what was refused is over."""
        if isinstance(verdict, Admitted):
            void = Ending(verdict.request, verdict.attempt, None, book=verdict.book, budgets=verdict.budgets)
            self.leave(ask.organisation, void)
        else:
            self._under_way.discard((ask.request, ask.attempt))

    # --- what is owed

    def _left(self, organisation: str, ending: Ending, answer: asyncio.Future[Settled]) -> None:
        self._ending.discard(answer)
        key = (ending.request, ending.attempt)
        problem = answer.exception()
        if problem is None:
            self._under_way.discard(key)
            return
        if isinstance(problem, NotFound | Conflict):  # trying again cannot help: the proofs name it
            self._under_way.discard(key)
            log.error("a call cannot be settled", request=ending.request, attempt=ending.attempt, exc_info=problem)
            return
        self._owed[key] = (organisation, ending)
        if self._paying is None or self._paying.done():
            self._paying = asyncio.ensure_future(self._pay_later())
        log.warning("a call waits to be settled", request=ending.request, reason=_reason(problem))

    async def _pay_later(self) -> None:
        tries = 0
        while self._owed:
            await asyncio.sleep(RETRY_S[min(tries, len(RETRY_S) - 1)])
            tries += 1
            await self._pay()

    async def _pay(self) -> None:
        """Try once more to settle what is owed."""
        for key, (organisation, ending) in list(self._owed.items()):
            try:
                await self._put(organisation, ending)
            except Exception as problem:
                log.warning("a call still waits to be settled", request=ending.request, reason=_reason(problem))
                return
            self._owed.pop(key, None)
            self._under_way.discard(key)


def _reason(problem: BaseException) -> str:
    return problem.sentence if isinstance(problem, Refused) else repr(problem)

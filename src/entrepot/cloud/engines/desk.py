"""The desk: where the calls of one process wait to be let in and settled, a round at a time for each organisation.

Calls that follow each other are let in on a tab, where one is open for them (`tabs`): after a look at what else decides
on them, without a round. A tab lives for a second. What can be held by a tab only, and is refused to somebody, is asked
for again once the tab is closed.

What is to be ended is never dropped. A round that fails as a whole (the disk is full, the database does not answer) is
tried again by each of its calls alone: those that ask are told, those that end are owed, and tried again until they are
settled. What is owed when the process dies is the reconciler's.
"""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from contextlib import suppress
from functools import partial
from typing import Any

import structlog

from entrepot.kernel import Conflict, Database, NotFound, Refused, TooMany

from ..admission import Admitted, OutOfCredit, OverBudget, check_grounds, most_of
from ..asks import Ask
from ..budgets import Budget
from ..customers import Limits
from ..grounds import Facts
from ..rounds import Held, Round, hold_round
from ..settling import Ending, Settled
from ..tabs import Opened
from .looking import Looking
from .tabs import OpenTab, OpenTabs

ROUND_MAX = 128
REMEMBERED_MAX = 1_000
ASKED_AGAIN_MAX = 8
ASKED_AGAIN_S = 0.25
"""So often, and with such pauses, somebody is asked for again who was refused what the tabs of others may give back."""
RETRY_S = (0.2, 1.0, 5.0, 15.0)
"""The pauses before what is owed is tried again; the last one from then on."""

log = structlog.get_logger(__name__)


class _Wish:
    """A call that waits for its round, or a tab that is to be closed, and where its verdict goes."""

    __slots__ = ("answer", "asked_again", "organisation", "what")

    def __init__(self, organisation: str, what: Ask | Ending | OpenTab, answer: asyncio.Future[Any]) -> None:
        self.organisation = organisation
        self.what = what
        self.answer = answer
        self.asked_again = 0

    def tell(self, verdict: object) -> None:
        """Answer it, unless whoever asked has gone."""
        if self.answer.done():
            return
        if isinstance(verdict, BaseException):
            self.answer.set_exception(verdict)
        else:
            self.answer.set_result(verdict)


class Desk:
    """The rounds of one process, and its tabs, each open for `tab_s` seconds (0: none is opened). Used from its event
    loop only."""

    def __init__(self, database: Database, unit: str, holder: str, limits: Limits, tab_s: float = 0) -> None:
        self._database = database
        self._unit = unit
        self._holder = holder
        self._limits = limits
        self._tab_s = tab_s
        self._tabs = OpenTabs()
        self._looking = Looking(database)
        self._asked: dict[str, float] = {}
        self._is_closed = False
        self._waiting: dict[str, list[_Wish]] = {}
        self._budgets: dict[str, Sequence[Budget]] = {}
        self._busy: set[str] = set()
        self._owed: dict[tuple[str, int], tuple[str, Ending]] = {}
        self._ending: set[asyncio.Future[Settled]] = set()
        self._paying: asyncio.Task[None] | None = None
        self._under_way: set[tuple[str, int]] = set()
        self._doubtful: set[tuple[str, int]] = set()
        """Attempts whose rows may have been written though we were told that it failed."""

    @property
    def owed(self) -> int:
        """How many attempts could not be settled yet."""
        return len(self._owed)

    def is_under_way(self, request: str, attempt: int) -> bool:
        """Whether this process still works at an attempt, or has to settle it. May be asked from any thread."""
        return (request, attempt) in self._under_way

    async def admit(self, ask: Ask) -> Admitted:
        """Let a call in, or raise why not. When the caller goes away meanwhile, what was let in is void."""
        self._under_way.add((ask.request, ask.attempt))
        return await self._by_tab(ask) or await self._by_round(ask)

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
        """End what is to be ended, and close every tab; what cannot be is left to the reconciler."""
        self._is_closed = True
        if self._paying is not None:
            self._paying.cancel()
        while self._ending:
            await asyncio.wait(list(self._ending))
            await asyncio.sleep(0)  # what is done tells `_left` on the next turn of the loop
        await self._pay()
        closing = [self._put(tab.tab.organisation, tab) for tab in self._tabs.all()]
        await asyncio.gather(*closing, return_exceptions=True)
        if self._owed:
            log.error("calls could not be settled; the reconciler of the next start closes them", calls=len(self._owed))

    # --- tabs

    async def _by_tab(self, ask: Ask) -> Admitted | None:
        """Let a call in on a tab that is open for it; None where a round has to decide."""
        if not self._tabs.of(ask.organisation):
            return None
        key = (ask.request, ask.attempt)
        try:
            now, facts = await self._looking.find(ask)
        except BaseException:
            self._under_way.discard(key)
            raise
        book = facts.book(ask)
        tab = self._tabs.find(ask.organisation, facts.bounds(ask.key_id, now))
        if tab is None or book is None or not _stands(facts, ask):
            return None
        self._asked[ask.organisation] = time.monotonic()
        return tab.take(ask, book, most_of(book, ask), now)

    def _follows(self, organisation: str, asks: Sequence[Ask]) -> bool:
        """Whether calls of this organisation follow each other, so that a tab is worth opening."""
        now, before = time.monotonic(), self._asked.pop(organisation, -math.inf)
        self._asked[organisation] = now
        if len(self._asked) > REMEMBERED_MAX:
            del self._asked[next(iter(self._asked))]
        return self._tab_s > 0 and (len(asks) > 1 or now - before < self._tab_s)

    def _open(self, opened: Opened) -> None:
        tab = self._tabs.add(opened)
        self._under_way.add((opened.tab.id, 0))
        asyncio.get_running_loop().call_later(self._tab_s, self._end_tab, tab)

    def _end_tab(self, tab: OpenTab) -> None:
        """Let nobody in on a tab any more, and have it closed, until it is."""
        tab.is_over = True
        if tab in self._tabs.of(tab.tab.organisation):
            self._put(tab.tab.organisation, tab).add_done_callback(partial(self._tab_ended, tab))

    def _tab_ended(self, tab: OpenTab, answer: asyncio.Future[None]) -> None:
        if answer.cancelled() or (problem := answer.exception()) is None or self._is_closed:
            return
        log.warning("a tab waits to be closed", tab=tab.tab.id, reason=_reason(problem))
        asyncio.get_running_loop().call_later(RETRY_S[1], self._end_tab, tab)

    def _has_closed(self, tab: OpenTab) -> None:
        self._tabs.remove(tab)
        self._under_way.discard((tab.tab.id, 0))

    # --- rounds

    async def _by_round(self, ask: Ask) -> Admitted:
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
            self._under_way.discard((ask.request, ask.attempt))
            raise

    def _put(self, organisation: str, what: Ask | Ending | OpenTab) -> asyncio.Future[Any]:
        answer: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self._wait(_Wish(organisation, what, answer))
        return answer

    def _wait(self, wish: _Wish) -> None:
        self._waiting.setdefault(wish.organisation, []).append(wish)
        self._next(wish.organisation)

    def _next(self, organisation: str) -> None:
        """Begin the organisation's next round, when none is under way and somebody waits."""
        if organisation in self._busy:
            return
        waiting = [each for each in self._waiting.pop(organisation, []) if not self._has_gone(each)]
        wishes, rest = self._choose(organisation, waiting)
        if rest:
            self._waiting[organisation] = rest
        if wishes:
            self._busy.add(organisation)
            self._hold(wishes, self._held)

    def _choose(self, organisation: str, waiting: Sequence[_Wish]) -> tuple[list[_Wish], list[_Wish]]:
        """Who is in the next round, and who waits for the one after it: no call ends on a tab that is closed in the
        same round; it ends by its own row then."""
        closing = self._closing(organisation, waiting[:ROUND_MAX])
        wishes, rest = list[_Wish](), list(waiting[ROUND_MAX:])
        for each in waiting[:ROUND_MAX]:
            on_tab = isinstance(each.what, Ending) and self._tabs.on_which(organisation, _key(each.what))
            (rest if on_tab in closing else wishes).append(each)
        return wishes, rest

    def _closing(self, organisation: str, wishes: Sequence[_Wish]) -> list[OpenTab]:
        """The tabs that a round closes: those that are to be closed, and when somebody asks all that are over."""
        asked = any(isinstance(each.what, Ask) for each in wishes)
        wanted = [each.what for each in wishes if isinstance(each.what, OpenTab)]
        return [each for each in self._tabs.of(organisation) if each in wanted or (asked and each.is_over)]

    def _has_gone(self, wish: _Wish) -> bool:
        """Whether there is nothing to be done any more: whoever asked went away before it was their turn, or the tab
        was closed meanwhile."""
        if isinstance(wish.what, Ask) and wish.answer.cancelled():
            self._under_way.discard(_key(wish.what))
            return True
        if isinstance(wish.what, OpenTab) and wish.what not in self._tabs.of(wish.organisation):
            wish.tell(None)
            return True
        return False

    def _hold(
        self, wishes: Sequence[_Wish], then: Callable[[Sequence[_Wish], Sequence[OpenTab], Future[Held]], None]
    ) -> None:
        organisation = wishes[0].organisation
        asks = [each.what for each in wishes if isinstance(each.what, Ask)]
        endings = [each.what for each in wishes if isinstance(each.what, Ending)]
        on_tabs = [self._tabs.on_tab(organisation, each) for each in endings]
        closing = self._closing(organisation, wishes)
        wanted = Round(
            organisation, asks, [each for each, on in zip(endings, on_tabs, strict=True) if on is None],
            [on for on in on_tabs if on is not None], [each.closing() for each in closing],
            self._budgets.get(organisation, ()), bool(asks) and self._follows(organisation, asks),
            [each.bounds for each in self._tabs.of(organisation) if not each.is_over],
            not self._doubtful.isdisjoint(map(_key, endings)),
        )  # fmt: skip
        loop = asyncio.get_running_loop()

        def tell(held: Future[Held]) -> None:
            with suppress(RuntimeError):  # the loop ended before its desk was closed: the reconciler's
                loop.call_soon_threadsafe(then, wishes, closing, held)

        submitted = self._database.submit(lambda tx: hold_round(tx, wanted, self._unit, self._holder, self._limits))
        submitted.add_done_callback(tell)

    def _held(self, wishes: Sequence[_Wish], closing: Sequence[OpenTab], held: Future[Held]) -> None:
        """A round has ended: tell everybody, and begin the next."""
        organisation = wishes[0].organisation
        if held.exception() is not None and len(wishes) > 1:
            self._doubt(wishes, closing)
            self._one_by_one(list(wishes), organisation)
            return
        self._tell(wishes, closing, held)
        self._busy.discard(organisation)
        self._next(organisation)

    def _one_by_one(self, wishes: list[_Wish], organisation: str) -> None:
        """A round failed as a whole, perhaps by one of its calls: each is tried alone."""
        if not wishes:
            self._busy.discard(organisation)
            self._next(organisation)
            return

        def then(alone: Sequence[_Wish], closing: Sequence[OpenTab], held: Future[Held]) -> None:
            self._tell(alone, closing, held)
            self._one_by_one(wishes[1:], organisation)

        self._hold(wishes[:1], then)

    def _tell(self, wishes: Sequence[_Wish], closing: Sequence[OpenTab], future: Future[Held]) -> None:
        problem = future.exception()
        if problem is not None:
            self._doubt(wishes, closing)
            for wish in wishes:
                self._give(wish, problem)
            return
        held, organisation = future.result(), wishes[0].organisation
        for tab in closing:
            self._has_closed(tab)
        if held.opened is not None:
            self._open(held.opened)
        if held.budgets is not None:
            self._remember(organisation, held.budgets)
        verdicts = iter(held.verdicts)
        for wish in wishes:
            if isinstance(wish.what, Ending):
                self._give(wish, self._ended(organisation, held.settled[_key(wish.what)]))
            elif isinstance(wish.what, OpenTab):
                self._give(wish, None)
            elif not self._is_asked_again(wish, verdict := next(verdicts), held.others_hold):
                self._give(wish, verdict)

    def _doubt(self, wishes: Sequence[_Wish], closing: Sequence[OpenTab]) -> None:
        """Note whose rows may have been written by a round that failed, as far as we were told."""
        self._doubtful |= {_key(each.what) for each in wishes if isinstance(each.what, Ending)}
        self._doubtful |= {key for tab in closing for key in tab.under_way}

    def _ended(self, organisation: str, settled: Settled) -> Settled:
        key = (settled.request, settled.attempt)
        self._doubtful.discard(key)
        if (tab := self._tabs.on_which(organisation, key)) is not None:
            tab.end(key, settled.price)
        return settled

    def _is_asked_again(self, wish: _Wish, verdict: Admitted | Refused, others_hold: bool) -> bool:
        """Whether a call that does not fit is asked for again: what tabs hold comes back when they are closed."""
        if not isinstance(verdict, OutOfCredit | OverBudget | TooMany) or wish.asked_again >= ASKED_AGAIN_MAX:
            return False
        wish.asked_again += 1
        if mine := self._tabs.of(wish.organisation):
            for tab in mine:
                tab.is_over = True
            self._waiting.setdefault(wish.organisation, []).append(wish)
            return True
        if others_hold:
            asyncio.get_running_loop().call_later(ASKED_AGAIN_S, self._wait, wish)
        return others_hold

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
            self._under_way.discard(_key(ask))

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


def _key(what: Ask | Ending) -> tuple[str, int]:
    return what.request, what.attempt


def _stands(facts: Facts, ask: Ask) -> bool:
    """Whether nothing speaks against a call but what it costs; a round says what does."""
    try:
        check_grounds(facts, ask)
    except Refused:
        return False
    return True


def _reason(problem: BaseException) -> str:
    return problem.sentence if isinstance(problem, Refused) else repr(problem)

"""The rounds of one process: who waits to be let in, who is to be settled, and the tabs that are open.

One round at a time for each organisation. One that fails as a whole (the disk is full, the database does not answer) is
tried again by each of its calls alone, so that none fails by another's fault. Whether what failed was committed is not
known: what it may have written is looked for when it is tried again.
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

from entrepot.kernel import Database, Refused, TooMany

from ..admission import Admitted, OutOfCredit, OverBudget
from ..asks import Ask
from ..budgets import Budget
from ..customers import Limits
from ..rounds import Held, Round, hold_round
from ..settling import Ending, Settled
from ..tabs import Opened
from .tabs import Key, OpenTab, OpenTabs

ROUND_MAX = 128
REMEMBERED_MAX = 1_000
ASKED_AGAIN_MAX = 8
ASKED_AGAIN_S = 0.25
"""So often, and with such pauses, somebody is asked for again who was refused what the tabs of others may give back."""
CLOSED_AGAIN_S = 1.0
"""The pause before a tab that could not be closed is closed again."""

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


class Rounds:
    """The rounds and the tabs of one process. Used from its event loop only."""

    def __init__(
        self, database: Database, unit: str, holder: str, limits: Limits, tab_s: float,
        undo: Callable[[Ask, object], None],
    ) -> None:  # fmt: skip
        """A tab is open for `tab_s` seconds (0: none is opened). `undo` is told of a verdict that nobody takes."""
        self._database = database
        self._unit = unit
        self._holder = holder
        self._limits = limits
        self._tab_s = tab_s
        self._undo = undo
        self.tabs = OpenTabs()
        self.under_way: set[Key] = set()
        """The attempts that this process works at, and its tabs with a 0."""
        self._asked: dict[str, float] = {}
        self._waiting: dict[str, list[_Wish]] = {}
        self._budgets: dict[str, Sequence[Budget]] = {}
        self._busy: set[str] = set()
        self._is_closed = False
        self._doubtful: set[Key] = set()
        """Attempts whose rows may have been written though we were told that it failed."""

    def put(self, organisation: str, what: Ask | Ending | OpenTab) -> asyncio.Future[Any]:
        """Have a call let in or settled, or a tab closed, in the organisation's next round."""
        answer: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self._wait(_Wish(organisation, what, answer))
        return answer

    def note_asked(self, organisation: str) -> float:
        """Note that a call of an organisation asks to be let in now; returns how many seconds after the last one."""
        now, before = time.monotonic(), self._asked.pop(organisation, -math.inf)
        self._asked[organisation] = now
        if len(self._asked) > REMEMBERED_MAX:
            del self._asked[next(iter(self._asked))]
        return now - before

    async def close(self) -> None:
        """Close every tab; what cannot be closed is left to the reconciler."""
        self._is_closed = True
        closing = [self.put(tab.tab.organisation, tab) for tab in self.tabs.all()]
        await asyncio.gather(*closing, return_exceptions=True)

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
            on_tab = isinstance(each.what, Ending) and self.tabs.on_which(organisation, _key(each.what))
            (rest if on_tab in closing else wishes).append(each)
        return wishes, rest

    def _closing(self, organisation: str, wishes: Sequence[_Wish]) -> list[OpenTab]:
        """The tabs that a round closes: those that are to be closed, and when somebody asks all that are over."""
        asked = any(isinstance(each.what, Ask) for each in wishes)
        wanted = [each.what for each in wishes if isinstance(each.what, OpenTab)]
        return [each for each in self.tabs.of(organisation) if each in wanted or (asked and each.is_over)]

    def _has_gone(self, wish: _Wish) -> bool:
        """Whether there is nothing to be done any more: whoever asked went away before it was their turn, or the tab
        was closed meanwhile."""
        if isinstance(wish.what, Ask) and wish.answer.cancelled():
            self.under_way.discard(_key(wish.what))
            return True
        if isinstance(wish.what, OpenTab) and wish.what not in self.tabs.of(wish.organisation):
            wish.tell(None)
            return True
        return False

    def _hold(
        self, wishes: Sequence[_Wish], then: Callable[[Sequence[_Wish], Sequence[OpenTab], Future[Held]], None]
    ) -> None:
        organisation = wishes[0].organisation
        asks = [each.what for each in wishes if isinstance(each.what, Ask)]
        endings = [each.what for each in wishes if isinstance(each.what, Ending)]
        on_tabs = [self.tabs.on_tab(organisation, each) for each in endings]
        closing = self._closing(organisation, wishes)
        for tab in closing:
            tab.is_over = True
        wanted = Round(
            organisation, asks, [each for each, on in zip(endings, on_tabs, strict=True) if on is None],
            [on for on in on_tabs if on is not None], [each.closing() for each in closing],
            self._budgets.get(organisation, ()), self._opens(organisation, asks),
            [each.bounds for each in self.tabs.of(organisation) if not each.is_over],
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
        if (tab := self.tabs.on_which(organisation, key)) is not None:
            tab.end(key, settled.price)
        return settled

    def _is_asked_again(self, wish: _Wish, verdict: Admitted | Refused, others_hold: bool) -> bool:
        """Whether a call that does not fit is asked for again: what tabs hold comes back when they are closed."""
        if not isinstance(verdict, OutOfCredit | OverBudget | TooMany) or wish.asked_again >= ASKED_AGAIN_MAX:
            return False
        wish.asked_again += 1
        if mine := self.tabs.of(wish.organisation):
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

    # --- tabs

    def _opens(self, organisation: str, asks: Sequence[Ask]) -> bool:
        """Whether calls of this organisation follow each other, so that a tab is worth opening."""
        fit = [each for each in asks if not each.alone]
        return bool(fit) and (self.note_asked(organisation) < self._tab_s or len(fit) > 1) and self._tab_s > 0

    def _open(self, opened: Opened) -> None:
        tab = self.tabs.add(opened)
        self.under_way.add((opened.tab.id, 0))
        asyncio.get_running_loop().call_later(self._tab_s, self._end_tab, tab)

    def _end_tab(self, tab: OpenTab) -> None:
        """Let nobody in on a tab any more, and have it closed, until it is."""
        tab.is_over = True
        if tab in self.tabs.of(tab.tab.organisation):
            self.put(tab.tab.organisation, tab).add_done_callback(partial(self._tab_ended, tab))

    def _tab_ended(self, tab: OpenTab, answer: asyncio.Future[None]) -> None:
        if answer.cancelled() or (problem := answer.exception()) is None or self._is_closed:
            return
        log.warning("a tab waits to be closed", tab=tab.tab.id, reason=reason_of(problem))
        asyncio.get_running_loop().call_later(CLOSED_AGAIN_S, self._end_tab, tab)

    def _has_closed(self, tab: OpenTab) -> None:
        self.tabs.remove(tab)
        self.under_way.discard((tab.tab.id, 0))


def _key(what: Ask | Ending) -> tuple[str, int]:
    return what.request, what.attempt


def reason_of(problem: BaseException) -> str:
    """Why something failed, for the log."""
    return problem.sentence if isinstance(problem, Refused) else repr(problem)

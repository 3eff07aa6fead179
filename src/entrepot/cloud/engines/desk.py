"""The desk: where the calls of one process wait to be let in and settled, a round at a time for each organisation.

Calls that follow each other are let in on a tab, where one is open for them (`tabs`): after a look at what else decides
on them, without a round.

What is to be ended is never dropped: what fails is owed, and tried again until it is settled. What is owed when the
process dies is the reconciler's.
"""

from __future__ import annotations

import asyncio
from functools import partial

import structlog

from entrepot.kernel import Conflict, Database, NotFound, Refused

from ..admission import Admitted, check_grounds, most_of
from ..asks import Ask
from ..customers import Limits
from ..grounds import Facts
from ..settling import Ending, Settled
from .looking import Looking
from .rounds import Rounds, reason_of

RETRY_S = (0.2, 1.0, 5.0, 15.0)
"""The pauses before what is owed is tried again; the last one from then on."""

log = structlog.get_logger(__name__)


class Desk:
    """Where the calls of one process are let in and settled. Used from its event loop only."""

    def __init__(self, database: Database, unit: str, holder: str, limits: Limits, tab_s: float = 0) -> None:
        """A tab is open for `tab_s` seconds; 0: none is opened."""
        self._rounds = Rounds(database, unit, holder, limits, tab_s, self._undo)
        self._looking = Looking(database)
        self._owed: dict[tuple[str, int], tuple[str, Ending]] = {}
        self._ending: set[asyncio.Future[Settled]] = set()
        self._paying: asyncio.Task[None] | None = None

    @property
    def owed(self) -> int:
        """How many attempts could not be settled yet."""
        return len(self._owed)

    def is_under_way(self, request: str, attempt: int) -> bool:
        """Whether this process still works at an attempt, or has to settle it. May be asked from any thread."""
        return (request, attempt) in self._rounds.under_way

    async def admit(self, ask: Ask) -> Admitted:
        """Let a call in, or raise why not. When the caller goes away meanwhile, what was let in is void."""
        self._rounds.under_way.add((ask.request, ask.attempt))
        return await self._by_tab(ask) or await self._by_round(ask)

    async def settle(self, organisation: str, ending: Ending) -> Settled:
        """Settle an attempt; returns once that is durable. What cannot be settled is raised, and is still to be ended:
        `leave` it."""
        answer: asyncio.Future[Settled] = self._rounds.put(organisation, ending)
        settled = await asyncio.shield(answer)
        self._rounds.under_way.discard((ending.request, ending.attempt))
        return settled

    def leave(self, organisation: str, ending: Ending) -> None:
        """Have an attempt ended, soon and surely, without waiting for it."""
        answer = self._rounds.put(organisation, ending)
        self._ending.add(answer)
        answer.add_done_callback(partial(self._left, organisation, ending))

    async def close(self) -> None:
        """End what is to be ended, and close every tab; what cannot be is left to the reconciler."""
        if self._paying is not None:
            self._paying.cancel()
        while self._ending:
            await asyncio.wait(list(self._ending))
            await asyncio.sleep(0)  # what is done tells `_left` on the next turn of the loop
        await self._pay()
        await self._rounds.close()
        if self._owed:
            log.error("calls could not be settled; the reconciler of the next start closes them", calls=len(self._owed))

    async def _by_tab(self, ask: Ask) -> Admitted | None:
        """Let a call in on a tab that is open for it; None where a round has to decide."""
        if ask.alone or not self._rounds.tabs.of(ask.organisation):
            return None
        key = (ask.request, ask.attempt)
        try:
            now, facts = await self._looking.find(ask)
        except BaseException:
            self._rounds.under_way.discard(key)
            raise
        book = facts.book(ask)
        tab = self._rounds.tabs.find(ask.organisation, facts.bounds(ask.key_id, now))
        if tab is None or book is None or not _stands(facts, ask):
            return None
        self._rounds.note_asked(ask.organisation)
        return tab.take(ask, book, most_of(book, ask), now)

    async def _by_round(self, ask: Ask) -> Admitted:
        answer: asyncio.Future[Admitted] = self._rounds.put(ask.organisation, ask)
        try:
            return await answer
        except asyncio.CancelledError:
            # Mostly the round finds the answer cancelled, and gives back what was held. But who leaves in the very
            # moment in which the answer has come leaves it lying there.
            if answer.done() and not answer.cancelled():
                self._undo(ask, answer.exception() or answer.result())
            raise
        except BaseException:
            self._rounds.under_way.discard((ask.request, ask.attempt))
            raise

    def _undo(self, ask: Ask, verdict: object) -> None:
        """Whoever asked has gone: what was let in is void, what was refused is over."""
        if isinstance(verdict, Admitted):
            void = Ending(verdict.request, verdict.attempt, None, book=verdict.book, budgets=verdict.budgets)
            self.leave(ask.organisation, void)
        else:
            self._rounds.under_way.discard((ask.request, ask.attempt))

    # --- what is owed

    def _left(self, organisation: str, ending: Ending, answer: asyncio.Future[Settled]) -> None:
        self._ending.discard(answer)
        key = (ending.request, ending.attempt)
        problem = answer.exception()
        if problem is None:
            self._rounds.under_way.discard(key)
            return
        if isinstance(problem, NotFound | Conflict):  # trying again cannot help: the proofs name it
            self._rounds.under_way.discard(key)
            log.error("a call cannot be settled", request=ending.request, attempt=ending.attempt, exc_info=problem)
            return
        self._owed[key] = (organisation, ending)
        if self._paying is None or self._paying.done():
            self._paying = asyncio.ensure_future(self._pay_later())
        log.warning("a call waits to be settled", request=ending.request, reason=reason_of(problem))

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
                await self._rounds.put(organisation, ending)
            except Exception as problem:
                log.warning("a call still waits to be settled", request=ending.request, reason=reason_of(problem))
                return
            self._owed.pop(key, None)
            self._rounds.under_way.discard(key)


def _stands(facts: Facts, ask: Ask) -> bool:
    """Whether nothing speaks against a call but what it costs; a round says what does."""
    try:
        check_grounds(facts, ask)
    except Refused:
        return False
    return True

"""Looking up what calls are decided by beside what they cost, one look at a time for each organisation."""

from __future__ import annotations

import asyncio

from entrepot.kernel import Database

from ..asks import Ask
from ..grounds import Facts, read_facts

Found = tuple[int, Facts]
"""The time of the look, and what was found."""


class Looking:
    """The looks of one process: who comes while one is under way shares the next with all who do. Used from its event
    loop only."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._waiting: dict[str, list[tuple[Ask, asyncio.Future[Found]]]] = {}
        self._sharing: set[asyncio.Task[None]] = set()
        """Looks for those who waited; the event loop itself does not keep them alive."""

    async def find(self, ask: Ask) -> Found:
        """The facts that a call is decided by, as they stand after it was asked for."""
        waiting = self._waiting.get(ask.organisation)
        if waiting is None:
            self._waiting[ask.organisation] = []
            return await self._look(ask.organisation, [ask])
        answer: asyncio.Future[Found] = asyncio.get_running_loop().create_future()
        waiting.append((ask, answer))
        return await answer

    async def _look(self, organisation: str, asks: list[Ask]) -> Found:
        try:
            return await self._database.glance(lambda s: (s.now, read_facts(s, organisation, asks)))
        finally:
            if waiting := self._waiting[organisation]:
                self._waiting[organisation] = []
                sharing = asyncio.ensure_future(self._share(organisation, waiting))
                self._sharing.add(sharing)
                sharing.add_done_callback(self._sharing.discard)
            else:
                del self._waiting[organisation]

    async def _share(self, organisation: str, waiting: list[tuple[Ask, asyncio.Future[Found]]]) -> None:
        """Look for those who waited."""
        try:
            found = await self._look(organisation, [ask for ask, _ in waiting])
        except Exception as problem:
            for _, answer in waiting:
                if not answer.done():
                    answer.set_exception(problem)
            return
        for _, answer in waiting:
            if not answer.done():
                answer.set_result(found)

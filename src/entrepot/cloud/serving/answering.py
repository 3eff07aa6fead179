"""A call at `/v1` from its words to its answer's words: whole, or as a stream of events.

With a place to keep it, the answer is stored in the very commit that bills it: a batch's line, or what is sent again to
whoever repeats an Idempotency-Key.
"""

from __future__ import annotations

import copy
from collections.abc import AsyncIterator, Callable
from contextlib import aclosing
from typing import Any

import msgspec
import structlog

from entrepot.kernel import Refused, Tx

from ..dialect.asked import AskChat, AskCompletion, Asked, AskEmbeddings, AskRerank
from ..dialect.read import tell_ranking, tell_vectors
from ..dialect.told import failure, failure_of
from ..dialect.written import END, Head, Written, event_of
from ..engines.base import Embedded, Generation, Piece, Ranked
from ..engines.gateway import Bill, Call, Gateway

JSON = "application/json"
EVENTS = "text/event-stream"

Store = Callable[[Tx, Bill, str, bytes], None]
"""Keeps an answer with its media type, in the transaction that settles it."""

log = structlog.get_logger(__name__)


class Exchange:
    """One call: what was asked, by whom, and where its answer is kept. To be answered once."""

    def __init__(self, gateway: Gateway, call: Call, asked: Asked, head: Head, store: Store | None = None) -> None:
        self._gateway = gateway
        self._call = call
        self._asked = asked
        self._head = head
        self._store = store
        self._written = Written(head, is_chat=isinstance(asked, AskChat))

    @property
    def is_stream(self) -> bool:
        """Whether the answer is wanted as it is written."""
        return isinstance(self._asked, AskChat | AskCompletion) and self._asked.stream

    async def whole(self) -> bytes:
        """The answer in one piece."""
        match self._asked:
            case AskEmbeddings():
                return await self._vectors(self._asked)
            case AskRerank():
                return await self._ranking(self._asked)
        return await self._text(self._asked.work())

    async def stream(self) -> AsyncIterator[bytes]:
        """The answer as events. What refuses the call is raised before the first; what fails later is an event."""
        assert isinstance(self._asked, AskChat | AskCompletion)
        events: list[bytes] = []

        def end(last: Piece, bill: Bill) -> bytes:
            return self._end(last, bill, is_first=not events)

        call = self._kept(lambda bill, last: b"".join([*events, end(last, bill)]), EVENTS)
        bill: Bill | None = None
        async with aclosing(self._gateway.generate(call, self._asked.work())) as pieces:  # type: ignore[type-var]
            try:
                async for piece in pieces:
                    if isinstance(piece, Bill):
                        bill = piece
                        continue
                    if bill is None and not (piece.text or piece.tool_calls):
                        continue  # it says only how far the count is
                    is_first = not events
                    event = self._written.event(piece, is_first=is_first) if bill is None else end(piece, bill)
                    events.append(event)
                    yield event
            except Exception as error:
                if not events:
                    raise
                yield _broken_off(error)

    async def _vectors(self, asked: AskEmbeddings) -> bytes:
        call = self._kept(lambda bill, found: tell_vectors(asked, found, bill, self._head.currency))
        embedded, bill = await self._gateway.embed(call, asked.texts, asked.dimensions)
        return tell_vectors(asked, embedded, bill, self._head.currency)

    async def _ranking(self, asked: AskRerank) -> bytes:
        call = self._kept(lambda bill, found: tell_ranking(asked, found, bill, self._head.currency))
        ranked, bill = await self._gateway.rerank(call, asked.query, asked.texts)
        return tell_ranking(asked, ranked, bill, self._head.currency)

    async def _text(self, work: Generation) -> bytes:
        written = self._written
        call = msgspec.structs.replace(self._kept(lambda bill, last: _with_last(written, last).whole(bill)), whole=True)
        bill: Bill | None = None
        async with aclosing(self._gateway.generate(call, work)) as pieces:  # type: ignore[type-var]
            async for piece in pieces:
                if isinstance(piece, Bill):
                    bill = piece
                else:
                    written.add(piece)
        assert bill is not None, "an answer without a refusal has a bill"
        return written.whole(bill)

    def _end(self, last: Piece, bill: Bill, *, is_first: bool) -> bytes:
        """The last events, in one part."""
        assert isinstance(self._asked, AskChat | AskCompletion)
        wishes = self._asked.stream_options
        usage = self._written.last_event(bill) if wishes is not None and wishes.include_usage else b""
        return self._written.event(last, bill, is_first=is_first) + usage + END

    def _kept(self, tell: Callable[[Bill, Any], bytes], media_type: str = JSON) -> Call:
        """The call, whose answer is stored as it is settled where there is a place for it."""
        store = self._store
        if store is None:
            return self._call

        def keep(tx: Tx, bill: Bill, answer: Piece | Embedded | Ranked) -> None:
            store(tx, bill, media_type, tell(bill, answer))

        return msgspec.structs.replace(self._call, keep=keep)


def _with_last(written: Written, last: Piece) -> Written:
    """A copy with the last piece: a command may run twice, and must not gather it twice."""
    whole = copy.deepcopy(written)
    whole.add(last)
    return whole


def _broken_off(error: Exception) -> bytes:
    """The event that ends a stream which cannot go on."""
    if isinstance(error, Refused):
        return event_of(failure_of(error)[1])
    log.error("a stream broke off", exc_info=error)
    return event_of(failure(500, "internal_error", "Something went wrong on our side, in the middle of the answer", {}))

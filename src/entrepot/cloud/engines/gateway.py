"""The one path of every model call, the shop's and a stranger's: admitted, queued, run, metered, settled.

1. the name becomes a model, and the model an engine; what the call can use at most is counted;
2. admission holds what that costs, in one transaction (`admission`);
3. the call waits for its turn in the model's fair queue;
4. pieces pass through as they come; now and then what was used so far is noted (`checkpoint`);
5. before the last piece is handed on, the call is settled: whoever has the whole answer has the bill.

A caller who leaves is settled for what was written by then, and the engine stops. An engine that fails before it wrote
anything costs nothing, and the next of a route's models is tried as another attempt; one that fails later is settled
for what came. When we ourselves cannot settle a whole answer (the disk is full), it is not given and costs nothing.
Whatever is to be ended is handed to the `desk`, which tries until it is: no broken connection can undo it.
"""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import aclosing, asynccontextmanager, suppress
from typing import Any, TypeVar

import msgspec

from entrepot.identity import Scope, require_organisation
from entrepot.kernel import Database, Lane, NotAllowed, Refused, Remembered, Tx, Unavailable
from entrepot.kernel.steps import note, note_step, step

from .. import admission, settling
from ..accounts import nano
from ..admission import Admitted, VersionGone
from ..asks import Ask
from ..customers import Limits
from ..fair import Class, Ticket
from ..licences import has_agreed
from ..rating import rate, total_of
from ..refusals import UnknownModel
from ..registry import Model, find_live
from ..settling import Ending, Settled
from ..types import SHOP, Settings, UsageClass
from .base import Embedded, EngineFault, Generation, Piece, Ranked, Unable
from .capacity import Capacity, capacity_of
from .desk import Desk
from .limits import bytes_of, limits_of
from .pool import Loaded, Pool
from .routing import Routes

T = TypeVar("T")

CHECKPOINT_S = 2.0
READING = 0.1
"""What reading a token takes of a model's time, where writing one takes 1."""


class Bill(msgspec.Struct, frozen=True):
    """What a call came to: the price in nano units, and what was billed of each meter."""

    model: str
    price: int
    quantities: dict[str, int]
    outcome: str


Keep = Callable[[Tx, Bill, Any], None]


class Call(msgspec.Struct, frozen=True):
    """Who calls what: `request` names the call for ever, `model` is as the caller wrote it.

    With `keep` the answer is stored in the commit that settles the call: it is billed with its whole answer, or not at
    all. `keep` gets the bill and the end of the answer (the last piece, or what came whole). `attempts_before` were
    made at the same request before, by a process that died. With `checks_key` the key was recognised from memory: it is
    asked for again as the call is let in. With `whole` nobody sees any of the answer before all of it has come.
    """

    request: str
    scope: Scope
    model: str
    surface: str = "api"
    ref: str | None = None
    kind: Class = "interactive"
    attempts_before: int = 0
    keep: Keep | None = None
    checks_key: bool = False
    whole: bool = False

    @property
    def organisation(self) -> str:
        """Who pays."""
        if self.scope.is_system or self.scope.is_operator:
            return SHOP
        return require_organisation(self.scope)

    @property
    def key_id(self) -> str | None:
        """The API key that calls, if one does."""
        return self.scope.actor if self.scope.actor.startswith("key_") else None


class _Attempt:
    """One attempt at a call: its model, what it holds, and what was counted of it."""

    def __init__(self, loaded: Loaded, admitted: Admitted, limits: Mapping[str, int], call: Call) -> None:
        self.loaded = loaded
        self.organisation = call.organisation
        self.keep = call.keep
        self.whole = call.whole
        self.admitted = admitted
        self.admitted_input = limits.get("input_tokens", 0)
        self.admitted_output = limits.get("output_tokens", 0)
        self.seen: dict[str, int] = {}
        self.noted_at = time.monotonic()
        self.was_shown = False
        self.is_whole = False
        self.is_over = False

    @property
    def has_written(self) -> bool:
        return self.seen.get("output_tokens", 0) > 0

    def ending(
        self, used: Mapping[str, int] | None, outcome: UsageClass, evidence: Mapping[str, object] | None = None,
        answer: object = None,
    ) -> Ending:  # fmt: skip
        """How it ends: with what it used, or void. What is kept, is kept with the bill."""
        admitted, maker = self.admitted, self.loaded.model.organisation

        def keep(tx: Tx, settled: Settled) -> None:
            assert self.keep is not None
            self.keep(tx, _bill(self, settled), answer)

        return Ending(
            admitted.request, admitted.attempt, used, outcome, None if maker == SHOP else maker, evidence,
            admitted.book, keep if self.keep is not None and answer is not None else None, admitted.budgets,
        )  # fmt: skip


class Gateway:
    """Runs calls in one process. Used from its event loop only."""

    def __init__(self, database: Database, pool: Pool, settings: Settings, holder: str) -> None:
        self._database = database
        self._pool = pool
        self._settings = settings
        self._holder = holder
        limits = Limits(settings.requests_per_minute, settings.tokens_per_minute)
        self._desk = Desk(database, nano(settings.currency), holder, limits, settings.tab_s)
        self._routes = Routes(settings.routes)
        self._known: Remembered[Model] = Remembered()
        self.watch = pool.watch

    async def generate(self, call: Call, work: Generation) -> AsyncIterator[Piece | Bill]:
        """The answer, piece by piece; the bill comes just before the last piece.

        Refused before the first piece when the call cannot be let in; Unavailable when every engine failed.
        """
        problem: EngineFault | None = None
        for number, name in enumerate(self._routes.order(call.model, call.request), call.attempts_before + 1):
            attempt = None
            try:
                attempt = await self._begin(call, name, number, lambda loaded: limits_of(loaded, work))
                async with aclosing(self._run(call, attempt, work)) as pieces:  # type: ignore[type-var]
                    async for piece in pieces:
                        yield piece
                self._routes.worked(name)
                return
            except EngineFault as fault:
                problem = fault
                self._routes.failed(name)
                if attempt is not None and attempt.was_shown:
                    break
        raise Unavailable(f"The model could not answer: {problem}") from problem

    async def embed(
        self, call: Call, texts: Sequence[str], dimensions: int | None = None
    ) -> tuple[Embedded, Bill]:  # fmt: skip
        """Vectors of texts, and what they cost; `dimensions` are as many as somebody wants of theirs, at least."""

        async def act(loaded: Loaded) -> tuple[Embedded, int]:
            known = loaded.model.capabilities.dimensions
            if known is None:
                other = "/v1/chat/completions or /v1/completions"
                raise Unable(f"{loaded.model.name} makes no vectors: use {other}", "model")
            if dimensions is not None and dimensions > known:
                raise Unable(f"This model's vectors have {known} dimensions: ask for fewer", "dimensions")
            embedded = await loaded.engine.embed(texts)
            return embedded, embedded.tokens

        return await self._at_once(call, "embedding_tokens", bytes_of(texts), act)

    async def rerank(self, call: Call, query: str, documents: Sequence[str]) -> tuple[Ranked, Bill]:
        """Scores of documents, and what they cost."""

        async def act(loaded: Loaded) -> tuple[Ranked, int]:
            if not (loaded.model.capabilities.rerank or loaded.model.capabilities.dimensions):
                raise Unable(f"{loaded.model.name} orders no documents: use a model of vectors", "model")
            ranked = await loaded.engine.rerank(query, documents)
            return ranked, ranked.tokens

        bound = bytes_of(documents) + bytes_of([query]) * (len(documents) + 1)
        return await self._at_once(call, "rerank_tokens", bound, act)

    def look(self) -> Capacity:
        """What this process can serve, and who waits for it."""
        return capacity_of(self._pool, self.watch, self._settings)

    def is_under_way(self, request: str, attempt: int) -> bool:
        """Whether this process still works at an attempt, or has to settle it. May be asked from any thread."""
        return self._desk.is_under_way(request, attempt)

    async def unload_idle(self) -> None:
        """Let go of models that nobody used for a while, and say that calls which take long are still served."""
        await self._pool.unload_idle()
        with suppress(Refused):  # it is said again soon
            await self._database.write(lambda tx: settling.say_alive(tx, self._holder), Lane.BULK)

    async def close(self) -> None:
        """End what is to be ended, and let go of every model."""
        await self._desk.close()
        await self._pool.close()

    async def _at_once(self, call: Call, meter: str, bound: int, act: Callable[[Loaded], Any]) -> tuple[Any, Bill]:
        """Work whose answer comes whole: run, settled, given back. Each engine that fails costs nothing."""
        problem: EngineFault | None = None
        for number, name in enumerate(self._routes.order(call.model, call.request), call.attempts_before + 1):
            attempt = None
            try:
                attempt = await self._begin(call, name, number, lambda _: {meter: bound})
                async with self._turn(call, attempt, bound) as ticket:
                    answer, tokens = await act(attempt.loaded)
                    ticket.spent = float(tokens)
                bill = await self._settle(attempt, {meter: tokens}, None, answer)
                self._routes.worked(name)
                return answer, bill
            except EngineFault as fault:
                problem = fault
                self._routes.failed(name)
            except Unable as refusal:
                raise refusal.as_refusal() from refusal
            finally:
                if attempt is not None:
                    self._leave(attempt)
        raise Unavailable(f"The model could not answer: {problem}") from problem

    async def _begin(self, call: Call, name: str, number: int, limits_of: Callable[[Loaded], Any]) -> _Attempt:
        """Find the model, see what the call can use, and have it admitted."""
        known = self._known.find(name)
        try:
            return await self._let_in(call, known or await self._find(call, name), name, number, limits_of)
        except VersionGone:
            self._known.forget(name)
            if known is None:
                raise
        return await self._let_in(call, await self._find(call, name), name, number, limits_of)

    async def _find(self, call: Call, name: str) -> Model:
        model = await self._database.glance(lambda snapshot: find_live(snapshot, name))
        if model is not None:
            return self._known.keep(name, model)
        if name != call.model:
            raise EngineFault(f"{name} is of its route and cannot be called")
        raise UnknownModel(f"There is no model {name[:100]!r} here: GET /v1/models lists those there are")

    async def _let_in(
        self, call: Call, model: Model, name: str, number: int, limits_of: Callable[[Loaded], Any]
    ) -> _Attempt:
        organisation = call.organisation
        if model.licence.gated:
            await self._check_licence(organisation, model)
        try:
            loaded = await self._pool.get(model)
        except Unavailable as refusal:
            raise EngineFault(refusal.sentence) from refusal
        if call.kind == "interactive":  # nobody waits for the rest: it may take as long as it takes
            loaded.turns.check_wait(organisation, self._settings.wait_s_max)
        try:
            limits = limits_of(loaded)
            if not isinstance(limits, dict):
                limits = await limits
        except Unable as refusal:
            raise refusal.as_refusal() from refusal
        ask = Ask(
            call.request, organisation, call.scope.actor, model.name, limits, call.surface, call.ref, number,
            call.key_id, "batch" if call.kind == "batch" else "standard", call.checks_key, model.id, name,
            call.keep is not None,
        )  # fmt: skip
        with step("admit", model=model.name):
            admitted = await self._desk.admit(ask)
        return _Attempt(loaded, admitted, limits, call)

    async def _check_licence(self, organisation: str, model: Model) -> None:
        if not await self._database.glance(lambda snapshot: has_agreed(snapshot, organisation, model)):
            raise NotAllowed(
                f"{model.name} is under the licence {model.licence.name}: agree to it first, on its page under /cloud"
            )

    async def _run(self, call: Call, attempt: _Attempt, work: Generation) -> AsyncIterator[Piece | Bill]:
        loaded, work = attempt.loaded, msgspec.structs.replace(work, output_tokens_max=attempt.admitted_output)
        cost = READING * attempt.admitted_input + work.output_tokens_max
        try:
            async with (
                self._turn(call, attempt, cost) as ticket,
                aclosing(loaded.engine.generate(work)) as pieces,  # type: ignore[type-var]
            ):
                async for piece in pieces:
                    self._note(attempt, piece)
                    ticket.spent = READING * attempt.admitted_input + attempt.seen["output_tokens"]
                    if piece.finish is None:
                        attempt.was_shown |= not attempt.whole and bool(piece.text or piece.tool_calls)
                        yield piece
                        continue
                    yield await self._settle(attempt, attempt.seen, piece.evidence, piece)
                    yield piece
        except Unable as refusal:
            raise refusal.as_refusal() from refusal
        except EngineFault:
            if not attempt.was_shown:
                attempt.seen = {}  # nobody had anything of it, and the next of the route may answer
            raise
        finally:
            self._leave(attempt)

    @asynccontextmanager
    async def _turn(self, call: Call, attempt: _Attempt, cost: float) -> AsyncIterator[Ticket]:
        """The call's turn at its model, its wait counted."""
        loaded, began, began_ns = attempt.loaded, time.monotonic(), time.time_ns()
        async with loaded.turns.turn(call.organisation, cost, call.kind) as ticket:
            self.watch.waited(loaded.model.name, call.organisation, cost, time.monotonic() - began)
            note_step("wait", began_ns, model=loaded.model.name)
            with step("engine", model=loaded.model.name, engine=loaded.model.engine):
                yield ticket

    async def _settle(
        self, attempt: _Attempt, used: Mapping[str, int], evidence: Mapping[str, object] | None, answer: object
    ) -> Bill:
        """Bill a whole answer; durable when it returns."""
        attempt.is_whole = True
        ending = attempt.ending(used, UsageClass.EXACT, evidence, answer)
        with step("settle"):
            bill = _bill(attempt, await self._desk.settle(attempt.organisation, ending))
        note(model=bill.model, outcome=bill.outcome, price_nano=bill.price, **bill.quantities)
        attempt.is_over = True
        self.watch.ended(bill.model, bill.outcome, bill.price, bill.quantities)
        return bill

    def _note(self, attempt: _Attempt, piece: Piece) -> None:
        """Keep what was used so far, and now and then have it written."""
        attempt.seen = _used(attempt, piece)
        now = time.monotonic()
        goes_on = piece.finish is None and attempt.keep is None and not attempt.whole
        if goes_on and now - attempt.noted_at >= CHECKPOINT_S:
            attempt.noted_at = now
            admitted, seen = attempt.admitted, attempt.seen
            self._database.submit(
                lambda tx: admission.checkpoint(tx, admitted.request, admitted.attempt, seen), Lane.BULK
            )

    def _leave(self, attempt: _Attempt) -> None:
        """End an attempt that was not settled: for what it wrote; for nothing when that is nothing, or was to be kept
        whole, or was whole and could not be settled."""
        if attempt.is_over:
            return
        attempt.is_over = True
        billed = attempt.has_written and attempt.keep is None and not attempt.is_whole
        outcome = UsageClass.CHECKPOINTED if billed else settling.VOID
        used = attempt.seen if billed else {}
        self.watch.ended(attempt.loaded.model.name, outcome, total_of(rate(attempt.admitted.book, used)), used)
        self._desk.leave(attempt.organisation, attempt.ending(used if billed else None, UsageClass.CHECKPOINTED))


def _used(attempt: _Attempt, piece: Piece) -> dict[str, int]:
    """What was used by the time of a piece. Before the engine's own count comes, the input is what was counted before,
    where that is exact; where it is only a bound, an answer that breaks off is billed for what was written alone."""
    count = piece.count
    by_events = attempt.seen.get("output_tokens", 0)
    if count.input_tokens:
        priced = "cached_input_tokens" in attempt.admitted.book.nano
        cached = count.cached_input_tokens if priced else 0
        return {
            "input_tokens": count.input_tokens - cached,
            "cached_input_tokens": cached,
            "output_tokens": count.output_tokens or by_events,
        }
    read = attempt.admitted_input if attempt.loaded.engine.counts_exactly else 0
    return {"input_tokens": read, "output_tokens": max(count.output_tokens, by_events)}


def _bill(attempt: _Attempt, settled: Settled) -> Bill:
    return Bill(attempt.loaded.model.name, settled.price, settled.quantities, settled.outcome)

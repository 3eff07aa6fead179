"""Runs batches: a task of the queue takes a while of lines at a time through the gateway, behind whoever waits.

The task's thread hands lines to the event loop that the gateway lives on. Each line is an ordinary call of the kind
`batch`: admitted, queued, metered and settled by itself, under the rights of whoever sent the batch.
"""

from __future__ import annotations

import asyncio
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import CancelledError, Future, wait
from pathlib import Path

import msgspec
import structlog

from entrepot.kernel import Blobs, Database, Lane, Refused, TaskKind, TaskRun, TooMany, Tx, Unavailable

from .. import batches, uploads
from ..accounting import account_owner
from ..admission import LetInBefore
from ..answers import last_attempt
from ..batch_files import body_at, read_lines, write_answers
from ..batches import Batch, Line, Problem, RunBatch
from ..dialect.asked import PATHS
from ..dialect.told import failure, failure_of
from ..dialect.written import Head
from ..engines.gateway import Bill, Call, Gateway
from .answering import Exchange

AT_ONCE = 8
"""Lines of a batch that are under way at once in a process."""
SLICE_S = 10.0
"""How long a task works at a batch before others get its thread."""
NO_LOOP_S = 2
TRIES_MAX = 8
"""How often a line is tried whose engines fail."""
PAGE = 500

log = structlog.get_logger(__name__)


class BatchRunner:
    """Runs the batches of a home in one process, on the loop that it was given with `attach`."""

    def __init__(self, gateway: Gateway, database: Database, blobs: Blobs, currency: str) -> None:
        self._gateway = gateway
        self._database = database
        self._blobs = blobs
        self._currency = currency
        self._loop: asyncio.AbstractEventLoop | None = None
        self._tries: Counter[str] = Counter()

    def attach(self, loop: asyncio.AbstractEventLoop | None) -> None:
        """The loop on which the gateway answers; None when it is about to end."""
        self._loop = loop

    def task(self) -> TaskKind[RunBatch]:
        """The kind of task that runs a batch."""
        return TaskKind(batches.TASK, RunBatch, self.act, attempts_max=100, slow=True)

    def act(self, run: TaskRun, body: RunBatch) -> None:
        """Bring a batch as far as a slice of time allows."""
        batch = self._find(body.batch_id)
        if batch.state == "validating":
            self._validate(batch)
            batch = self._find(batch.id)
        if batch.state in batches.ENDED:
            return
        late = self._database.clock.now() >= batch.expires_at
        if batch.state == "in_progress" and not late and self._waits(batch):
            run.later(self._work(run, batch))
            return
        self._finish(run, batch, late=late)

    def _find(self, batch_id: str) -> Batch:
        batch = self._database.read_now(lambda snapshot: batches.find_batch(snapshot, batch_id))
        assert batch is not None, "a task is enqueued with its batch"
        return batch

    def _waits(self, batch: Batch) -> bool:
        return bool(self._database.read_now(lambda snapshot: batches.list_waiting(snapshot, batch.id, 1)))

    # --- the file

    def _path(self, batch: Batch) -> Path:
        return uploads.uploads_in(self._blobs, batch.input_file).path(batch.input_sha256)

    def _validate(self, batch: Batch) -> None:
        problems: list[Problem] = []
        lines = list(read_lines(self._path(batch), batch.id, batch.endpoint, problems))
        if problems:
            self._database.write_now(lambda tx: batches.refuse_batch(tx, batch.id, problems))
            return
        for begin in range(0, len(lines), PAGE):
            self._add(batch.id, lines[begin : begin + PAGE])
        self._database.write_now(lambda tx: batches.begin_batch(tx, batch.id))

    def _add(self, batch_id: str, page: list[Line]) -> None:
        self._database.write_now(lambda tx: batches.add_lines(tx, batch_id, page), Lane.BULK)

    # --- the lines

    def _work(self, run: TaskRun, batch: Batch) -> int:
        """Run lines for a slice of time; returns after how many seconds there is more to do."""
        loop = self._loop
        if loop is None or not loop.is_running():
            return NO_LOOP_S
        future: Future[int] = asyncio.run_coroutine_threadsafe(self._slice(batch, time.monotonic() + SLICE_S), loop)
        while not future.done():
            if run.closing or self._loop is None:
                future.cancel()
            else:
                wait([future], timeout=0.2)
        try:
            return future.result()
        except CancelledError:  # which is not asyncio's: a stop is no failure of the task
            return NO_LOOP_S

    async def _slice(self, batch: Batch, until: float) -> int:
        waiting = await self._database.read(lambda snapshot: batches.list_waiting(snapshot, batch.id, PAGE))
        lines = iter(waiting)
        pauses: list[int] = await asyncio.gather(*(self._lane(batch, lines, until) for _ in range(AT_ONCE)))
        return max(pauses)

    async def _lane(self, batch: Batch, lines: Iterator[Line], until: float) -> int:
        """Run one line after another until the time is over; returns how long it was told to wait, if it was."""
        for line in lines:
            while pause := await self._line(batch, line):
                if time.monotonic() + pause > until:
                    return pause
                await asyncio.sleep(pause)
            if time.monotonic() >= until:
                break
        return 0

    async def _line(self, batch: Batch, line: Line) -> int:
        """Have one line answered, or failed; or left for later, after as many seconds as are returned."""
        try:
            await self._ask(batch, line)
        except TooMany as refusal:
            return refusal.retry_after_s or 1
        except (Unavailable, LetInBefore) as refusal:  # or another process asks the same line at this moment
            return await self._once_more(batch, line, *_words(refusal))
        except Refused as refusal:
            self._count(batch, refusal)
            await self._fail(batch, line, *_words(refusal))
        except Exception:
            log.exception("a line of a batch failed", batch=batch.id, line=line.line)
            sentence = "Something went wrong on our side"
            return await self._once_more(batch, line, 500, _encoded(failure(500, "internal_error", sentence, {})))
        self._tries.pop(line.request, None)
        return 0

    async def _once_more(self, batch: Batch, line: Line, status: int, body: str) -> int:
        """Have a line asked again after as many seconds as are returned, or fail it when it was asked often enough."""
        self._tries[line.request] += 1
        if self._tries[line.request] < TRIES_MAX:
            return 1 << (self._tries[line.request] - 1)
        del self._tries[line.request]
        await self._fail(batch, line, status, body)
        return 0

    async def _ask(self, batch: Batch, line: Line) -> None:
        wanted, tried = await self._database.glance(
            lambda snapshot: (batches.is_wanted(snapshot, batch.id, line.line), last_attempt(snapshot, line.request))
        )
        if not wanted:  # another process was first; or the batch was cancelled, and the task's next round ends it
            return
        try:
            asked = msgspec.convert(body_at(self._path(batch), line), PATHS[batch.endpoint])
        except msgspec.ValidationError as error:
            sentence = f"The body does not fit: {error}"
            await self._fail(batch, line, 400, _encoded(failure(400, "invalid", sentence, {})))
            return

        def store(tx: Tx, bill: Bill, _: str, answer: bytes) -> None:
            batches.store_line(tx, batch.id, line, answer.decode(), bill.price)

        call = Call(line.request, batch.scope, asked.model, "batch", batch.id, "batch", tried)
        head = Head(line.request, self._database.clock.now() // 1_000_000, asked.model, self._currency)
        await Exchange(self._gateway, call, asked, head, store).whole()

    def _count(self, batch: Batch, refusal: Refused) -> None:
        """Have a line that is refused counted like any call."""
        owner, now = account_owner(batch.scope), self._database.clock.now()
        self._gateway.watch.refusals.note(owner, batch.scope.actor, "", refusal, now)

    async def _fail(self, batch: Batch, line: Line, status: int, body: str) -> None:
        await self._database.write(lambda tx: batches.fail_line(tx, batch.id, line, status, body), Lane.BULK)

    # --- the end

    def _finish(self, run: TaskRun, batch: Batch, *, late: bool) -> None:
        """Close the lines that wait, write the files, end the batch."""
        why = ("batch_expired", "The batch was not done within its time") if late else (
            "batch_cancelled", "The batch was cancelled before this line's turn"
        )  # fmt: skip
        reason = msgspec.json.encode({"code": why[0], "message": why[1]}).decode()
        waits = self._waits(batch)
        self._database.write_now(lambda tx: batches.finalize_batch(tx, batch.id, reason))
        output, errors = self._write(batch, "done"), self._write(batch, "failed")
        state: batches.State = "completed"
        if batch.state == "cancelling":
            state = "cancelled"
        elif late and waits:
            state = "expired"
        run.settle(lambda tx: self._end(tx, batch, state, output, errors))

    def _write(self, batch: Batch, state: str) -> tuple[str, str, int] | None:
        """Write the lines in a state into a file; its id, sha256 and size, or None when there are none."""

        def page(after: int) -> list[batches.AnsweredLine]:
            return self._database.read_now(lambda s: batches.list_answered(s, batch.id, state, after, PAGE))

        with tempfile.TemporaryFile() as file:
            if not write_answers(file, page):
                return None
            upload_id = self._database.write_now(lambda tx: tx.new_id("file"))
            return upload_id, *uploads.receive_upload(self._blobs, upload_id, file, bounded=False)

    def _end(
        self, tx: Tx, batch: Batch, state: batches.State, output: tuple[str, str, int] | None,
        errors: tuple[str, str, int] | None,
    ) -> None:  # fmt: skip
        for made, name in ((output, "output"), (errors, "error")):
            if made is not None:
                uploads.add_upload(
                    tx, batch.scope, made[0], f"{batch.id}_{name}.jsonl", made[1], made[2], purpose=uploads.OUTPUT
                )
        batches.end_batch(tx, batch.id, state, output[0] if output else None, errors[0] if errors else None)


def _words(refusal: Refused) -> tuple[int, str]:
    status, body = failure_of(refusal)
    return status, _encoded(body)


def _encoded(body: msgspec.Struct) -> str:
    return msgspec.json.encode(body).decode()

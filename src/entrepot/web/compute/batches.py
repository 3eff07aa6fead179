"""Batches: many calls in a file, answered within a day."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import msgspec
from litestar import Response
from litestar.types import ControllerRouterHandler

from entrepot import cloud
from entrepot.cloud import Batch

from ..endpoints import endpoint
from ..params import Id, OptionalKey
from ..visit import CurrentVisit, Visit
from .files import Cursor, Limit
from .told import told

Word = Annotated[str, msgspec.Meta(max_length=512)]


class AskBatch(msgspec.Struct, frozen=True):
    """A batch of the calls in a file."""

    input_file_id: str
    endpoint: Literal["/v1/chat/completions", "/v1/completions", "/v1/embeddings", "/v1/rerank"]
    completion_window: Literal["24h"] = "24h"
    metadata: Annotated[dict[Word, Word], msgspec.Meta(max_length=16)] | None = None


class BatchProblem(msgspec.Struct, frozen=True):
    """What is wrong with the file."""

    code: str
    message: str
    line: int | None
    param: str | None


class BatchProblems(msgspec.Struct, frozen=True):
    """Why the file could not be read."""

    data: list[BatchProblem]
    object: Literal["list"] = "list"


class RequestCounts(msgspec.Struct, frozen=True):
    """How far it is."""

    total: int
    completed: int
    failed: int


class BatchTold(msgspec.Struct, frozen=True, kw_only=True):
    """A batch. Times in seconds since 1970; `cost` is what its lines have come to."""

    id: str
    object: Literal["batch"] = "batch"
    endpoint: str
    errors: BatchProblems | None
    input_file_id: str
    completion_window: Literal["24h"] = "24h"
    status: str
    output_file_id: str | None
    error_file_id: str | None
    created_at: int
    in_progress_at: int | None
    expires_at: int
    finalizing_at: int | None
    completed_at: int | None
    failed_at: int | None
    expired_at: int | None
    cancelling_at: int | None
    cancelled_at: int | None
    request_counts: RequestCounts
    metadata: dict[str, str]
    cost: cloud.Cost


class BatchList(msgspec.Struct, frozen=True):
    """A page of batches, the newest first."""

    data: list[BatchTold]
    has_more: bool
    first_id: str | None
    last_id: str | None
    object: Literal["list"] = "list"


class _Made(msgspec.Struct, frozen=True):
    id: str


@endpoint("POST", "/v1/batches", asks=AskBatch, tells=BatchTold, access="member", status=200)
async def create_batch(visit: Visit, asked: AskBatch, key: OptionalKey = None) -> Response[Any]:
    """Have the calls of a file made within a day, when there is time for them."""

    def command(tx: Any) -> _Made:
        batch = cloud.add_batch(tx, visit.scope, asked.input_file_id, asked.endpoint, asked.metadata or {})
        return _Made(batch.id)

    made = await visit.once(key, command, _Made)
    return told(await _read(visit, made.id))


@endpoint("GET", "/v1/batches", tells=BatchList, access="member")
async def list_batches(visit: Visit, after: Cursor = None, limit: Limit = 20) -> Response[Any]:
    """Your batches, the newest first."""
    found = await visit.read(lambda s: cloud.list_batches(s, visit.scope, after, limit + 1))
    here = await _told(visit, found[:limit])
    return told(BatchList(here, len(found) > limit, here[0].id if here else None, here[-1].id if here else None))


@endpoint("GET", "/v1/batches/{batch_id:str}", tells=BatchTold, access="member")
async def get_batch(visit: Visit, batch_id: Id) -> Response[Any]:
    """One of your batches, as it stands."""
    return told(await _read(visit, batch_id))


@endpoint("POST", "/v1/batches/{batch_id:str}/cancel", tells=BatchTold, access="member", status=200)
async def cancel_batch(visit: Visit, batch_id: Id, key: OptionalKey = None) -> Response[Any]:
    """Begin no more of its lines; those that are done stay, billed."""
    await visit.once(key, lambda tx: _Made(cloud.cancel_batch(tx, visit.scope, batch_id).id), _Made)
    return told(await _read(visit, batch_id))


async def _read(visit: CurrentVisit, batch_id: str) -> BatchTold:
    batch = await visit.read(lambda s: cloud.get_batch(s, visit.scope, batch_id))
    return (await _told(visit, [batch]))[0]


async def _told(visit: CurrentVisit, batches: list[Batch]) -> list[BatchTold]:
    tallies = await visit.read(lambda s: cloud.tally_batches(s, [each.id for each in batches]))
    currency = visit.entrepot.settings.cloud.currency
    return [_one(batch, tallies.get(batch.id, cloud.Tally()), currency) for batch in batches]


def _one(batch: Batch, tally: cloud.Tally, currency: str) -> BatchTold:
    def ended(state: str) -> int | None:
        return _seconds(batch.ended_at) if batch.state == state else None

    problems = [BatchProblem(each.code, each.message, each.line, each.param) for each in batch.problems]
    return BatchTold(
        id=batch.id, endpoint=batch.endpoint, errors=BatchProblems(problems) if problems else None,
        input_file_id=batch.input_file, status=batch.state, output_file_id=batch.output_file,
        error_file_id=batch.error_file, created_at=batch.created_at // 1_000_000,
        in_progress_at=_seconds(batch.begun_at), expires_at=batch.expires_at // 1_000_000,
        finalizing_at=_seconds(batch.finalizing_at), completed_at=ended("completed"), failed_at=ended("failed"),
        expired_at=ended("expired"), cancelling_at=_seconds(batch.cancelling_at), cancelled_at=ended("cancelled"),
        request_counts=RequestCounts(tally.total, tally.done, tally.failed), metadata=batch.metadata,
        cost=cloud.cost_of(tally.price, currency),
    )  # fmt: skip


def _seconds(at: int | None) -> int | None:
    return None if at is None else at // 1_000_000


ROUTES: tuple[ControllerRouterHandler, ...] = (create_batch, list_batches, get_batch, cancel_batch)

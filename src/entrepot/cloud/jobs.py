"""Jobs: work that somebody asks the cloud for, done as a task of the kernel's queue and seen by who asked for it."""

from __future__ import annotations

from typing import Any

import msgspec
from sqlalchemy import bindparam, insert, select

from entrepot.identity import Scope, require_organisation
from entrepot.kernel import NotFound, Prepared, Snapshot, Tx, get_task, prepare

from . import tables
from .types import SHOP, Job


def submit_job(tx: Tx, scope: Scope, kind: str, body: msgspec.Struct) -> str:
    """Have a task of this kind done for the caller's organisation; returns the job's id.

    The kinds there are is the program's list of task kinds; a kind that nobody does waits until somebody does.
    """
    organisation = SHOP if scope.is_system or scope.is_operator else require_organisation(scope)
    task_id = tx.enqueue(kind, body)
    assert task_id is not None, "a task without a key is always new"
    job_id = tx.new_id("job")
    tx.run(
        _insert, id=job_id, organisation=organisation, actor=scope.actor, kind=kind, task_id=task_id, created_at=tx.now
    )
    return job_id


def get_job(snapshot: Snapshot, scope: Scope, job_id: str) -> Job:
    """A job of the caller's organisation, as it stands. The operator sees every one."""
    row = snapshot.one(_get, id=job_id)
    if row is None or not (scope.is_operator or scope.is_system or row.organisation == scope.organisation):
        raise NotFound("There is no such job")
    task = get_task(snapshot, row.task_id)
    return Job(row.id, row.kind, task.state, task.done, task.total, task.error, row.created_at, task.finished_at)


_j = tables.jobs.c
_insert: Prepared[Any] = prepare(
    insert(tables.jobs).values({column.name: bindparam(column.name) for column in tables.jobs.columns})
)
_get: Prepared[Any] = prepare(
    select(_j.id, _j.organisation, _j.kind, _j.task_id, _j.created_at).where(_j.id == bindparam("id"))
)

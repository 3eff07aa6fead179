"""Building the index anew on request: a job like any other, asked of the cloud by the shop's operator."""

from __future__ import annotations

import msgspec

from entrepot import cloud, identity
from entrepot.identity import Scope
from entrepot.kernel import TaskKind, TaskRun, Tx

from .indexing import Indexer

REBUILD = "discovery.rebuild"


class Rebuild(msgspec.Struct, frozen=True):
    """The body of the task: there is nothing to say."""


def request_rebuild(tx: Tx, scope: Scope) -> str:
    """Have a new generation of the index built while the old one serves; returns the job's id. Operators only."""
    identity.require_operator(scope)
    job_id = cloud.submit_job(tx, scope, REBUILD, Rebuild())
    identity.audit(tx, scope, "discovery.request_rebuild", job_id)
    return job_id


def rebuild_task(indexer: Indexer) -> TaskKind[Rebuild]:
    """The kind of task that does it."""

    def act(run: TaskRun, body: Rebuild) -> None:
        indexer.rebuild(lambda done: run.progress(done, None))

    return TaskKind(REBUILD, Rebuild, act, slow=True)

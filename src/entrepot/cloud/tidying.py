"""Lets go of what was kept long enough: answers under Idempotency-Keys, counts of refused calls, and files that batches
answered."""

from __future__ import annotations

import msgspec

from entrepot.kernel import Blobs, Lane, TaskKind, TaskRun

from .answers import forget_answers
from .refused import forget_refused
from .uploads import forget_uploads, uploads_in

TIDY = "cloud.tidy"


class Tidy(msgspec.Struct, frozen=True):
    """A round of tidying."""


def tidy_task(blobs: Blobs) -> TaskKind[Tidy]:
    """The round as a task."""

    def act(run: TaskRun, _: Tidy) -> None:
        run.database.write_now(forget_answers, Lane.BULK)
        run.database.write_now(forget_refused, Lane.BULK)
        while not run.closing and (gone := run.database.write_now(forget_uploads, Lane.BULK)):
            for upload in gone:
                uploads_in(blobs, upload.id).delete(upload.sha256)

    return TaskKind(TIDY, Tidy, act)

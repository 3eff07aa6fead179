"""What went wrong and waits: reactions and tasks that failed, each to be tried again."""

from __future__ import annotations

from typing import Any

from litestar import Response, get, post
from litestar.types import ControllerRouterHandler

from entrepot import discovery, identity
from entrepot.kernel import Tx, list_failed_reactions, list_stuck_tasks, retry_reaction, retry_stuck_tasks, retry_task

from ...rendering import redirect
from ...visit import Visit
from .console import OPERATOR, show


@get("/operator/failures", include_in_schema=False, opt=OPERATOR)
async def failures(visit: Visit) -> Response[str]:
    """Everything that failed."""
    return await show(
        visit,
        "work",
        "failures.html",
        reactions=await visit.read(list_failed_reactions),
        tasks=await visit.read(list_stuck_tasks),
    )


@post("/operator/failures/reactions", include_in_schema=False, opt=OPERATOR)
async def retry_failed(visit: Visit) -> Response[Any]:
    """Try a reaction again now."""
    form = await visit.form()
    event_id, handler = form.get("event_id", ""), form.get("handler", "")

    def retry(tx: Tx) -> None:
        retry_reaction(tx, event_id, handler)
        identity.audit(tx, visit.scope, "kernel.retry_reaction", event_id, {"handler": handler})

    await visit.write(retry)
    visit.flash("operator.retried")
    return redirect("/operator/failures")


@post("/operator/failures/tasks", include_in_schema=False, opt=OPERATOR)
async def retry_stuck(visit: Visit) -> Response[Any]:
    """Give a task its attempts back."""
    task_id = (await visit.form()).get("task_id", "")

    def retry(tx: Tx) -> None:
        retry_task(tx, task_id)
        identity.audit(tx, visit.scope, "kernel.retry_task", task_id)

    await visit.write(retry)
    visit.flash("operator.retried")
    return redirect("/operator/failures")


@post("/operator/failures/tasks/all", include_in_schema=False, opt=OPERATOR)
async def retry_all_stuck(visit: Visit) -> Response[Any]:
    """Give every stuck task its attempts back: whatever they waited for is there again."""

    def retry(tx: Tx) -> None:
        if count := retry_stuck_tasks(tx):
            identity.audit(tx, visit.scope, "kernel.retry_stuck_tasks", "", {"tasks": count})

    await visit.write(retry)
    visit.flash("operator.retried")
    return redirect("/operator/failures")


@post("/operator/index", include_in_schema=False, opt=OPERATOR)
async def rebuild_index(visit: Visit) -> Response[Any]:
    """Have the search index built anew while the old one serves."""
    await visit.write(lambda tx: discovery.request_rebuild(tx, visit.scope))
    visit.flash("operator.rebuilding")
    return redirect("/operator/failures")


ROUTES: tuple[ControllerRouterHandler, ...] = (failures, retry_failed, retry_stuck, retry_all_stuck, rebuild_index)

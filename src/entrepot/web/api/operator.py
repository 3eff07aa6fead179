"""The operator's: who may sell, what failed in the background, the ledger's sums, the proofs, the audit log."""

from __future__ import annotations

from typing import Annotated

import msgspec
from litestar.params import QueryParameter
from litestar.types import ControllerRouterHandler
from msgspec import Meta

from entrepot import catalog, group, identity, kernel, ledger, pay
from entrepot.kernel import Conflict, Tx

from ..endpoints import endpoint
from ..params import NO_NUL, After, Id, Key, Most, OptionalKey
from ..visit import Visit
from ..wire import Listed, Made, listed
from .cloud_money import TIME, read_time

Status = Annotated[
    str | None,
    QueryParameter(name="status", pattern="^(pending|approved|suspended)$", description="Only of this status"),
]
Ref = Annotated[
    str | None, QueryParameter(name="ref", max_length=100, pattern=NO_NUL, description="What they were posted for")
]

ByActor = Annotated[str | None, QueryParameter(name="actor", max_length=100, pattern=NO_NUL, description="Its id")]
OfAct = Annotated[
    str | None,
    QueryParameter(name="act", max_length=100, pattern=NO_NUL, description="Such as catalog.approve_merchant"),
]
About = Annotated[
    str | None, QueryParameter(name="subject", max_length=200, pattern=NO_NUL, description="The id of what was changed")
]
Since = Annotated[
    str | None,
    QueryParameter(name="since", pattern=TIME, description="2026-01, 2026-01-31 or RFC 3339; UTC"),
]


class Approve(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The commission, in hundredths of a percent."""

    commission_bps: Annotated[int, Meta(ge=0, le=10_000)]


class Suspend(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Why, in words for the merchant."""

    reason: Annotated[str, Meta(pattern=NO_NUL, min_length=1, max_length=500)]


class RetryReaction(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which reaction to which event."""

    event_id: Id
    handler: Annotated[str, Meta(pattern=NO_NUL, min_length=1, max_length=200)]


class FailedReactions(msgspec.Struct, frozen=True):
    """Oldest first; without `retry_at` there is no attempt left."""

    reactions: list[kernel.FailedReaction]


class StuckTasks(msgspec.Struct, frozen=True):
    """Oldest first."""

    tasks: list[kernel.Task]


class Sums(msgspec.Struct, frozen=True):
    """The sum of all balances, by unit: zero, or something was lost or made up."""

    sums: dict[str, int]


class Verification(msgspec.Struct, frozen=True):
    """What each proof found, and whether all hold."""

    clean: bool
    verdicts: list[group.Verdict]


class Payouts(msgspec.Struct, frozen=True):
    """What is being paid."""

    payouts: list[pay.Payout]


@endpoint("GET", "/api/operator/merchants", access="operator")
async def list_all_merchants(
    visit: Visit, status: Status = None, after: After = None, most: Most = 50
) -> Listed[catalog.Merchant]:
    """Merchants, oldest first; `status=pending` are those who wait for a decision."""
    found = await visit.read(
        lambda s: catalog.list_merchants(s, visit.scope, status, after or "", most + 1)  # type: ignore[arg-type]
    )
    return listed(found, most, lambda merchant: merchant.id)


@endpoint("POST", "/api/operator/merchants/{merchant_id:str}/approve", asks=Approve, access="operator", status=200)
async def approve_merchant(visit: Visit, merchant_id: Id, asked: Approve, key: OptionalKey = None) -> catalog.Merchant:
    """Let a merchant's goods be seen and sold, for a commission."""
    await visit.once(
        key, lambda tx: Made(catalog.approve_merchant(tx, visit.scope, merchant_id, asked.commission_bps).id), Made
    )
    return await visit.read(lambda s: catalog.get_merchant(s, merchant_id))


@endpoint("POST", "/api/operator/merchants/{merchant_id:str}/suspend", asks=Suspend, access="operator", status=200)
async def suspend_merchant(visit: Visit, merchant_id: Id, asked: Suspend, key: OptionalKey = None) -> catalog.Merchant:
    """Take a merchant's goods out of sight and off sale; what was ordered is still to be sent."""
    await visit.once(
        key, lambda tx: Made(catalog.suspend_merchant(tx, visit.scope, merchant_id, asked.reason).id), Made
    )
    return await visit.read(lambda s: catalog.get_merchant(s, merchant_id))


@endpoint("GET", "/api/operator/reactions/failed", access="operator")
async def list_failed_reactions(visit: Visit) -> FailedReactions:
    """Reactions to events that did not succeed yet."""
    return FailedReactions(await visit.read(kernel.list_failed_reactions))


@endpoint("POST", "/api/operator/reactions/retry", asks=RetryReaction, access="operator", status=200)
async def retry_reaction(visit: Visit, asked: RetryReaction, key: OptionalKey = None) -> Made:
    """Have a failed reaction tried again now."""

    def command(tx: Tx) -> Made:
        kernel.retry_reaction(tx, asked.event_id, asked.handler)
        identity.audit(tx, visit.scope, "kernel.retry_reaction", asked.event_id, {"handler": asked.handler})
        return Made(asked.event_id)

    return await visit.once(key, command, Made)


@endpoint("GET", "/api/operator/tasks/stuck", access="operator")
async def list_stuck_tasks(visit: Visit) -> StuckTasks:
    """Tasks that have no attempt left."""
    return StuckTasks(await visit.read(kernel.list_stuck_tasks))


@endpoint("POST", "/api/operator/tasks/{task_id:str}/retry", access="operator", status=200)
async def retry_task(visit: Visit, task_id: Id, key: OptionalKey = None) -> kernel.Task:
    """Give a stuck task its attempts back."""

    def command(tx: Tx) -> Made:
        kernel.get_task(tx, task_id)
        kernel.retry_task(tx, task_id)
        identity.audit(tx, visit.scope, "kernel.retry_task", task_id)
        return Made(task_id)

    await visit.once(key, command, Made)
    return await visit.read(lambda s: kernel.get_task(s, task_id))


@endpoint("GET", "/api/operator/ledger/sums", access="operator")
async def sum_ledger(visit: Visit) -> Sums:
    """The sum of all balances of each unit."""
    return Sums(await visit.read(ledger.sum_by_unit))


@endpoint("GET", "/api/operator/ledger/transfers", access="operator")
async def list_transfers(
    visit: Visit, ref: Ref = None, after: After = None, most: Most = 100
) -> Listed[ledger.Transfer]:
    """Transfers, oldest first; those posted for one thing with `ref`."""
    found = await visit.read(lambda s: ledger.list_transfers(s, ref=ref, after=after, most=most + 1))
    return listed(found, most, lambda transfer: transfer.id)


@endpoint("POST", "/api/operator/verify", access="operator", status=200)
async def run_verify(visit: Visit) -> Verification:
    """Check every proof of every room from the stored rows. Takes seconds on a large market."""
    verdicts = await visit.work(lambda: list(group.verify(visit.entrepot.database)))
    return Verification(all(verdict.state != "broken" for verdict in verdicts), verdicts)


@endpoint("POST", "/api/operator/payouts", access="operator", status=200)
async def request_payouts(visit: Visit, key: Key) -> Payouts:
    """Begin to pay every merchant to whom at least the minimum is due."""
    minimum, processor = visit.entrepot.settings.pay.payout_min_minor, visit.entrepot.processors.for_payouts
    if processor is None:
        raise Conflict("No processor that pays merchants is set up: see pay.processors")
    name, needs = processor.name, processor.abilities.needs_account

    def command(tx: Tx) -> Payouts:
        payouts = pay.request_payouts(tx, visit.scope, minimum, name, needs_account=needs)
        identity.audit(tx, visit.scope, "pay.request_payouts", "payouts", {"count": len(payouts)})
        return Payouts(payouts)

    return await visit.once(key, command, Payouts)


@endpoint("GET", "/api/operator/payouts", access="operator")
async def list_all_payouts(visit: Visit, after: After = None, most: Most = 50) -> Listed[pay.Payout]:
    """Everybody's payouts, newest first."""
    found = await visit.read(lambda s: pay.list_payouts(s, visit.scope, after=after, most=most + 1))
    return listed(found, most, lambda payout: payout.id)


@endpoint("GET", "/api/operator/audit", access="operator")
async def list_audit(
    visit: Visit, actor: ByActor = None, act: OfAct = None, subject: About = None, since: Since = None,
    after: After = None, most: Most = 100,
) -> Listed[identity.Audited]:  # fmt: skip
    """What operators and others with rights did, newest first: by one actor, of one act, about one thing, or since."""
    begin = read_time(since) if since else None
    found = await visit.read(
        lambda s: identity.list_audit(
            s, visit.scope, actor=actor, act=act, subject=subject, since=begin, before=after, most=most + 1
        )
    )
    return listed(found, most, lambda entry: entry.id)


ROUTES: tuple[ControllerRouterHandler, ...] = (
    list_all_merchants,
    approve_merchant,
    suspend_merchant,
    list_failed_reactions,
    retry_reaction,
    list_stuck_tasks,
    retry_task,
    sum_ledger,
    list_transfers,
    run_verify,
    request_payouts,
    list_all_payouts,
    list_audit,
)

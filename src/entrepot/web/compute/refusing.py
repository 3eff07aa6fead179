"""Refused calls leave a trace: whoever's key made them finds at /cloud how many there were, why, and by what.

They are counted in memory; what was counted is written every second or so, all of it in one command.
"""

from __future__ import annotations

import asyncio
from typing import Any

import structlog
from litestar import Request

from entrepot import cloud
from entrepot.kernel import Lane, Refused

from ..house import House, visit_of
from .leaving import Left

WRITE_EVERY_S = 1.0

log = structlog.get_logger(__name__)


def count_refusal(request: Request[Any, Any, Any], refusal: Refused) -> None:
    """Count a call of a model that was refused; one whose caller is not known is nobody's."""
    options = getattr(request.scope.get("route_handler"), "opt", {})  # an address that is none has no handler
    if not options.get("checks_key") or isinstance(refusal, Left):
        return
    visit = visit_of(request)
    caller = visit.former or visit.scope
    if caller.organisation is None:
        return
    owner, model = cloud.account_owner(caller), str(visit.state.get("model", ""))
    visit.entrepot.gateway.watch.refusals.note(owner, caller.actor, model, refusal, visit.now)


async def keep_writing(house: House) -> None:
    """Write what was counted, now and then, for as long as the house is open."""
    while True:
        await asyncio.sleep(WRITE_EVERY_S)
        await write_counted(house)


async def write_counted(house: House) -> None:
    """Write what was counted by now; what cannot be written waits for the next time."""
    refusals = house.entrepot.gateway.watch.refusals
    if not (rows := refusals.take()):
        return
    try:
        await house.entrepot.database.write(lambda tx: cloud.write_refused(tx, rows), Lane.BULK)
    except Exception as problem:  # whatever it is: the next round tries again, and there must be one
        refusals.give_back(rows)
        log.warning("counts of refused calls wait to be written", reason=repr(problem))

"""What the payment processor tells us by itself. Its signature is its only credential: no session, no key, no token."""

from __future__ import annotations

from litestar import Response
from litestar.types import ControllerRouterHandler

from entrepot import pay
from entrepot.kernel import NotFound, Tx

from ..endpoints import JSON, endpoint
from ..params import Slug
from ..visit import Visit

ANY = (JSON, "application/x-www-form-urlencoded")
"""Processors send what they like; each adapter reads its own."""


@endpoint("POST", "/api/pay/webhooks/{processor:str}", status=200, signed=True, accepts=ANY, answers="text/plain")
async def hear_webhook(visit: Visit, processor: Slug) -> Response[str]:
    """What a processor tells, signed in its own way. The same again is heard once; the answer is what it expects."""
    body = await visit.request.body()
    headers = {name.lower(): value for name, value in visit.request.headers.items()}
    speaker = visit.entrepot.processors.find(processor)
    if speaker is None:
        raise NotFound("There is no such payment processor")
    webhook = speaker.read_webhook(headers, body, visit.now)

    def command(tx: Tx) -> bool:
        return pay.record_webhook(tx, speaker.name, webhook)

    await visit.write(command)
    return Response(webhook.answer, media_type="text/plain")


ROUTES: tuple[ControllerRouterHandler, ...] = (hear_webhook,)

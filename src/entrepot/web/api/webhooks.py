"""What the payment processor tells us by itself. Its signature is its only credential: no session, no key, no token."""

from __future__ import annotations

from litestar.types import ControllerRouterHandler

from entrepot import pay
from entrepot.kernel import Tx

from ..endpoints import JSON, endpoint
from ..visit import Visit
from ..wire import Done


@endpoint("POST", "/api/pay/webhooks/sandbox", status=200, signed=True, accepts=(JSON,))
async def hear_webhook(visit: Visit) -> Done:
    """A webhook, signed as Standard Webhooks says. The same one again is heard once."""
    body = await visit.request.body()
    headers = {name: value for name, value in visit.request.headers.items() if name.startswith("webhook-")}
    secret = visit.entrepot.processor.webhook_secret

    def command(tx: Tx) -> bool:
        return pay.record_webhook(tx, headers, body, secret)

    await visit.write(command)
    return Done()


ROUTES: tuple[ControllerRouterHandler, ...] = (hear_webhook,)

"""The ledger, and the proofs over it."""

from __future__ import annotations

from litestar import Response, get, post
from litestar.types import ControllerRouterHandler

from entrepot import group, ledger

from ...params import MaybeInQuery
from ...texts import has_text
from ...visit import Visit
from .console import OPERATOR, show

TRANSFERS = 50


@get("/operator/ledger", include_in_schema=False, opt=OPERATOR)
async def accounts(visit: Visit, ref: MaybeInQuery = None) -> Response[str]:
    """Balances by kind of account, and the newest transfers or those about one thing."""
    wanted = ref.strip() if ref else None

    def label(kind: str) -> str:
        key = f"account.kind.{kind}"
        return visit.say(key) if has_text(key) else kind.replace("_", " ").capitalize()

    return await show(
        visit,
        "ledger",
        "ledger.html",
        kinds=await visit.read(ledger.sum_by_kind),
        transfers=await visit.read(
            lambda s: (
                ledger.list_transfers(s, ref=wanted, most=TRANSFERS) if wanted else ledger.list_newest(s, TRANSFERS)
            )
        ),
        ref=wanted,
        root=await visit.read(ledger.chain_root),
        label=label,
    )


@get("/operator/verify", include_in_schema=False, opt=OPERATOR)
async def ask_verify(visit: Visit) -> Response[str]:
    """The button; proofs read every row, so a visit alone does not run them."""
    return await show(visit, "verify", "verify.html", verdicts=[], broken=0)


@post("/operator/verify", include_in_schema=False, opt=OPERATOR)
async def verify(visit: Visit) -> Response[str]:
    """Run every proof now."""
    database = visit.entrepot.database
    verdicts = await visit.work(lambda: list(group.verify(database)))
    broken = sum(verdict.state == "broken" for verdict in verdicts)
    return await show(visit, "verify", "verify.html", verdicts=verdicts, broken=broken)


ROUTES: tuple[ControllerRouterHandler, ...] = (accounts, ask_verify, verify)

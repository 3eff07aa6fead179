"""What a browser reports: a hit was on the screen, or was clicked. The token says which; nobody can make up another,
use another session's, or count one twice."""

from __future__ import annotations

from typing import Annotated, Any

from litestar import Response, get
from litestar.params import PathParameter
from litestar.types import ControllerRouterHandler

from entrepot import catalog, discovery
from entrepot.kernel import Snapshot
from entrepot.signals import SignalKind, Surface

from .noting import note
from .rendering import redirect
from .visit import Visit

BeaconToken = Annotated[str, PathParameter(pattern=r"^[A-Za-z0-9_.-]+$", max_length=500)]


@get("/i/{token:str}", include_in_schema=False, status_code=204)
async def seen(visit: Visit, token: BeaconToken) -> None:
    """A hit was on the screen. Nothing comes back, and nothing is kept of whoever has no session."""
    _note(visit, SignalKind.SEEN, discovery.read_beacon(visit.entrepot.secret_key, token, visit.now))


@get("/c/{token:str}", include_in_schema=False)
async def clicked(visit: Visit, token: BeaconToken) -> Response[Any]:
    """A hit was clicked: on to its page, which is the only place this leads to."""
    beacon = discovery.read_beacon(visit.entrepot.secret_key, token, visit.now)
    _note(visit, SignalKind.CLICK, beacon)

    def slug(snapshot: Snapshot) -> str:
        return catalog.get_product(snapshot, beacon.product_id).slug

    variant = f"?variant={beacon.variant}" if beacon.variant else ""
    return redirect(f"/p/{await visit.read(slug)}{variant}")


def _note(visit: Visit, kind: SignalKind, beacon: discovery.Beacon) -> None:
    if visit.session is None or not beacon.counts_for(visit.session.id, visit.now):
        return
    note(
        visit,
        kind,
        beacon.product_id,
        surface=Surface.SEARCH,
        request_id=beacon.request_id,
        position=beacon.position,
    )


ROUTES: tuple[ControllerRouterHandler, ...] = (seen, clicked)
